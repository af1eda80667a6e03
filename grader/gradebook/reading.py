"""The gradebook as a stream: grades with their reports, learner by learner, column by column. Memory stays the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from sqlalchemy import Connection, select

from grader.gradebook import schema
from grader.gradebook.current import Grade
from grader.gradebook.store import Gradebook
from grader.judge.report import Result

_CHUNK = 500
"""Reports fetched at once: few enough for every database's limit of parameters."""


@dataclass(frozen=True)
class Column:
    """An exercise that some learner has a result in, or that the assignment asks for.

    `max_score` is what it is worth in the assignment's weights; 0 for extra credit, None when nobody knows yet.
    """

    exercise: str
    max_score: float | None


def columns(book: Gradebook) -> tuple[Column, ...]:
    """The exercises of a gradebook, in the assignment's order, else by name. Costs a look-up an exercise."""
    assignment = book.assignment()
    with book.engine.connect() as connection:
        held = {name: _points(connection, name) for name in _exercises(connection)}
    if assignment is None or not assignment.exercises:
        return tuple(Column(name, points) for name, points in held.items())
    found = []
    for entry in assignment.exercises:
        points = held.get(entry.id) if entry.weight is None else entry.weight
        found.append(Column(entry.id, 0.0 if entry.extra_credit else points))
    return tuple(found)


def by_learner(book: Gradebook, learner: str | None = None) -> Iterator[tuple[str, dict[str, Grade]]]:
    """Each learner with the grades by exercise."""
    for name, group in groupby(book.grades(learner), key=lambda grade: grade.learner):
        yield name, {grade.exercise: grade for grade in group}


def with_reports(book: Gradebook, grades: Iterable[Grade]) -> Iterator[tuple[Grade, Result]]:
    """Each grade with the report of the attempt that counts. A few hundred reports are held at a time."""
    rest = iter(grades)
    while chunk := list(islice(rest, _CHUNK)):
        texts = _reports(book, {grade.verdict_key for grade in chunk})
        for grade in chunk:
            yield grade, Result.model_validate_json(texts[grade.verdict_key])


def _exercises(connection: Connection) -> Iterator[str]:
    """Every exercise with a result, by a jump through the index for each: no scan of a million rows."""
    name = schema.result.c.exercise
    last = ""
    while True:
        query = select(name).where(name > last).order_by(name).limit(1)
        found: str | None = connection.execute(query).scalar_one_or_none()
        if found is None:
            return
        yield found
        last = found


def _points(connection: Connection, exercise: str) -> float | None:
    """What the exercise was worth when it was judged last."""
    result, verdict = schema.result, schema.verdict
    query = (
        select(verdict.c.max_score)
        .join(result, result.c.verdict_key == verdict.c.key)
        .where(result.c.exercise == exercise)
        .order_by(result.c.id.desc())
        .limit(1)
    )
    points: float | None = connection.execute(query).scalar_one_or_none()
    return points


def _reports(book: Gradebook, keys: set[str]) -> dict[str, str]:
    query = select(schema.verdict.c.key, schema.verdict.c.report).where(
        schema.verdict.c.key.in_(sorted(keys))
    )
    with book.engine.connect() as connection:
        return {key: report for key, report in connection.execute(query)}
