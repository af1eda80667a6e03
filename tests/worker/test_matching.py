"""Pairing a learner's parameters with the reference's, whatever their names, order and layout."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.worker.matching import MAX_CANDIDATES, Unfit, candidates, fits

REFERENCE = {
    "conv1.weight": (4, 3, 3, 3), "bn1.weight": (4,), "bn1.bias": (4,), "conv2.weight": (4, 4, 3, 3),
    "bn2.weight": (4,), "bn2.bias": (4,), "fc.weight": (10, 4), "fc.bias": (10,),
}  # fmt: skip


def test_equal_names_leave_no_choice() -> None:
    assert candidates(REFERENCE, dict(reversed(REFERENCE.items()))) == [{name: name for name in REFERENCE}]


@settings(deadline=None, max_examples=50)
@given(st.randoms(use_true_random=False))
def test_the_true_pairing_is_among_the_candidates(rng: random.Random) -> None:
    modules = sorted({name.split(".")[0] for name in REFERENCE})
    shuffled = rng.sample(modules, len(modules))
    renamed = {module: f"layer{index}" for index, module in enumerate(shuffled)}
    present = {f"{renamed[n.split('.')[0]]}.{n.split('.')[1]}": s for n, s in REFERENCE.items()}
    ordered = dict(sorted(present.items()))
    truth = {name: f"{renamed[name.split('.')[0]]}.{name.split('.')[1]}" for name in REFERENCE}
    found = candidates(REFERENCE, ordered)
    assert truth in found
    assert len(found) <= MAX_CANDIDATES


def test_transposed_and_squeezed_layouts_fit() -> None:
    assert fits((10, 4), (4, 10))
    assert fits((8, 3, 1, 1), (8, 3))
    assert not fits((4, 3, 3, 3), (3, 4, 3, 3))
    assert candidates({"fc.weight": (10, 4)}, {"w": (4, 10)}) == [{"fc.weight": "w"}]


def test_what_does_not_pair_is_said() -> None:
    with pytest.raises(Unfit, match=r"lacks a parameter of shape \(4,\) \(as in b\)"):
        candidates({"w": (4, 4), "b": (4,)}, {"w": (4, 4)})
    with pytest.raises(Unfit, match=r"one too many: extra of shape \(7,\)"):
        candidates({"w": (4, 4)}, {"w": (4, 4), "extra": (7,)})


def test_many_equal_parameters_stay_bounded() -> None:
    wanted = {f"a{i}": (5,) for i in range(30)}
    present = {f"b{i}": (5,) for i in range(30)}
    found = candidates(wanted, present)
    assert len(found) == MAX_CANDIDATES
    assert found[0] == {f"a{i}": f"b{i}" for i in range(30)}
