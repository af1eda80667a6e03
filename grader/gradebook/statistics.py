"""The class in figures.

Item analysis uses the automatic score of the attempt that counts: lateness and overrides say nothing of an exercise.
Facility is the mean share of points earned; discrimination the correlation of that share with the learner's share of
all other points. Formulas: Crocker and Algina, Introduction to Classical and Modern Test Theory, 1986, as in `grader.quiz.stats`.
What was skipped or not judged is no zero: it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.gradebook.store import Gradebook, Incident
from grader.judge.report import Status

SANDBOX = (Status.TIMEOUT, Status.CRASHED, Status.MEMORY_LIMIT, Status.OUTPUT_LIMIT, Status.FORBIDDEN)
"""Endings that the sandbox brought about."""


@dataclass(frozen=True)
class CheckStats:
    """One check of an exercise. `facility` and `discrimination` are None where they cannot be measured."""

    name: str
    count: int
    facility: float | None
    discrimination: float | None
    undiagnosed: int  # failed, and no known mistake explains it
    skipped: int


@dataclass(frozen=True)
class ExerciseStats:
    """One exercise. `hours_to_pass` is the median time from the first hand-in to the first that passed."""

    exercise: str
    count: int
    passed: int
    untouched: int
    facility: float | None
    discrimination: float | None
    shares: tuple[int, ...]  # learners in each tenth of the points
    tries: tuple[int, ...]  # learners who passed at the 1st, 2nd, ... attempt; the last counts all later ones
    hours_to_pass: float | None
    checks: tuple[CheckStats, ...]


@dataclass(frozen=True)
class Example:
    """Somebody's work that shows something: whose, in what, and under which key its verdict is kept."""

    learner: str
    exercise: str
    verdict_key: str
    message: str = ""


@dataclass(frozen=True)
class Misconception:
    """A mistake that the class makes: one known wrong implementation, and who behaves like it."""

    exercise: str
    name: str
    lesson: str
    learners: int
    of: int  # who handed in the exercise
    checks: tuple[str, ...]  # where it shows, most often first
    examples: tuple[Example, ...]
    code: str | None = None  # what one of them wrote, where it was kept


@dataclass(frozen=True)
class Ended:
    """How often the sandbox ended a run in one way."""

    status: Status
    count: int
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Late:
    """Work after its deadline."""

    count: int
    learners: int
    points: float  # taken off, in all
    worst: tuple[tuple[str, str, float, float], ...]  # learner, exercise, seconds, points taken off


@dataclass(frozen=True)
class Outlier:
    """A learner far from the rest, and in what."""

    learner: str
    what: str
    value: float


@dataclass(frozen=True)
class Noted:
    """Incidents of one kind: how many, and the first of them."""

    kind: str
    count: int
    first: tuple[Incident, ...]


@dataclass(frozen=True)
class Totals:
    """How the learners' shares of all points are spread; `tenths` counts learners."""

    mean: float | None
    deviation: float | None
    quartiles: tuple[float, float, float] | None
    tenths: tuple[int, ...]


@dataclass(frozen=True)
class ClassStats:
    """Everything."""

    learners: int
    results: int
    overrides: int
    totals: Totals
    statuses: dict[str, int]
    exercises: tuple[ExerciseStats, ...]
    misconceptions: tuple[Misconception, ...]  # by how many learners hold them
    ended: tuple[Ended, ...]
    late: Late
    missing: dict[str, int]  # exercise -> learners with other results who have none here
    outliers: tuple[Outlier, ...]
    noted: tuple[Noted, ...]


def class_stats(book: Gradebook) -> ClassStats:
    """The figures of a whole gradebook. Memory grows with exercises and mistakes, not with learners."""
    from grader.gradebook.figures import figures
    from grader.gradebook.summary import whole

    return figures(whole(book), book)
