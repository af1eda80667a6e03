"""Marking past answers again after an item was mended: corrections as new rows, the old ones stay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grader.errors import GraderError
from grader.quiz.bank import Library
from grader.quiz.draw import Drawn
from grader.quiz.entry import Entry, Kind
from grader.quiz.mark import mark
from grader.quiz.slot import with_hints
from grader.quiz.store import ReviewLog


@dataclass(frozen=True)
class Regraded:
    """An answer whose mark has changed; scores in [0, 1]."""

    item: str
    at: datetime
    before: float
    after: float


def regrade(
    log: ReviewLog, library: Library, now: datetime, items: frozenset[str] | None = None
) -> list[Regraded]:
    """Mark the answers in the log again, as they were drawn, by the banks as they are now.

    An answer whose score changes gets a correction. One the learner judged is left alone, and so is one whose drawing
    the item no longer has.
    """
    wanted = [item for item in library.items if items is None or item in items]
    rows = list(log.entries(items=wanted, kinds=[Kind.ANSWER, Kind.CORRECT, Kind.HINT]))
    last = {row.seq: row for row in rows if row.kind is Kind.ANSWER}
    last |= {row.refers: row for row in rows if row.kind is Kind.CORRECT and row.refers is not None}
    hints = {(row.session, row.item) for row in rows if row.kind is Kind.HINT}
    found = []
    for row in rows:
        if row.kind is Kind.ANSWER and library.items[row.item].type != "recall":
            changed = _marked_again(log, library, row, last[row.seq], (row.session, row.item) in hints, now)
            found += [changed] if changed else []
    return found


def _marked_again(
    log: ReviewLog, library: Library, row: Entry, last: Entry, had_hint: bool, now: datetime
) -> Regraded | None:
    try:
        again = mark(library.items[row.item], Drawn.model_validate(row.drawn, strict=False), row.response)
    except (GraderError, ValueError):
        return None
    before = float((last.mark or {}).get("score", 0.0))
    if abs(again.score - before) < 1e-9:
        return None
    rating = with_hints(again.rating, had_hint) if last.rating is not None else None
    log.append(
        Entry(Kind.CORRECT, now, row.session, row.item, mark=again.as_json(), rating=rating, refers=row.seq)
    )
    return Regraded(row.item, row.at, before, again.score)
