"""A verdict names the limit that was met, and its value, however the code came to know of it."""

from __future__ import annotations

import pytest

from grader.course.catalog import Course, Exercise
from grader.judge.judge import Judge
from grader.judge.limits import limits_of
from grader.judge.report import Status
from grader.sandbox import Level, Limits


@pytest.fixture(scope="module")
def exercise(course: Course) -> Exercise:
    """An exercise with limits that no default has."""
    whole = course.exercise("conv_output_size")
    limits = whole.info.limits.model_copy(update={"wall_s": 0.7, "memory_mib": 300, "output_kib": 33})
    return type(whole)(whole.info.model_copy(update={"limits": limits}), whole.topic, whole.root)


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        ("while True: pass", Status.TIMEOUT, "0.7 s, the limit"),
        ("held = bytearray(400 << 20)", Status.MEMORY_LIMIT, "300 MiB, the limit"),
        ("print('x' * 40_000)", Status.OUTPUT_LIMIT, "33 KiB, the limit"),
        ("import os\nheld = [os.open('/dev/null', 0) for _ in range(99)]", Status.ERROR, "at most 64 files may be open: the limit"),
    ],
)  # fmt: skip
def test_the_limit_and_its_value(
    source: str, status: Status, words: str, exercise: Exercise, judge: Judge
) -> None:
    result = judge.judge(exercise, source)
    assert result.status is status
    assert words in result.checks[0].message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("for n in range(9999): open(f'f{n}', 'w')", "16 MiB in 2048 files may be written: the limit"),
        ("for n in range(99): open(f'f{n}', 'wb').write(bytes(1 << 20))", "16 MiB in 2048 files may be written: the limit"),
        ("open('f', 'wb').write(bytes(17 << 20))", "at most 16 MiB"),
        ("import threading, time\nfor _ in range(99): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()", "at most 32 threads may run: the limit"),
    ],
)  # fmt: skip
def test_limits_of_the_strong_sandbox(source: str, words: str, exercise: Exercise, judge: Judge) -> None:
    if judge.pool.level is not Level.STRONG:
        pytest.skip("no private folder and no account of threads")
    result = judge.judge(exercise, source)
    assert result.status is Status.ERROR and result.score == 0
    assert words in result.checks[0].message


def test_cpu_time_is_for_all_cases_together(course: Course) -> None:
    """An exercise that may take 30 s a request is not ended after two of them."""
    assert limits_of(course.exercise("fine_tune")).cpu_s == 300
    assert limits_of(course.exercise("conv2d")).cpu_s == Limits().cpu_s


def test_the_name_of_an_exception_is_shown_without_tricks(exercise: Exercise, judge: Judge) -> None:
    """A class may have any name: one with a line end and a bidi mark would forge a line of the report."""
    named = "type('E\\x1b[2J\\u202e\\n  passed  forward', (Exception,), {})"
    result = judge.judge(exercise, f"raise {named}('File too large')")
    said = result.checks[0].message
    assert result.status is Status.ERROR and "may be written: the limit" in said
    assert "\x1b" not in said and "\u202e" not in said and "\n" not in said.split(": File")[0], said
