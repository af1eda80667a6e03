"""The checks that a key for GPUs adds, shown on the CPU: the switch that makes them is set by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.catalog import Course
from grader.judge.answer import read_answer
from grader.judge.ask import judged
from grader.judge.judge import Judge
from grader.judge.key import Form
from grader.judge.keysmith import Keysmith
from grader.judge.outcome import PEAK
from grader.judge.report import Result, Status
from grader.sandbox import Pool
from grader.worker.wire import Message


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Keysmith:
    return Keysmith(tmp_path_factory.mktemp("gpu-keys"), halves=True)


def _judged(course: Course, pool: Pool, halves: Keysmith, source: str) -> dict[str, str]:
    result: Result = Judge(pool, halves).judge(course.exercise("global_avg_pool"), source)
    return {check.name: f"{check.status} {check.message}" for check in result.checks}


def test_a_right_answer_passes_them(course: Course, pool: Pool, halves: Keysmith) -> None:
    checks = _judged(course, pool, halves, course.exercise("global_avg_pool").solution.reference.source)
    assert {"stays_on_device", "peak_memory"} <= set(checks)
    assert all(said.startswith("passed") for said in checks.values()), checks


def test_a_hungry_one_is_told_how_many_times_the_reference(
    course: Course, pool: Pool, halves: Keysmith
) -> None:
    hungry = "def global_avg_pool(input):\n    held = [input.clone() for _ in range(2000)]\n    return input.mean((2, 3))\n"
    said = _judged(course, pool, halves, hungry)["peak_memory"]
    assert said.startswith("failed") and "times the reference's" in said


def test_a_copy_to_another_device_is_named(course: Course, pool: Pool, halves: Keysmith) -> None:
    elsewhere = "def global_avg_pool(input):\n    input.detach().to('meta')\n    return input.mean((2, 3))\n"
    checks = _judged(course, pool, halves, elsewhere)
    assert checks["stays_on_device"].startswith("failed") and "_to_copy" in checks["stays_on_device"]
    assert checks["peak_memory"].startswith("passed")


def test_what_may_be_held_does_not_cross_to_the_worker(course: Course, halves: Keysmith) -> None:
    cases = [
        case for case in halves.key(course.exercise("global_avg_pool")).cases if case.form is Form.WATCHED
    ]
    assert cases and all(PEAK in case.expected and PEAK not in str(case.request.head) for case in cases)


@pytest.mark.parametrize("claimed", [10**400, -(10**400), True, 1e300])
def test_whatever_a_worker_claims_to_hold_is_judged(
    course: Course, halves: Keysmith, claimed: object
) -> None:
    exercise = course.exercise("global_avg_pool")
    case = next(case for case in halves.key(exercise).cases if case.form is Form.WATCHED)
    answer = read_answer(Message({"status": "ok", "values": {}, "facts": {"peak_bytes": claimed}}))
    assert judged(case, answer, exercise).status is Status.FAILED


def test_keys_for_the_cpu_have_none_of_them(course: Course, keysmith: Keysmith, tmp_path: Path) -> None:
    assert all(
        case.form is not Form.WATCHED for case in keysmith.key(course.exercise("global_avg_pool")).cases
    )
