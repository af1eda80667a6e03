"""The gradebook: record results, override scores, read current grades. SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, bindparam, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from grader.errors import MachineError
from grader.gradebook import schema
from grader.gradebook.assignment import Assignment
from grader.gradebook.current import Grade, attempts_of, current, grades
from grader.gradebook.database import insert_of, open_database, reason, shown
from grader.gradebook.policy import counted
from grader.judge.report import Result, Status

#: asked for every submission, so put together once
_SAME = ("learner", "exercise", "device", "content")
_LAST = (
    select(schema.result.c.id, schema.result.c.verdict_key)
    .where(*(schema.result.c[name] == bindparam(f"same_{name}") for name in _SAME))
    .order_by(schema.result.c.id.desc())
    .limit(1)
)
_STATUS = select(schema.verdict.c.status).where(schema.verdict.c.key == bindparam("wanted"))


@dataclass(frozen=True)
class Judged:
    """One submission's result on its way into the gradebook."""

    learner: str
    exercise: str
    device: str
    source: str  # where it was found
    text: str  # what was handed in
    key: str
    result: Result | None  # None: the verdict under this key is in the gradebook
    submitted_at: datetime | None = None
    output: Output | None = None

    @property
    def content(self) -> str:
        """SHA-256 of what was handed in."""
        return content_of(self.text)


@dataclass(frozen=True)
class Output:
    """What the worker answered, packed; `inputs` names what it was asked."""

    inputs: str
    data: bytes


@dataclass(frozen=True)
class Incident:
    """What a run could not judge or use, and why."""

    kind: str
    path: str
    message: str
    learner: str | None = None
    exercise: str | None = None


_LATEST = select(func.max(schema.run.c.id)).group_by(schema.run.c.what, schema.run.c.source)
"""The latest run over each folder of submissions."""


class Gradebook:
    """A gradebook at a path or database URL. Every method commits before it returns."""

    def __init__(self, where: str | Path) -> None:
        self.where = str(where)
        self._lock = threading.Lock()
        self.engine: Engine = open_database(self.where)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    # ------------------------------------------------------------------------------------------------ writing

    def record(self, now: datetime, judged: Judged, course: str, version: str, sandbox: str) -> None:
        """Add one result, as `record_all` does."""
        self.record_all(now, [judged], course, version, sandbox)

    def record_all(
        self, now: datetime, judged: Iterable[Judged], course: str, version: str, sandbox: str
    ) -> list[bool]:
        """Add results, all of them or none; which of them were news. On disk when this returns.

        Recording the same one twice changes nothing. A result of a content that the learner handed in before replaces the
        former one when its verdict is another. Raises: `MachineError` when the database cannot take it.
        """
        verdict = {"at": now, "course": course, "course_version": version, "sandbox": sandbox}
        with self._writing() as connection:
            done = [(one, _record(connection, one, verdict)) for one in judged]
            touch(connection, {one.learner for one, new in done if new})
            return [new for _, new in done]

    def begin_run(
        self, now: datetime, what: str, source: str, course: str, version: str, sandbox: str
    ) -> int:
        """Note that a run begins; gives its number, under which its incidents are kept."""
        row = {"at": now, "what": what, "source": source, "course": course}
        row |= {"course_version": version, "sandbox": sandbox}
        with self._writing() as connection:
            done = connection.execute(schema.run.insert().values(row))
            return int(done.inserted_primary_key[0])  # type: ignore[index]

    def note(self, run: int, incidents: Iterable[Incident]) -> None:
        """Keep what a run could not judge or use."""
        rows = [{"run": run, **vars(incident)} for incident in incidents]
        if rows:
            with self._writing() as connection:
                connection.execute(schema.incident.insert(), rows)

    def keep_assignment(self, now: datetime, assignment: Assignment) -> None:
        """Keep the policy that grades are to be read under, unless it is the one already kept."""
        text = assignment.model_dump_json()
        if self.assignment() != assignment:
            with self._writing() as connection:
                row = {"at": now, "name": assignment.id, "text": text}
                connection.execute(schema.assignment.insert().values(row))
                connection.execute(update(schema.part).values(version=schema.part.c.version + 1))

    def override(
        self, now: datetime, learner: str, exercise: str, score: float | None, who: str, why: str
    ) -> None:
        """Add a manual score (None takes the last one back): it beats every automatic one."""
        row = {"at": now, "learner": learner, "exercise": exercise, "score": score, "who": who, "why": why}
        with self._writing() as connection:
            connection.execute(schema.override.insert().values(row))
            touch(connection, {learner})

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction, one at a time in this process; whatever goes wrong in it is the machine's fault."""
        with self._lock:
            try:
                with self.engine.begin() as connection:
                    yield connection
            except SQLAlchemyError as wrong:
                raise MachineError(
                    f"the gradebook cannot be written: {reason(wrong)}",
                    path=Path(shown(self.where)),
                    remedy="free the disk or end what locks the file; nothing recorded is lost: run it again",
                ) from None

    # ------------------------------------------------------------------------------------------------ reading

    def verdict(self, key: str) -> Result | None:
        """The result of a content that was judged before; None when it was not, or not by its own fault."""
        query = select(schema.verdict.c.report).where(schema.verdict.c.key == key)
        with self.engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        held = None if found is None else Result.model_validate_json(found)
        return None if held is None or held.status is Status.GRADER_ERROR else held

    def status_of(self, key: str) -> Status | None:
        """The status of a content that was judged before, as `verdict` knows it."""
        with self.engine.connect() as connection:
            found = connection.execute(_STATUS, {"wanted": key}).scalar_one_or_none()
        return None if found in (None, Status.GRADER_ERROR) else Status(found)

    def contents(self, exercises: Sequence[str]) -> Iterator[Any]:
        """Every current result of these exercises, all of one content and device together, as of now."""
        result = schema.result
        order = (result.c.exercise, result.c.device, result.c.content, result.c.verdict_key, result.c.id)
        with self.engine.connect() as connection:
            query = current().where(result.c.exercise.in_(exercises))
            yield from connection.execution_options(yield_per=1000).execute(
                query.order_by(None).order_by(*order)
            )

    def source_of(self, content: str) -> str | None:
        """The text handed in, by its SHA-256."""
        query = select(schema.source.c.data).where(schema.source.c.content == content)
        with self.engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else zlib.decompress(found).decode("utf-8", "surrogatepass")

    def output_of(self, key: str) -> Output | None:
        """What a worker answered when the verdict `key` was found; None when it was not kept."""
        query = select(schema.output.c.inputs, schema.output.c.data)
        with self.engine.connect() as connection:
            found = connection.execute(query.where(schema.output.c.verdict_key == key)).one_or_none()
        return None if found is None else Output(found.inputs, found.data)

    def assignment(self) -> Assignment | None:
        """The policy that was kept last."""
        query = select(schema.assignment.c.text).order_by(schema.assignment.c.id.desc()).limit(1)
        with self.engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else Assignment.model_validate_json(found)

    def incidents(self, run: int | None = None) -> Iterator[Incident]:
        """What a run could not judge or use; without `run`, the latest over each folder of submissions."""
        latest: Any = [run]
        if run is None:
            latest = _LATEST
        table = schema.incident
        columns = (table.c.kind, table.c.path, table.c.message, table.c.learner, table.c.exercise)
        query = select(*columns).where(table.c.run.in_(latest)).order_by(table.c.id)
        with self.engine.connect() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query):
                yield Incident(*row)

    def noted(self, few: int) -> Iterator[tuple[str, int, tuple[Incident, ...]]]:
        """By kind: how much the latest runs could not judge or use, and the first few."""
        table = schema.incident
        columns = (table.c.kind, table.c.path, table.c.message, table.c.learner, table.c.exercise)
        among = table.c.run.in_(_LATEST)
        with self.engine.connect() as connection:
            counts = select(table.c.kind, func.count()).where(among).group_by(table.c.kind)
            for kind, count in connection.execute(counts.order_by(table.c.kind)).all():
                first = select(*columns).where(among, table.c.kind == kind).order_by(table.c.id).limit(few)
                yield kind, count, tuple(Incident(*row) for row in connection.execute(first))

    def grades(self, learner: str | None = None) -> Iterator[Grade]:
        """Current grades, ordered by learner and exercise, one at a time, under the assignment kept last."""
        assignment = self.assignment()
        with self.engine.connect() as connection:
            yield from grades(connection, assignment, *(() if learner is None else (learner,)))

    def report(self, learner: str, exercise: str) -> Result | None:
        """The result that counts of a learner in an exercise, with all its checks."""
        with self.engine.connect() as connection:
            attempts = attempts_of(list(connection.execute(current(learner, exercise=exercise))))
        if not attempts:
            return None
        return self.verdict(counted(self.assignment(), learner, attempts).attempt.verdict_key)


