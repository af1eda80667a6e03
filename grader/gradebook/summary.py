"""Sums over parts of a class, kept beside its results, so that the figures of a million results are at hand at once.

A part is some learners, in the order in which they were first recorded. Recording raises the version of the parts it touches,
in its own transaction; sums are good while they were counted at that version. Whoever needs them counts what is not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pydantic import TypeAdapter
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from grader.gradebook import schema
from grader.gradebook.current import current, grades
from grader.gradebook.database import insert_of
from grader.gradebook.gather import Gathered
from grader.gradebook.reading import with_reports
from grader.gradebook.store import Gradebook

_SUMS = TypeAdapter(Gathered)
_WHOLE = -1  # the number under which the sums of all parts are kept; `counted`: the sum of their versions


def parts(book: Gradebook) -> Iterator[Gathered]:
    """The sums of every part: counted now and kept where something changed, else as they were kept. One at a time."""
    done = set()
    for number, version in _stale(book):
        done.add(number)
        sums = count(book, number)
        _keep(book, number, version, sums)
        yield sums
    part = schema.part
    with book.engine.connect() as connection:
        rows = connection.execution_options(yield_per=50).execute(
            select(part.c.number, part.c.sums).where(part.c.number > _WHOLE).order_by(part.c.number)
        )
        for number, kept in rows:
            if number not in done and kept is not None:
                yield _SUMS.validate_json(kept)


def whole(book: Gradebook) -> Gathered:
    """The sums of the class, from what was kept of them where nothing changed. What a caller gets is its own."""
    part = schema.part
    versions = select(func.coalesce(func.sum(part.c.version), 0)).where(part.c.number > _WHOLE)
    with book.engine.connect() as connection:
        version = int(
            connection.execute(versions).scalar_one()
        )  # parts are never fewer, and versions only grow
        kept = select(part.c.sums).where(part.c.number == _WHOLE, part.c.counted == version)
        sums = connection.execute(kept).scalar_one_or_none()
    if sums is not None:
        return _SUMS.validate_json(sums)
    found = Gathered()
    for one in parts(book):
        found.merge(one)
    row = {"version": 0, "counted": version, "sums": _SUMS.dump_json(found).decode()}
    with contextlib.suppress(SQLAlchemyError), book.engine.begin() as connection:
        change = insert_of(connection, part).values(number=_WHOLE, **row)
        connection.execute(change.on_conflict_do_update(index_elements=["number"], set_=row))
    return found


def refresh(book: Gradebook) -> None:
    """Count what changed, so that nobody who reads has to wait for it."""
    whole(book)


def count(book: Gradebook, number: int) -> Gathered:
    """The sums of one part, from its results."""
    learner, assignment = schema.learner, book.assignment()
    with book.engine.connect() as connection:
        query = select(learner.c.name).where(
            learner.c.id.between(number * schema.PART, number * schema.PART + schema.PART - 1)
        )
        names = list(connection.execute(query.order_by(learner.c.name)).scalars())
        found = Gathered()
        found.read_grades(with_reports(book, grades(connection, assignment, *names)))
        found.read_attempts(connection.execute(current(*names)))
    return found


def _stale(book: Gradebook) -> list[tuple[int, int]]:
    """The parts to count, with the version that is read before their results are: what comes later is for the next time."""
    part = schema.part
    changed = part.c.counted.is_distinct_from(part.c.version)
    query = select(part.c.number, part.c.version).where(part.c.number > _WHOLE, changed)
    with book.engine.connect() as connection:
        return [(number, version) for number, version in connection.execute(query.order_by(part.c.number))]


def _keep(book: Gradebook, number: int, version: int, sums: Gathered) -> None:
    part = schema.part
    newer = part.c.counted.is_(None) | (part.c.counted < version)
    change = update(part).where(part.c.number == number, newer)
    kept = _SUMS.dump_json(sums).decode()
    with contextlib.suppress(SQLAlchemyError), book.engine.begin() as connection:
        # a gradebook that can only be read is counted each time
        connection.execute(change.values(counted=version, sums=kept))
