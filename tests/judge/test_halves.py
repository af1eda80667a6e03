"""Half precision: keys made on the CPU, tolerances that follow the arithmetic, judged on the CPU too where it can be."""

from __future__ import annotations

import numpy as np
import pytest

from grader.course.catalog import Course, Exercise
from grader.judge.judge import Judge
from grader.judge.key import AUTOCAST, Form, KeyCase
from grader.judge.keysmith import Keysmith
from grader.judge.report import Status
from grader.sandbox import Pool
from grader.verify.trusted import first_failure

HALVES = {Form.BFLOAT16, Form.FLOAT16}
JUDGED = ("max_pool2d", "unfold2d", "residual_block", "squash")
NOT_SHOWN = {
    "max_pool2d": {"far_below", "below_the_smallest"}
}  # by values beyond float16, and by gradients, alone


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Keysmith:
    return Keysmith(tmp_path_factory.mktemp("halves"), halves=True)


def half_cases(halves: Keysmith, exercise: Exercise, device: str = "cpu") -> list[KeyCase]:
    return [case for case in halves.key(exercise, device=device).cases if case.form in HALVES]


@pytest.mark.parametrize("name", JUDGED)
def test_wheats_pass_in_half_precision(name: str, course: Course, halves: Keysmith, pool: Pool) -> None:
    exercise = course.exercise(name)
    assert {case.form for case in half_cases(halves, exercise)} == HALVES
    for wheat in exercise.solution.wheats:
        result = Judge(pool, halves).judge(exercise, wheat.source)
        assert (result.status, result.score) == (Status.PASSED, result.max_score), wheat.name


@pytest.mark.parametrize("name", ["max_pool2d", "unfold2d"])
def test_chaffs_fail_in_half_precision_alone(name: str, course: Course, halves: Keysmith) -> None:
    exercise = course.exercise(name)
    cases = half_cases(halves, exercise)
    passed = {
        chaff.name for chaff in exercise.solution.chaffs if not first_failure(exercise, chaff.source, cases)
    }
    assert passed == NOT_SHOWN.get(name, set())


def test_an_answer_in_another_dtype_fails(course: Course, halves: Keysmith, pool: Pool) -> None:
    exercise = course.exercise("max_pool2d")
    source = exercise.solution.reference.source + (
        "\n\nright = max_pool2d\n\n\ndef max_pool2d(*args, **kwargs):\n"
        "    result = right(*args, **kwargs)\n"
        "    return result if result.dtype.itemsize != 2 else result.float()\n"
    )
    result = Judge(pool, halves).judge(exercise, source)
    wrong = {check.name: check.message for check in result.checks if check.status is not Status.PASSED}
    assert list(wrong) == ["dtypes_and_layouts"]
    assert "should be bfloat16, like the input, but is float32" in wrong["dtypes_and_layouts"]


def test_what_has_no_kernel_for_halves_is_not_judged_in_them(course: Course, halves: Keysmith) -> None:
    assert half_cases(halves, course.exercise("conv2d")) == []  # a wheat takes a Fourier transform


def test_tolerances_are_far_below_the_values(course: Course, halves: Keysmith) -> None:
    for case in half_cases(halves, course.exercise("unfold2d")):
        expected = case.expected["output"]
        assert expected.dtype == case.form.value
        assert np.max(expected.tolerance) < np.max(np.abs(np.asarray(expected.value))) / 3


def test_a_key_for_a_gpu_is_made_here_and_serves_every_gpu(course: Course, keysmith: Keysmith) -> None:
    exercise = course.exercise("max_pool2d")
    first, second = (keysmith.key(exercise, device=device) for device in ("cuda", "cuda:1"))
    assert (first.device, second.device) == ("cuda", "cuda:1") and first.cases is second.cases
    assert {case.request.head["device"] for case in first.cases} == {"cuda"}
    assert {case.form for case in first.cases} >= HALVES
    on_cpu = keysmith.key(exercise)
    assert not {case.form for case in on_cpu.cases} & HALVES
    expected = [case.expected for case in first.cases if case.form not in (*HALVES, *AUTOCAST, Form.WATCHED)]
    for case, other in zip(on_cpu.cases, expected, strict=True):
        for name, value in case.expected.items():
            assert np.array_equal(np.asarray(value.value), np.asarray(other[name].value))
    assert keysmith.chaffs(exercise, first)  # and what mistakes give there, too
