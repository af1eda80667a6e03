from __future__ import annotations

import os

import pytest

from grader.verify.forked import Lost, each_in_child, in_child


def forever() -> int:
    while True:
        pass


def dies() -> int:
    os._exit(3)


def greedy() -> int:
    return len(bytearray(600 << 20))


def test_values_come_back() -> None:
    assert in_child(lambda: {"a": [1, 2]}, 20.0) == {"a": [1, 2]}
    assert in_child(lambda: b"x" * 3_000_000, 20.0) == b"x" * 3_000_000


def test_an_exception_is_said() -> None:
    found = in_child(lambda: 1 // 0, 20.0)
    assert isinstance(found, Lost) and "ZeroDivisionError" in found.why


def test_what_never_ends_is_ended_and_the_others_are_done() -> None:
    found = list(each_in_child([lambda: 1, forever, lambda: 2, dies, lambda: 3], 1.0))
    assert [one for one in found if not isinstance(one, Lost)] == [1, 2, 3]
    assert "does not end" in str(found[1]) and "ends the process" in str(found[3])


def test_printing_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    in_child(lambda: print("loud"), 20.0)
    assert capfd.readouterr().out == ""


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is bounded on Linux only")
def test_memory_is_bounded() -> None:
    found = list(each_in_child([greedy, lambda: 1], 20.0, memory_mib=200))
    assert isinstance(found[0], Lost) and "MemoryError" in found[0].why
    assert found[1] == 1
