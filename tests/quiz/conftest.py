"""A course with one item of every type, and an empty quiz home."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grader.quiz.bank import Library, load_bank, load_banks
from grader.quiz.outputs import lock_path, make_lock, write_lock
from grader.quiz.store import ReviewLog
from tests.quiz.items import FIXTURES, run_here

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that goes on by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course folder whose bank holds one item of every type, the outputs run."""
    bank = tmp_path / "course" / "quizzes" / "every_type.yaml"
    bank.parent.mkdir(parents=True)
    bank.write_text((FIXTURES / "every_type.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    write_lock(lock_path(bank), make_lock(load_bank(bank), bank, run_here))
    return tmp_path / "course"


@pytest.fixture
def library(course: Path) -> Library:
    return load_banks([course / "quizzes"])


@pytest.fixture
def log(tmp_path: Path) -> ReviewLog:
    with ReviewLog(tmp_path / "home" / "quiz.db") as opened:
        yield opened
