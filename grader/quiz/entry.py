"""One row of the review log: what happened, to which item, when. Rows are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from grader.quiz.rating import Rating


class Kind(StrEnum):
    """What a row records."""

    BEGIN = "begin"
    """A session starts; `data` is its plan."""
    RESUME = "resume"
    """A session goes on after a break or a crash."""
    TICK = "tick"
    """A session is still open: its time goes on."""
    END = "end"
    """A session is over: handed in, finished or given up (`data.why`)."""
    ANSWER = "answer"
    """A confirmed response with its drawing, mark and rating. No rating: it does not count for the schedule (yet)."""
    SKIP = "skip"
    HINT = "hint"
    CORRECT = "correct"
    """An earlier answer (`refers`) gets another mark or rating."""
    FLAG = "flag"
    """The learner says that an item is bad; `data.note` says why."""
    UNFLAG = "unflag"
    MEANING = "meaning"
    """The learner says whether an item whose meaning changed is still the same (`data.keep`)."""
    EXERCISE = "exercise"
    """An exercise was judged; the schedule counts it like an answer."""
    DUE = "due"
    """An item is to be asked soon; `data.reason` says why."""
    WEIGHTS = "weights"
    """The schedule's weights were fitted anew (`data.weights`)."""


EXERCISE_PREFIX = "exercise:"
"""Exercises share the log with items; no item id has a colon."""


@dataclass(frozen=True)
class Entry:
    """A row. `seq` counts from 1 and is 0 before the row is stored; `at` is in UTC.

    `item` is an item's id, or `exercise:ID`. `drawn`, `mark` and `data` are plain JSON data, `drawn` as
    `Drawn.model_dump`, `mark` as `Mark.as_json`. `elapsed_s` is the time the learner spent on the question.
    """

    kind: Kind
    at: datetime
    session: str = ""
    item: str = ""
    fingerprint: str = ""
    drawn: dict[str, Any] | None = None
    response: Any = None
    mark: dict[str, Any] | None = None
    rating: Rating | None = None
    elapsed_s: float | None = None
    refers: int | None = None
    data: dict[str, Any] | None = None
    seq: int = 0
