"""What marking an answer yields."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from grader.quiz.rating import Rating

__all__ = [
    "FULL",
    "HALF",
    "PASS",
    "Mark",
    "PartMark",
    "Rating",
    "Response",
    "Status",
    "mark_of_json",
    "verdict",
]

Response = Any
"""Plain JSON data, as `grader.quiz.mark` describes it by item type; anything else counts as no answer."""

FULL = 0.999
PASS = 0.75
"""Share of the key points from which a free answer without a wrong idea is proposed as good."""
HALF = 0.34
"""Score from which an answer that is not right is proposed as hard instead of again."""


class Status(StrEnum):
    """What became of one part of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    BLANK = "blank"
    """A part the learner left empty."""
    FOUND = "found"
    MISSING = "missing"
    CONTRADICTED = "contradicted"
    UNCLEAR = "unclear"
    """A pattern took too long on this answer; the learner decides."""


@dataclass(frozen=True)
class PartMark:
    """One option, blank, dimension, pair, step, key point or misconception.

    `span` is where in the response the evidence stands (start and end, in characters); None where there is none.
    `unsure` asks for the learner's eye: another sentence of the answer seems to say the opposite.
    """

    label: str
    status: Status
    feedback: str = ""
    given: str = ""
    expected: str = ""
    span: tuple[int, int] | None = None
    unsure: bool = False


@dataclass(frozen=True)
class Mark:
    """The marking of one response: `score` in [0, 1], before the item's points are applied.

    `key` is the right answer for showing, `given` how the response was understood, `misconceptions` the wrong ideas a
    free answer holds, `rating` a proposal which the learner may change where `confirm` says so.
    """

    score: float
    correct: bool
    answered: bool
    rating: Rating
    key: str = ""
    given: str = ""
    feedback: tuple[str, ...] = ()
    parts: tuple[PartMark, ...] = ()
    misconceptions: tuple[PartMark, ...] = ()
    confirm: bool = False

    def as_json(self) -> dict[str, Any]:
        """The mark as plain JSON data."""
        return asdict(self)


def mark_of_json(data: dict[str, Any]) -> Mark:
    """The mark from `Mark.as_json`, possibly by way of JSON text."""
    parts = {name: tuple(_part_of_json(part) for part in data[name]) for name in ("parts", "misconceptions")}
    return Mark(**{**data, **parts, "rating": Rating(data["rating"]), "feedback": tuple(data["feedback"])})


def _part_of_json(data: dict[str, Any]) -> PartMark:
    span = tuple(data["span"]) if data["span"] else None
    return PartMark(**{**data, "status": Status(data["status"]), "span": span})


def verdict(
    score: float,
    *,
    answered: bool,
    key: str = "",
    given: str = "",
    feedback: tuple[str, ...] = (),
    parts: tuple[PartMark, ...] = (),
) -> Mark:
    """A mark whose correctness and proposed rating follow from its score."""
    score = min(1.0, max(0.0, score)) if answered else 0.0
    correct = score >= FULL
    rating = Rating.GOOD if correct else Rating.HARD if score >= HALF else Rating.AGAIN
    said = tuple(line for line in feedback if line.strip())
    return Mark(score, correct, answered, rating, key, given, said, parts)
