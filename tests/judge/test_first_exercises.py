"""The four exercises the product is named after, through the real judge and sandbox: golden verdicts."""

from __future__ import annotations

import pytest

from grader.course.catalog import Course, builtin_root, load_course
from grader.judge.judge import Judge
from grader.judge.report import Status

EXERCISES = ("conv2d", "max_pool2d", "residual_block", "gan_step")
_COURSE = load_course(builtin_root())


def _variants(correct: bool) -> list[tuple[str, str]]:
    return [
        (exercise, variant.name)
        for exercise in EXERCISES
        for variant in (
            _COURSE.exercise(exercise).solution.wheats
            if correct
            else _COURSE.exercise(exercise).solution.chaffs
        )
    ]


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_untouched_stub_scores_zero(judge: Judge, course: Course, exercise_id: str) -> None:
    result = judge.judge(course.exercise(exercise_id), course.exercise(exercise_id).stub)
    assert (result.status, result.score) == (Status.NOT_IMPLEMENTED, 0.0)
    assert {check.status for check in result.checks} == {Status.NOT_IMPLEMENTED}


@pytest.mark.parametrize(("exercise_id", "name"), _variants(correct=True))
def test_every_wheat_scores_full_marks(judge: Judge, course: Course, exercise_id: str, name: str) -> None:
    exercise = course.exercise(exercise_id)
    wheat = next(wheat for wheat in exercise.solution.wheats if wheat.name == name)
    result = judge.judge(exercise, wheat.source)
    wrong = [(check.name, check.message, check.actual) for check in result.checks if check.status != "passed"]
    assert (result.status, result.score, wrong) == (Status.PASSED, exercise.info.points, [])


@pytest.mark.parametrize(("exercise_id", "name"), _variants(correct=False))
def test_every_chaff_fails_and_is_named(judge: Judge, course: Course, exercise_id: str, name: str) -> None:
    exercise = course.exercise(exercise_id)
    chaff = next(chaff for chaff in exercise.solution.chaffs if chaff.name == name)
    result = judge.judge(exercise, chaff.source)
    assert result.status is not Status.PASSED
    assert result.score < exercise.info.points
    lessons = {
        check.diagnosis.lesson if check.diagnosis else None for check in result.checks if check.failing
    }
    assert lessons == {chaff.text}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_verdicts_hold_for_other_seeds(judge: Judge, course: Course, exercise_id: str, seed: int) -> None:
    exercise = course.exercise(exercise_id)
    hidden = Judge(judge.pool, judge.keysmith, seed=seed, hidden=True)
    assert hidden.judge(exercise, exercise.solution.wheats[-1].source).status is Status.PASSED
    failed = hidden.judge(exercise, exercise.solution.chaffs[0].source)
    assert failed.status is not Status.PASSED
    shown = [check.case for check in failed.checks if check.case]
    assert all(not case.shapes and not case.args and not case.call and case.seed is None for case in shown)
    assert all(check.expected is None and check.actual is None for check in failed.checks)


def test_enough_implementations(course: Course) -> None:
    for exercise_id in EXERCISES:
        solution = course.exercise(exercise_id).solution
        assert len(solution.wheats) >= 4, exercise_id
        assert len(solution.chaffs) >= 10, exercise_id
