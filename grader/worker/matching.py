"""Which of a learner's parameters is which of the reference's, whatever they are called.

Exact names win. Otherwise modules of the same make (the same parameters of the same shapes) are interchangeable, and
each way to pair them is a candidate: the judge accepts whichever makes the outputs right, since a wrong module is
wrong under all of them. Candidates are numbered; registration order comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, permutations, product
from typing import Any

MAX_CANDIDATES = 120
_IGNORED = ("num_batches_tracked",)

Shapes = Mapping[str, tuple[int, ...]]


class Unfit(Exception):
    """The learner's module cannot take the reference's parameters; the message says why, for the learner."""


def own_state(module: Any) -> dict[str, Any]:
    """The parameters and buffers of a module that take part in the matching."""
    return {
        name: value
        for name, value in module.state_dict(keep_vars=True).items()
        if not name.endswith(_IGNORED)
    }


def candidates(wanted: Shapes, present: Shapes) -> list[dict[str, str]]:
    """Ways to pair the reference's names (`wanted`) with the learner's, at most `MAX_CANDIDATES`.

    Raises: `Unfit` when the shapes do not pair up at all.
    """
    if set(wanted) == set(present) and all(fits(wanted[name], present[name]) for name in wanted):
        return [{name: name for name in wanted}]
    by_module = _by_module(wanted, present)
    found = list(islice(by_module, MAX_CANDIDATES)) or list(
        islice(_by_shape(wanted, present), MAX_CANDIDATES)
    )
    if not found:
        raise Unfit(_complaint(wanted, present))
    return found


def fits(wanted: Sequence[int], present: Sequence[int]) -> bool:
    """Whether a tensor of one shape can hold the other's values: equal, equal but for ones, or transposed."""
    one, other = _squeezed(wanted), _squeezed(present)
    return one == other or (len(one) == 2 and one == other[::-1])


def transfer(value: Any, shape: Sequence[int]) -> Any:
    """`value` in the layout of a tensor of `shape` that it `fits`."""
    squeezed = _squeezed(value.shape)
    if squeezed != _squeezed(shape):
        value = value.reshape(squeezed).transpose(0, 1)
    return value.reshape(tuple(shape))


def _squeezed(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def _key(shape: Sequence[int]) -> tuple[int, ...]:
    squeezed = _squeezed(shape)
    return tuple(sorted(squeezed)) if len(squeezed) == 2 else squeezed


def _modules(shapes: Shapes) -> dict[frozenset[tuple[str, tuple[int, ...]]], list[str]]:
    leaves: dict[str, dict[str, tuple[int, ...]]] = defaultdict(dict)
    for name, shape in shapes.items():
        prefix, _, suffix = name.rpartition(".")
        leaves[prefix][suffix] = _key(shape)
    makes = defaultdict(list)
    for prefix, parts in leaves.items():
        makes[frozenset(parts.items())].append(prefix)
    return makes


def _by_module(wanted: Shapes, present: Shapes) -> Iterator[dict[str, str]]:
    ours, theirs = _modules(wanted), _modules(present)
    if {make: len(names) for make, names in ours.items()} != {
        make: len(names) for make, names in theirs.items()
    }:
        return
    makes = list(ours)
    for choice in product(*(permutations(theirs[make]) for make in makes)):
        pairs = {
            one: other
            for make, picked in zip(makes, choice, strict=True)
            for one, other in zip(ours[make], picked, strict=True)
        }
        yield {name: _join(pairs[name.rpartition(".")[0]], name.rpartition(".")[2]) for name in wanted}


def _by_shape(wanted: Shapes, present: Shapes) -> Iterator[dict[str, str]]:
    ours, theirs = defaultdict(list), defaultdict(list)
    for shapes, groups in ((wanted, ours), (present, theirs)):
        for name, shape in shapes.items():
            groups[_key(shape)].append(name)
    if {key: len(names) for key, names in ours.items()} != {key: len(names) for key, names in theirs.items()}:
        return
    keys = list(ours)
    for choice in product(*(permutations(theirs[key]) for key in keys)):
        yield {
            one: other
            for key, picked in zip(keys, choice, strict=True)
            for one, other in zip(ours[key], picked, strict=True)
        }


def _join(prefix: str, suffix: str) -> str:
    return f"{prefix}.{suffix}" if prefix else suffix


def _complaint(wanted: Shapes, present: Shapes) -> str:
    lacking, surplus = _unpaired(wanted, present), _unpaired(present, wanted)
    parts = []
    if lacking:
        parts.append(
            "it lacks a parameter of shape " + ", ".join(f"{shape} (as in {name})" for name, shape in lacking)
        )
    if surplus:
        parts.append(
            "it has one too many: " + ", ".join(f"{name} of shape {shape}" for name, shape in surplus)
        )
    return "Your module's parameters are not those the statement describes: " + "; ".join(parts) + "."


def _unpaired(these: Shapes, those: Shapes) -> list[tuple[str, tuple[int, ...]]]:
    left = [_key(shape) for shape in those.values()]
    found = []
    for name, shape in these.items():
        if _key(shape) in left:
            left.remove(_key(shape))
        else:
            found.append((name, tuple(shape)))
    return found[:6]
