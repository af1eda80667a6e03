"""One memory for quiz and exercises: a failed check puts its linked items due, a pass after hints counts as hard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grader.cli.check import record
from grader.course.catalog import Course, Exercise
from grader.judge.report import Status, make_report
from grader.judge.verdict import uniform_result
from grader.quiz.memory import remember
from grader.quiz.rating import Rating
from grader.quiz.store import ReviewLog


@pytest.fixture
def linked(course: Course, monkeypatch: pytest.MonkeyPatch) -> Exercise:
    exercise = course.exercise("conv2d")
    info = exercise.info.model_copy(update={"quiz": ("conv-what", "conv-stride")})
    linked = Exercise(info, exercise.topic, exercise.root)
    monkeypatch.setattr(type(course), "exercise", lambda self, name: linked)
    return linked


def judged(course: Course, exercise: Exercise, status: Status) -> None:
    record(course, make_report("cnn", "v", "strong", [uniform_result(exercise, "cpu", status, "")]))


def test_failing_puts_linked_items_due(home: Path, course: Course, linked: Exercise) -> None:
    judged(course, linked, Status.FAILED)
    memory = remember(ReviewLog(home / "quiz.db"))
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert memory.of("conv-what").is_due(soon) and memory.of("conv-stride").is_due(soon)


def test_passing_after_hints_is_hard(home: Path, course: Course, linked: Exercise) -> None:
    from grader.cli.options import open_progress

    open_progress().record_hint(datetime.now(UTC), course.info.id, "conv2d", 1)
    judged(course, linked, Status.PASSED)
    (review,) = remember(ReviewLog(home / "quiz.db")).of("exercise:conv2d").reviews
    assert review.rating is Rating.HARD


def test_untouched_stubs_are_no_attempts(home: Path, course: Course, linked: Exercise) -> None:
    judged(course, linked, Status.NOT_IMPLEMENTED)
    assert not remember(ReviewLog(home / "quiz.db")).of("conv-what").is_due(datetime.now(UTC))
