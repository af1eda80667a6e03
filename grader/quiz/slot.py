"""One question of a session and what has become of it, rebuilt from the rows of the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from grader.quiz.bank import Library
from grader.quiz.draw import Drawn, draw
from grader.quiz.entry import Entry, Kind
from grader.quiz.model import AnyItem
from grader.quiz.plan import Planned
from grader.quiz.rating import Rating
from grader.quiz.recall import Recall
from grader.quiz.show import Shown, show

if TYPE_CHECKING:
    from grader.quiz.mark import Mark, Response


@dataclass
class Slot:
    """One question of a session and what has become of it."""

    planned: Planned
    item: AnyItem
    drawn: Drawn
    shown: Shown
    hints: int = 0
    skips: int = 0
    flag: str | None = None
    elapsed_s: float = 0.0
    seq: int | None = None
    response: Response = None
    mark: Mark | None = None
    rating: Rating | None = None
    entered_at: datetime | None = field(default=None, repr=False)

    @property
    def is_answered(self) -> bool:
        """Whether a response was confirmed."""
        return self.seq is not None

    @property
    def shown_answer(self) -> str:
        """The model answer of a free-recall item; empty for other types."""
        return self.item.answer if isinstance(self.item, Recall) else ""

    def replay(self, row: Entry) -> None:
        """Go one row of the session further."""
        match row.kind:
            case Kind.ANSWER:
                self.seq, self.response, self.rating = row.seq, row.response, row.rating
                self.mark, self.elapsed_s = _mark_of(row), row.elapsed_s or 0.0
            case Kind.CORRECT:
                self.rating, self.mark = row.rating, _mark_of(row)
            case Kind.SKIP:
                self.skips, self.elapsed_s = self.skips + 1, row.elapsed_s or 0.0
            case Kind.HINT:
                self.hints += 1
            case Kind.FLAG:
                self.flag = str((row.data or {}).get("note", ""))
            case Kind.UNFLAG:
                self.flag = None


def make_slot(library: Library, planned: Planned) -> Slot | None:
    """The question as drawn; None when the bank no longer holds it."""
    item = library.items.get(planned.item)
    if item is None:
        return None
    drawn = draw(item, planned.seed)
    return Slot(planned, item, drawn, show(item, drawn))


def with_hints(rating: Rating, hints: int) -> Rating:
    """What was remembered only after a hint was hard."""
    return Rating.HARD if hints and rating in {Rating.GOOD, Rating.EASY} else rating


def _mark_of(row: Entry) -> Mark | None:
    from grader.quiz.marking.verdict import mark_of_json

    return None if row.mark is None else mark_of_json(row.mark)
