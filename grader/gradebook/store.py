"""The gradebook: record results, override scores, read current grades. SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, and_, create_engine, event, func, select
from sqlalchemy.exc import SQLAlchemyError

from grader.errors import InputError
from grader.gradebook import schema
from grader.judge.report import Result, Status


@dataclass(frozen=True)
class Grade:
    """A learner's current grade in one exercise: the best result, unless a person overrode it."""

    learner: str
    exercise: str
    auto_score: float | None
    manual_score: float | None
    max_score: float
    status: str
    attempts: int
    why: str = ""

    @property
    def score(self) -> float:
        """What counts: the manual score where there is one."""
        return self.manual_score if self.manual_score is not None else self.auto_score or 0.0


@dataclass(frozen=True)
class Judged:
    """One submission's result on its way into the gradebook."""

    learner: str
    exercise: str
    device: str
    source: str
    key: str
    result: Result
    submitted_at: datetime | None = None
    output: bytes | None = None


class Gradebook:
    """A gradebook at a path or database URL. Every method commits before it returns."""

    def __init__(self, where: str | Path) -> None:
        url = str(where) if "://" in str(where) else f"sqlite:///{where}"
        self.where = str(where)
        try:
            self.engine: Engine = create_engine(url)
            if self.engine.dialect.name == "sqlite":
                event.listen(self.engine, "connect", _pragmas)
            schema.metadata.create_all(self.engine)
        except (SQLAlchemyError, ImportError) as wrong:
            raise InputError(f"is no gradebook: {_reason(wrong)}", path=Path(self.where)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    # ------------------------------------------------------------------------------------------------ writing

    def record(self, now: datetime, judged: Judged, course: str, version: str, sandbox: str) -> None:
        """Add a result. Recording the same one twice changes nothing. On disk when this returns."""
        with self.engine.begin() as connection:
            verdict = {
                "key": judged.key,
                "at": now,
                "course": course,
                "course_version": version,
                "exercise": judged.exercise,
                "device": judged.device,
                "sandbox": sandbox,
                "status": judged.result.status.value,
                "score": judged.result.score,
                "max_score": judged.result.max_score,
                "report": judged.result.model_dump_json(),
            }
            _insert_once(connection, schema.verdict, verdict)
            if judged.output is not None:
                _insert_once(connection, schema.output, {"verdict_key": judged.key, "data": judged.output})
            row = {"at": now, "learner": judged.learner, "exercise": judged.exercise, "device": judged.device}
            row |= {"submitted_at": judged.submitted_at, "source": judged.source, "verdict_key": judged.key}
            _insert_once(connection, schema.result, row)

    def override(
        self, now: datetime, learner: str, exercise: str, score: float | None, who: str, why: str
    ) -> None:
        """Add a manual score (None takes the last one back): it beats every automatic one."""
        row = {"at": now, "learner": learner, "exercise": exercise, "score": score, "who": who, "why": why}
        with self.engine.begin() as connection:
            connection.execute(schema.override.insert().values(row))

    # ------------------------------------------------------------------------------------------------ reading

    def verdict(self, key: str) -> Result | None:
        """The result of a content that was judged before; None when it was not, or not by its own fault."""
        query = select(schema.verdict.c.report).where(schema.verdict.c.key == key)
        with self.engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        held = None if found is None else Result.model_validate_json(found)
        return None if held is None or held.status is Status.GRADER_ERROR else held

    def grades(self, learner: str | None = None) -> Iterator[Grade]:
        """Current grades, ordered by learner and exercise, one at a time."""
        result, verdict = schema.result, schema.verdict
        query = (
            select(
                result.c.learner,
                result.c.exercise,
                func.max(verdict.c.score).label("score"),
                func.max(verdict.c.max_score).label("max_score"),
                func.count().label("attempts"),
                func.max(result.c.id).label("last"),
            )
            .join(verdict, verdict.c.key == result.c.verdict_key)
            .group_by(result.c.learner, result.c.exercise)
            .order_by(result.c.learner, result.c.exercise)
        )
        if learner is not None:
            query = query.where(result.c.learner == learner)
        manual = self._overrides(learner)
        with self.engine.connect() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query):
                yield _grade(connection, row, manual.get((row.learner, row.exercise)))

    def report(self, learner: str, exercise: str) -> Result | None:
        """The best result of a learner in an exercise, with all its checks."""
        result, verdict = schema.result, schema.verdict
        query = (
            select(verdict.c.report)
            .join(result, verdict.c.key == result.c.verdict_key)
            .where(and_(result.c.learner == learner, result.c.exercise == exercise))
            .order_by(verdict.c.score.desc(), result.c.id.desc())
            .limit(1)
        )
        with self.engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else Result.model_validate_json(found)

    def statuses(self) -> Mapping[str, int]:
        """How many results there are of each status."""
        query = select(schema.verdict.c.status, func.count()).join(
            schema.result, schema.verdict.c.key == schema.result.c.verdict_key
        )
        with self.engine.connect() as connection:
            rows: Sequence[Any] = connection.execute(query.group_by(schema.verdict.c.status)).all()
        return {status: count for status, count in rows}

    def _overrides(self, learner: str | None) -> dict[tuple[str, str], Any]:
        override = schema.override
        newest = select(func.max(override.c.id)).group_by(override.c.learner, override.c.exercise)
        query = select(override).where(override.c.id.in_(newest))
        if learner is not None:
            query = query.where(override.c.learner == learner)
        with self.engine.connect() as connection:
            return {(row.learner, row.exercise): row for row in connection.execute(query)}


def _grade(connection: Connection, row: Any, manual: Any) -> Grade:
    best = (
        select(schema.verdict.c.status)
        .join(schema.result, schema.verdict.c.key == schema.result.c.verdict_key)
        .where(and_(schema.result.c.learner == row.learner, schema.result.c.exercise == row.exercise))
        .order_by(schema.verdict.c.score.desc(), schema.result.c.id.desc())
        .limit(1)
    )
    status = connection.execute(best).scalar_one()
    score = None if manual is None else manual.score
    why = "" if score is None else f"{manual.who}: {manual.why}"
    return Grade(row.learner, row.exercise, row.score, score, row.max_score, status, row.attempts, why)


def _insert_once(connection: Connection, table: Any, row: Mapping[str, Any]) -> None:
    """Insert, unless the row is there already."""
    if connection.dialect.name == "sqlite":
        connection.execute(table.insert().prefix_with("OR IGNORE").values(row))
        return
    from sqlalchemy.dialects.postgresql import insert

    connection.execute(insert(table).values(row).on_conflict_do_nothing())


def _pragmas(connection: Any, _: object) -> None:
    """Write-ahead log; every commit reaches the disk before it counts."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _reason(wrong: BaseException) -> str:
    original = getattr(wrong, "orig", None)
    return str(original or wrong).splitlines()[0]
