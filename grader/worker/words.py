"""Words of this process's memory, a thousand of them in the time of one Python statement; and where CPython keeps which.

Nothing is taken for granted about an interpreter: a place is found by trying it out on objects made for it, and is `None` where
this interpreter has no such place.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

_WORD = 8
_FIRST, _COUNT = 1 << 12, (1 << 44) - (1 << 9)
"bytes before the first word, for NumPy takes an array at address 0 for one without memory; words, as many as a process has"


def reader(addresses: Sequence[int]) -> Callable[[], bytes]:
    """Gives the words at these addresses, which must be multiples of 8 in living objects."""
    everything: Any = (ctypes.c_uint64 * _COUNT).from_address(_FIRST)
    memory = np.frombuffer(everything, np.uint64)
    take, places = memory.take, np.array([(address - _FIRST) // _WORD for address in addresses], np.int64)
    return lambda: take(places).tobytes()


def dict_version() -> int | None:
    """Where a dict keeps a number that every change of it changes (PEP 509; CPython up to 3.12)."""
    probe: dict[str, Any] = {"a": 1, "b": 2}
    places = range(_WORD, dict.__basicsize__, _WORD)
    moved = set(places)
    for changed in ({"a": 3}, {"a": 4}, {"b": 5}):
        before = [_word(probe, place) for place in places]
        probe.update(changed)
        moved &= {place for place, word in zip(places, before, strict=True) if _word(probe, place) != word}
    before_reading = [_word(probe, place) for place in sorted(moved)]
    _ = probe["a"], "b" in probe, dict(probe)
    still = before_reading == [_word(probe, place) for place in sorted(moved)]
    return moved.pop() if len(moved) == 1 and still else None


def function_parts() -> tuple[int, ...] | None:
    """Where a function keeps its code, its defaults and its keywords' defaults."""

    def probe(a: object = 1, *, b: object = 2) -> None: ...

    found = []
    for part in (probe.__code__, probe.__defaults__, probe.__kwdefaults__):
        places = [
            place
            for place in range(_WORD, FunctionType.__basicsize__, _WORD)
            if _word(probe, place) == id(part)
        ]
        if len(places) != 1:
            return None
        found.append(places[0])
    return tuple(found)


def _word(held: object, place: int) -> int:
    return ctypes.c_uint64.from_address(id(held) + place).value
