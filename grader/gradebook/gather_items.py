"""Adds up one exercise and its checks."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.gradebook.moments import Histogram, Moments
from grader.gradebook.statistics import CheckStats, ExerciseStats
from grader.judge.report import CheckVerdict, Result, Status

_TRIES = 10
_DAYS = 60


@dataclass
class CheckSums:
    """One check, over the learners who were judged in it."""

    name: str
    alone: Moments = field(default_factory=Moments)
    beside: Moments = field(default_factory=Moments)  # against the rest, where there is a rest
    undiagnosed: int = 0
    skipped: int = 0

    def add(self, check: CheckVerdict, earned: float, possible: float) -> None:
        """One learner's verdict; `earned` of `possible` points in all exercises, this check included."""
        if check.status is Status.SKIPPED:
            self.skipped += 1
        elif check.status is not Status.GRADER_ERROR and check.max_points > 0:
            share = check.points / check.max_points
            _measure(self.alone, self.beside, share, earned - check.points, possible - check.max_points)
            self.undiagnosed += check.status is Status.FAILED and check.diagnosis is None

    def merge(self, other: CheckSums) -> None:
        """All learners of another."""
        self.alone.merge(other.alone)
        self.beside.merge(other.beside)
        self.undiagnosed += other.undiagnosed
        self.skipped += other.skipped

    def stats(self) -> CheckStats:
        """The figures."""
        return CheckStats(
            self.name,
            self.alone.count,
            self.alone.mean_x if self.alone.count else None,
            self.beside.correlation,
            self.undiagnosed,
            self.skipped,
        )


@dataclass
class Item:
    """One exercise, over the learners who handed it in."""

    exercise: str
    count: int = 0
    passed: int = 0
    untouched: int = 0
    alone: Moments = field(default_factory=Moments)
    beside: Moments = field(default_factory=Moments)
    shares: Histogram = field(default_factory=lambda: Histogram(0.0, 1.0, 10))
    tries: list[int] = field(default_factory=lambda: [0] * _TRIES)
    hours: Histogram = field(default_factory=lambda: Histogram(0.0, 24.0 * _DAYS, 24 * _DAYS))
    checks: dict[str, CheckSums] = field(default_factory=dict)

    def add(self, result: Result, earned: float, possible: float) -> None:
        """One learner's result; `earned` of `possible` points in all exercises, this one included."""
        self.count += 1
        if result.status is Status.GRADER_ERROR:
            return
        self.passed += result.status is Status.PASSED
        self.untouched += result.status is Status.NOT_IMPLEMENTED
        share = result.score / result.max_score if result.max_score else 0.0
        self.shares.add(share)
        _measure(self.alone, self.beside, share, earned - result.score, possible - result.max_score)
        for check in result.checks:
            self.checks.setdefault(check.name, CheckSums(check.name)).add(check, earned, possible)

    def passed_after(self, tries: int | None, hours: float | None) -> None:
        """At which attempt, and how many hours after the first, a learner passed; None: never, or unknown."""
        if tries is not None:
            self.tries[min(tries, _TRIES) - 1] += 1
        if hours is not None:
            self.hours.add(hours)

    def merge(self, other: Item) -> None:
        """All learners of another."""
        self.count += other.count
        self.passed += other.passed
        self.untouched += other.untouched
        self.alone.merge(other.alone)
        self.beside.merge(other.beside)
        self.shares.merge(other.shares)
        self.hours.merge(other.hours)
        self.tries = [mine + theirs for mine, theirs in zip(self.tries, other.tries, strict=True)]
        for name, check in other.checks.items():
            self.checks.setdefault(name, CheckSums(name)).merge(check)

    def stats(self) -> ExerciseStats:
        """The figures."""
        return ExerciseStats(
            self.exercise,
            self.count,
            self.passed,
            self.untouched,
            self.alone.mean_x if self.alone.count else None,
            self.beside.correlation,
            self.shares.counts,
            tuple(self.tries),
            self._hours(),
            tuple(check.stats() for check in self.checks.values()),
        )

    def _hours(self) -> float | None:
        """The median; 0 where more than half passed at once."""
        total = self.hours.total
        at_once = self.tries[0]
        return 0.0 if total and at_once * 2 > total else self.hours.quantile(0.5)


def _measure(alone: Moments, beside: Moments, share: float, rest: float, possible: float) -> None:
    alone.add(share)
    if possible > 1e-9:
        beside.add(share, rest / possible)
