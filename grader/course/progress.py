"""A learner's own record: every attempt and every hint, append-only, in SQLite. Progress is read from it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.errors import MachineError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempt (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, course TEXT NOT NULL, exercise TEXT NOT NULL,
    status TEXT NOT NULL, score REAL NOT NULL, max_score REAL NOT NULL);
CREATE TABLE IF NOT EXISTS hint (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, course TEXT NOT NULL, exercise TEXT NOT NULL, number INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS attempt_by_exercise ON attempt (course, exercise);
"""


@dataclass(frozen=True)
class Standing:
    """How far a learner is with one exercise."""

    exercise: str
    best: float
    max_score: float
    last_status: str
    attempts: int
    passed: bool
    last_at: datetime


class Progress:
    """The record at `path`, made when first written to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(
        self, now: datetime, course: str, exercise: str, status: str, score: float, max_score: float
    ) -> None:
        """Add an attempt. It is on disk when this returns."""
        with self._open() as database:
            database.execute(
                "INSERT INTO attempt (at, course, exercise, status, score, max_score) VALUES (?, ?, ?, ?, ?, ?)",
                (now.isoformat(), course, exercise, status, score, max_score),
            )

    def record_hint(self, now: datetime, course: str, exercise: str, number: int) -> None:
        """Add that hint `number` (from 1) was shown."""
        with self._open() as database:
            database.execute(
                "INSERT INTO hint (at, course, exercise, number) VALUES (?, ?, ?, ?)",
                (now.isoformat(), course, exercise, number),
            )

    def hints_shown(self, course: str, exercise: str) -> int:
        """How many hints of the exercise the learner has seen."""
        if not self.path.exists():
            return 0
        with self._open() as database:
            row = database.execute(
                "SELECT coalesce(max(number), 0) FROM hint WHERE course = ? AND exercise = ?",
                (course, exercise),
            ).fetchone()
        return int(row[0])

    def standings(self, course: str) -> dict[str, Standing]:
        """Where the learner stands, per attempted exercise."""
        if not self.path.exists():
            return {}
        query = (
            "SELECT exercise, max(score), max_score, status, count(*), max(status = 'passed') FROM "
            "(SELECT * FROM attempt WHERE course = ? ORDER BY id) GROUP BY exercise"
        )
        newest = "SELECT max(id) FROM attempt WHERE course = ? GROUP BY exercise"
        last = f"SELECT exercise, status, at FROM attempt WHERE id IN ({newest})"
        with self._open() as database:
            lasts = {row[0]: row[1:] for row in database.execute(last, (course,))}
            rows = database.execute(query, (course,)).fetchall()
        return {
            name: Standing(
                name, best, most, lasts[name][0], count, bool(passed), datetime.fromisoformat(lasts[name][1])
            )
            for name, best, most, _, count, passed in rows
        }

    @contextmanager
    def held(self) -> Iterator[None]:
        """While this lasts an attempt waits for the disk once: SQLite tidies up when the last connection goes."""
        with self._open():
            yield

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self.path, timeout=10)
        except (OSError, sqlite3.Error) as wrong:
            raise MachineError(
                f"your progress cannot be kept: {wrong}",
                path=self.path,
                remedy="set GRADER_HOME to a folder you may write",
            ) from None
        try:
            database.execute("PRAGMA journal_mode = WAL")  # one wait for the disk instead of three
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(_SCHEMA)
            with database:
                yield database
        except sqlite3.DatabaseError as wrong:
            raise MachineError(f"your progress cannot be kept: {wrong}", path=self.path) from None
        finally:
            database.close()