def content_of(text: str) -> str:
    """What a submitted text is known by: its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _record(connection: Connection, judged: Judged, common: Mapping[str, Any]) -> bool:
    """One result, within a transaction; whether it was news."""
    content = judged.content
    about = {"exercise": judged.exercise, "device": judged.device, "content": content}
    if judged.result is not None:
        packed = zlib.compress(judged.text.encode("utf-8", "surrogatepass"), 6)
        insert_once(connection, schema.source, {"content": content, "data": packed})
        found: dict[str, Any] = {
            "status": judged.result.status.value,
            "report": judged.result.model_dump_json(),
        }
        found |= {"score": judged.result.score, "max_score": judged.result.max_score}
        insert_once(connection, schema.verdict, {**common, **about, **found, "key": judged.key})
    if judged.output is not None:
        insert_once(connection, schema.output, {"verdict_key": judged.key, **vars(judged.output)})
    row = {**about, "at": common["at"], "learner": judged.learner, "source": judged.source}
    last = _last_of(connection, row)
    if last is not None and last.verdict_key == judged.key:
        return False
    row |= {"submitted_at": judged.submitted_at, "verdict_key": judged.key}
    insert_once(connection, schema.result, {**row, "replaces": 0 if last is None else last.id})
    return True


def touch(connection: Connection, learners: set[str]) -> None:
    """Note that results of these learners changed: the sums over their parts are not good any more."""
    learner, part = schema.learner, schema.part
    known = dict(
        connection.execute(select(learner.c.name, learner.c.id).where(learner.c.name.in_(learners))).all()
    )
    for name in sorted(learners - known.keys()):
        insert_once(connection, learner, {"name": name})
        known[name] = connection.execute(select(learner.c.id).where(learner.c.name == name)).scalar_one()
    for number in sorted(
        {place // schema.PART for place in known.values()}
    ):  # in one order, so that no two wait for each other
        change = insert_of(connection, part).values(number=number, version=1)
        connection.execute(
            change.on_conflict_do_update(index_elements=["number"], set_={"version": part.c.version + 1})
        )


def insert_once(connection: Connection, table: Any, row: Mapping[str, Any]) -> None:
    """Insert, unless the row is there already."""
    connection.execute(insert_of(connection, table).on_conflict_do_nothing(), row)


def _last_of(connection: Connection, row: Mapping[str, Any]) -> Any:
    """The latest result of the same content by the same learner; the chain grows at its end."""
    return connection.execute(_LAST, {f"same_{name}": row[name] for name in _SAME}).one_or_none()
