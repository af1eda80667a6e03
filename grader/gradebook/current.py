"""The current grade as a view over results and overrides: streamed in order, whatever the number of results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, func, select

from grader.gradebook import schema
from grader.gradebook.assignment import Assignment
from grader.gradebook.policy import Attempt, Counted, counted


@dataclass(frozen=True)
class Grade:
    """A learner's current grade in one exercise: the attempt that counts, unless a person overrode it."""

    learner: str
    exercise: str
    auto_score: float | None
    manual_score: float | None
    max_score: float
    status: str
    attempts: int
    why: str = ""
    late_s: float = 0.0
    late_submission_penalty: float = 0.0  # points
    weight: float | None = None  # None: its points
    extra_credit: bool = False
    submitted_at: datetime | None = None
    verdict_key: str = ""  # under which its report is kept

    @property
    def score(self) -> float:
        """What counts: the manual score where there is one."""
        if self.manual_score is not None:
            return self.manual_score
        return round((self.auto_score or 0.0) - self.late_submission_penalty, 4)


def unreplaced() -> Any:
    """The condition that a result is not re-scored by another one."""
    other = schema.result.alias("later")
    return ~select(other.c.id).where(other.c.replaces == schema.result.c.id).exists()


def current(*learners: str, exercise: str | None = None) -> Select[Any]:
    """Every result that is not replaced, with its verdict, ordered by learner and exercise."""
    result, verdict = schema.result, schema.verdict
    columns = (result.c.id, result.c.learner, result.c.exercise, result.c.device, result.c.content)
    query = (
        select(*columns, result.c.submitted_at, result.c.source, result.c.verdict_key)
        .add_columns(verdict.c.score, verdict.c.max_score, verdict.c.status)
        .join(verdict, verdict.c.key == result.c.verdict_key)
        .where(unreplaced())
        .order_by(result.c.learner, result.c.exercise, result.c.id)
    )
    query = query.where(_among(result.c.learner, learners)) if learners else query
    return query if exercise is None else query.where(result.c.exercise == exercise)


def grades(connection: Connection, assignment: Assignment | None, *learners: str) -> Iterator[Grade]:
    """Current grades, one at a time. With an assignment: its exercises alone, its late policy applied."""
    manual = _overrides(connection, learners)
    rows = connection.execution_options(yield_per=1000).execute(current(*learners))
    for (name, exercise), group in groupby(rows, key=lambda row: (row.learner, row.exercise)):
        entry = None if assignment is None else assignment.entry(exercise)
        attempts = attempts_of(list(group))
        if assignment is not None and entry is None:
            continue
        mark = counted(assignment, name, attempts)
        known = manual.get((name, exercise))
        weight, extra = (entry.weight, entry.extra_credit) if entry else (None, False)
        yield _grade(name, exercise, mark, known, len(attempts), weight, extra)


def attempts_of(rows: list[Any]) -> list[Attempt]:
    """One attempt a content: where it was judged on several devices, the worst of them."""
    found: dict[str, Attempt] = {}
    for row in rows:
        attempt = Attempt(
            row.id, row.score, row.max_score, row.status, utc(row.submitted_at), row.verdict_key
        )
        held = found.get(row.content)
        if held is None or attempt.score < held.score:
            found[row.content] = attempt
    return list(found.values())


def utc(moment: datetime | None) -> datetime | None:
    """A moment from the database: SQLite forgets that all of them are UTC."""
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _grade(
    learner: str, exercise: str, mark: Counted, manual: Any, count: int, weight: float | None, extra: bool
) -> Grade:
    attempt = mark.attempt
    score = None if manual is None else manual.score
    return Grade(
        learner,
        exercise,
        attempt.score,
        score,
        attempt.max_score,
        attempt.status,
        count,
        "" if score is None else f"{manual.who}: {manual.why}",
        mark.late_s,
        mark.penalty,
        weight,
        extra,
        attempt.submitted_at,
        attempt.verdict_key,
    )


def _among(column: Any, names: tuple[str, ...]) -> Any:
    return column == names[0] if len(names) == 1 else column.in_(names)


def _overrides(connection: Connection, learners: tuple[str, ...]) -> dict[tuple[str, str], Any]:
    override = schema.override
    newest = select(func.max(override.c.id)).group_by(override.c.learner, override.c.exercise)
    query = select(override).where(override.c.id.in_(newest))
    if learners:
        query = query.where(_among(override.c.learner, learners))
    return {(row.learner, row.exercise): row for row in connection.execute(query)}
