"""Words of memory, and what CPython keeps in them."""

from __future__ import annotations

import ctypes
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from grader.worker import words

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="other interpreters may keep less")


def test_reads_the_words_at_the_addresses() -> None:
    held = (ctypes.c_uint64 * 4)(1, 2, 3, 4)
    place = ctypes.addressof(held)
    read = words.reader([place + 24, place])
    assert [int.from_bytes(read()[at : at + 8], sys.byteorder) for at in (0, 8)] == [4, 1]
    held[0] = 7
    assert int.from_bytes(read()[8:], sys.byteorder) == 7


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another value": lambda space: space.update(a=object()),
    "another name": lambda space: space.update(c=1),
    "a name less": lambda space: space.pop("b"),
    "away and back": lambda space: space.update(a=space.pop("a")),
    "nothing left": lambda space: space.clear(),
    "set as a global": lambda space: exec("global a\na = 5", space),
    "set as an attribute": lambda space: setattr(types.SimpleNamespace(), "x", space.update(b=None)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_dict_s_version_changes_with_it(change: Callable[[dict[str, Any]], object]) -> None:
    space: dict[str, Any] = {"a": 1, "b": 2, "__builtins__": {}}
    version = words.dict_version()
    assert version is not None
    read = words.reader([id(space) + version])
    before = read()
    assert (space["a"], "b" in space, len(space)) == (1, True, 3)
    assert read() == before
    change(space)
    assert read() != before


def test_a_function_s_parts_are_where_they_are_said_to_be() -> None:
    def function(a: int = 1, *, b: int = 2) -> int:
        return a + b

    parts = words.function_parts()
    assert parts is not None
    read = words.reader([id(function) + part for part in parts])
    seen = {read()}
    function.__defaults__ = (5,)
    seen.add(read())
    function.__kwdefaults__ = {"b": 6}
    seen.add(read())
    function.__code__ = (lambda a, *, b: 0).__code__
    seen.add(read())
    assert len(seen) == 4
