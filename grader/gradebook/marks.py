"""What grades are worth together: weights, extra credit, totals. No result is empty, not zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.gradebook.current import Grade


@dataclass(frozen=True)
class Mark:
    """Points earned out of points possible. Extra credit adds to the first and not to the second."""

    score: float
    max_score: float

    @property
    def share(self) -> float | None:
        """Score over maximum; None where nothing can be earned."""
        return self.score / self.max_score if self.max_score else None


def mark_of(grade: Grade) -> Mark:
    """One grade in the assignment's weights: an exercise of weight w is worth w points, whatever its own."""
    score, possible = grade.score, grade.max_score
    if grade.weight is not None:
        score, possible = (score / possible * grade.weight if possible else 0.0), grade.weight
    return Mark(round(score, 4), 0.0 if grade.extra_credit else round(possible, 4))


def total(grades: Iterable[Grade]) -> Mark:
    """The sum over grades of one learner."""
    marks = [mark_of(grade) for grade in grades]
    return Mark(round(sum(mark.score for mark in marks), 4), round(sum(mark.max_score for mark in marks), 4))
