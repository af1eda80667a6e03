"""Which of a learner's parameters is which of the reference's, whatever they are called.

Exact names win. Otherwise modules of the same make (the same parameters of the same shapes) are interchangeable, and
each way to pair them is a candidate: the judge accepts whichever makes the outputs right, since a wrong module is
wrong under all of them. Candidates are numbered; registration order comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, permutations
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
    found = list(islice(_pairings(wanted, present), MAX_CANDIDATES))
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


#: what is paired as a whole: a module's tensors by the last part of their names, or one tensor alone
Unit = dict[str, str]


def _pairings(wanted: Shapes, present: Shapes) -> Iterator[dict[str, str]]:
    """Modules of the same make are paired as wholes; what is left, tensor by tensor of equal shape."""
    groups: list[tuple[list[Unit], list[Unit]]] = []
    ours, theirs = _modules(wanted), _modules(present)
    paired: set[str] = set()
    for make, units in ours.items():
        if len(make) > 1 and len(units) == len(theirs.get(make, ())):
            groups.append((units, theirs[make]))
            paired |= {name for unit in (*units, *theirs[make]) for name in unit.values()}
    lone, free = _by_shape(wanted, paired), _by_shape(present, paired)
    if {key: len(units) for key, units in lone.items()} != {key: len(units) for key, units in free.items()}:
        return
    groups += [(units, free[key]) for key, units in lone.items()]
    yield from _choices(groups)


def _choices(groups: Sequence[tuple[list[Unit], list[Unit]]]) -> Iterator[dict[str, str]]:
    """Every way to pair each group's units, lazily: there may be very many."""
    if not groups:
        yield {}
        return
    (ours, theirs), rest = groups[0], groups[1:]
    for picked in permutations(theirs):
        chosen = {one[key]: other[key] for one, other in zip(ours, picked, strict=True) for key in one}
        for others in _choices(rest):
            yield chosen | others


def _modules(shapes: Shapes) -> dict[frozenset[tuple[str, tuple[int, ...]]], list[Unit]]:
    leaves: dict[str, Unit] = defaultdict(dict)
    for name in shapes:
        prefix, _, suffix = name.rpartition(".")
        leaves[prefix][suffix] = name
    makes: dict[frozenset[tuple[str, tuple[int, ...]]], list[Unit]] = defaultdict(list)
    for unit in leaves.values():
        makes[frozenset((suffix, _key(shapes[name])) for suffix, name in unit.items())].append(unit)
    return makes


def _by_shape(shapes: Shapes, paired: set[str]) -> dict[tuple[int, ...], list[Unit]]:
    found: dict[tuple[int, ...], list[Unit]] = defaultdict(list)
    for name, shape in shapes.items():
        if name not in paired:
            found[_key(shape)].append({"": name})
    return found


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
