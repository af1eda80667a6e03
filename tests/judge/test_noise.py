"""What another rounding would change is known before anybody is judged by it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from grader.course.catalog import Exercise, load_course
from grader.errors import CourseError
from grader.judge.keysmith import Keysmith
from grader.judge.noise import ULPS, OtherRounding

TINY = Path(__file__).resolve().parent.parent / "course" / "tiny"
X = torch.linspace(-2.0, 3.0, 24).reshape(2, 3, 4)


def test_rounding_operations_move_by_a_few_units_and_differently_by_seed() -> None:
    with OtherRounding("float32", 0):
        one = X.exp()
    with OtherRounding("float32", 1):
        other = X.exp()
    assert not torch.equal(one, other)
    error = ((one - X.exp()).abs() / X.exp()).max()
    assert 0 < error <= (ULPS + 1) * torch.finfo(torch.float32).eps


def test_exact_operations_and_other_dtypes_stay_exact() -> None:
    with OtherRounding("float32", 0):
        assert torch.equal(torch.relu(X), X.clamp(min=0))
        assert torch.equal(torch.cat([X, X]).amax(0), X.amax(0))
        assert torch.equal(X.transpose(0, 1).reshape(-1).flip(0), X.transpose(0, 1).flatten().flip(0))
        doubled = X.double().exp()
        counted = torch.arange(4) + 1
    assert torch.equal(doubled, X.double().exp()) and torch.equal(counted, torch.arange(1, 5))


def test_whole_numbers_stay_whole_so_that_no_index_jumps() -> None:
    places = torch.arange(5000, dtype=torch.float32)
    with OtherRounding("float32", 0):
        after = (2 * (places + 1) - 3).long()
        halves = places + 0.5
    assert torch.equal(after, 2 * torch.arange(5000) - 1)
    assert not torch.equal(halves, places.add(0.5))


def test_gradients_are_rounded_otherwise_too() -> None:
    x = X.clone().requires_grad_()
    with OtherRounding("float32", 0):
        (x.tanh() * x).sum().backward()
    (exact,) = torch.autograd.grad((x.tanh() * x).sum(), x)
    assert x.grad is not None and not torch.equal(x.grad, exact)
    assert torch.allclose(x.grad, exact, rtol=1e-5, atol=1e-6)


def test_what_softplus_leaves_out_shows_in_value_and_gradient() -> None:
    """In float64 it is wrong by e^-21 at 21, where logsigmoid is not: neither may be refused for that."""
    x = torch.tensor([21.0, 0.5], dtype=torch.float64, requires_grad=True)
    right = -torch.nn.functional.logsigmoid(-x)
    (right_gradient,) = torch.autograd.grad(right.sum(), x)
    with OtherRounding("float64", 0):
        value = torch.nn.functional.softplus(x)
        (gradient,) = torch.autograd.grad(value.sum(), x)
    assert abs(torch.nn.functional.softplus(x) - right)[0] > 1e-10
    assert torch.allclose(value, right, rtol=1e-14, atol=0)
    assert torch.allclose(gradient, right_gradient, rtol=1e-14, atol=0)


def test_a_draw_where_softplus_takes_its_shortcut_is_drawn_anew(tmp_path: Path) -> None:
    reference = "return torch.nn.functional.softplus(x) + 0 * y"
    exercise = exercise_of(tmp_path, reference, "draw.choice([21.0, 2.0]) + 0 * draw.normal(3)")
    smith = Keysmith(tmp_path / "keys")
    for seed in range(4):
        values = [case.request.tensors["x"].numpy() for case in smith.key(exercise, seed).cases]
        assert not any(np.any(found == 21.0) for found in values)


def exercise_of(tmp_path: Path, reference: str, case: str) -> Exercise:
    root = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    (root / "solutions/01_numbers/axpy.py").write_text(
        f"import torch\nfrom grader.author import Case\n\ndef axpy(x, y, a=1):\n    {reference}\n\n"
        f"def cases(draw):\n    yield Case('sum', dict(x={case}, y=draw.normal(3)))\n"
    )
    return load_course(root).exercise("axpy")


def test_a_draw_on_a_kink_is_drawn_anew(tmp_path: Path) -> None:
    """Every second draw lies at the jump of x > 1; no key has it, and no seed fails."""
    reference = "return torch.where(x > 1, x + 5, x) + y"
    exercise = exercise_of(tmp_path, reference, "draw.choice([1.0 - 2**-22, 3.0]) + 0 * draw.normal(3)")
    smith = Keysmith(tmp_path / "keys")
    for seed in range(6):
        values = smith.key(exercise, seed).cases[0].request.tensors["x"].numpy()
        np.testing.assert_array_equal(values, 3.0)


def test_a_case_that_always_lies_on_a_kink_is_the_authors_to_move(tmp_path: Path) -> None:
    exercise = exercise_of(
        tmp_path, "return torch.where(x > 1, x + 5, x) + y", "1 - 2**-22 + 0 * draw.normal(3)"
    )
    with pytest.raises(CourseError, match=r"jumps when the inputs change .*smooth=False"):
        Keysmith(tmp_path / "keys").key(exercise)


def test_a_tie_between_roundings_is_drawn_anew(tmp_path: Path) -> None:
    """1 + x rounds to a tie of the two for every tiny x; moving x by a millionth shows nothing of it."""
    reference = "return torch.where((1 + x).sqrt() > (1 + x / 2), y + 5, y) + 0 * x"
    exercise = exercise_of(tmp_path, reference, "draw.choice([1e-5, -0.5]) * (1 + 0 * draw.normal(3))")
    smith = Keysmith(tmp_path / "keys")
    for seed in range(4):
        values = smith.key(exercise, seed).cases[0].request.tensors["x"].numpy()
        np.testing.assert_array_equal(values, np.float32(-0.5))
