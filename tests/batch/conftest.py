"""A class to grade: a small course, learners from its own implementations, and a clerk over an empty gradebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grader.batch.clerk import Clerk
from grader.batch.collect import collect
from grader.batch.executor import Threads
from grader.batch.run import Tally, grade
from grader.batch.submission import Aside, Collected, Submission
from grader.course.catalog import Course, load_course
from grader.gradebook.store import Gradebook
from grader.judge.judge import Judge

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TINY = Path(__file__).parent.parent / "course" / "tiny"


@pytest.fixture(scope="session")
def tiny() -> Course:
    return load_course(TINY)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where submissions go."""
    folder = tmp_path / "class"
    folder.mkdir()
    return folder


@pytest.fixture
def found(tiny: Course, tmp_path: Path, root: Path) -> Callable[..., Collected]:
    """Collect what is in `root`, or what is given."""
    return lambda place=None, **options: collect(place or root, tiny, tmp_path / "scratch", **options)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Gradebook]:
    with Gradebook(tmp_path / "grades.db") as book:
        yield book


@pytest.fixture
def clerk(tiny: Course, judge: Judge, book: Gradebook) -> Clerk:
    return Clerk(tiny, replace(judge, seed=7, hidden=True), book, lambda: NOW)


def judge_all(
    submissions: Iterable[Submission], clerk: Clerk, jobs: int, **options: Any
) -> tuple[Tally, list[Aside]]:
    """Judge a class with threads; what the run said of it, and what it could not judge."""
    asides: list[Aside] = []
    executor = Threads(clerk.judge, jobs)
    try:
        return grade(submissions, clerk, executor, on_aside=asides.append, **options), asides
    finally:
        executor.close()


def source(course: Course, exercise: str, variant: str = "reference") -> str:
    solution = course.exercise(exercise).solution
    return {v.name: v.source for v in (*solution.wheats, *solution.chaffs)}[variant]


def hand_in(folder: Path, text: str, relative: str) -> Path:
    path = folder / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
