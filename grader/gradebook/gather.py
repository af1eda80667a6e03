"""Adds up a class, learner by learner; what is kept are sums, histograms and a few examples, so that parts can be put together."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from grader.gradebook.current import Grade, utc
from grader.gradebook.gather_items import Item
from grader.gradebook.marks import total
from grader.gradebook.moments import Histogram, Moments
from grader.gradebook.statistics import SANDBOX, Example
from grader.judge.report import Result, Status

EXAMPLES = 5
LISTED = 20

Pairs = list[tuple[Grade, Result]]
Named = tuple[float, str]  # a value and whose it is


@dataclass
class Mistake:
    """One known mistake in one exercise. `examples`: of the first learners by name."""

    lesson: str
    learners: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def merge(self, other: Mistake) -> None:
        """All learners of another."""
        self.learners += other.learners
        self.checks.update(other.checks)
        self.examples = first_few(self.examples, other.examples)


@dataclass
class Endings:
    """Runs that the sandbox ended in one way."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)

    def merge(self, other: Endings) -> None:
        """All runs of another."""
        self.count += other.count
        self.examples = first_few(self.examples, other.examples)


@dataclass
class Lateness:
    """Work after its deadline. `worst`: seconds, learner, exercise, points taken off; a heap."""

    count: int = 0
    learners: int = 0
    points: float = 0.0
    worst: list[tuple[float, str, str, float]] = field(default_factory=list)

    def merge(self, other: Lateness) -> None:
        """All of another's."""
        self.count += other.count
        self.learners += other.learners
        self.points += other.points
        keep(self.worst, *other.worst)


@dataclass
class Gathered:
    """Fill it with `read_grades` and `read_attempts` of whole learners; `merge` adds other learners."""

    learners: int = 0
    results: int = 0
    overrides: int = 0
    totals: Moments = field(default_factory=Moments)
    shares: Histogram = field(default_factory=lambda: Histogram(0.0, 1.0, 1000))
    statuses: Counter[str] = field(default_factory=Counter)
    items: dict[str, Item] = field(default_factory=dict)
    mistakes: dict[str, dict[str, Mistake]] = field(default_factory=dict)  # by exercise and name
    ended: dict[str, Endings] = field(default_factory=dict)  # by status
    late: Lateness = field(default_factory=Lateness)
    lowest: list[Named] = field(default_factory=list)  # heaps; these values are negative
    highest: list[Named] = field(default_factory=list)
    busiest: list[Named] = field(default_factory=list)
    attempts: Histogram = field(default_factory=lambda: Histogram(0.0, 1000.0, 1000))

    # ------------------------------------------------------------------------------------------------ reading

    def read_grades(self, pairs: Iterable[tuple[Grade, Result]]) -> None:
        """Current grades with their reports, all of a learner's together."""
        for learner, group in groupby(pairs, key=lambda pair: pair[0].learner):
            self._learner(learner, list(group))

    def read_attempts(self, rows: Iterable[Any]) -> None:
        """All results, ordered by learner and exercise: how many attempts and how long until each was passed."""
        for (_, exercise), group in groupby(rows, key=lambda row: (row.learner, row.exercise)):
            if exercise in self.items:
                tries, hours = _until_passed(list(group))
                self.items[exercise].passed_after(tries, hours)

    def _learner(self, learner: str, pairs: Pairs) -> None:
        self.learners += 1
        self.late.learners += any(grade.late_s > 0 for grade, _ in pairs)
        share = total(grade for grade, _ in pairs).share
        if share is not None:
            self.totals.add(share)
            self.shares.add(share)
            keep(self.lowest, (-share, learner))
            keep(self.highest, (share, learner))
        attempts = sum(grade.attempts for grade, _ in pairs)
        self.attempts.add(attempts)
        keep(self.busiest, (float(attempts), learner))
        judged = [result for _, result in pairs if result.status is not Status.GRADER_ERROR]
        earned, possible = sum(r.score for r in judged), sum(r.max_score for r in judged)
        for grade, result in pairs:
            self.items.setdefault(grade.exercise, Item(grade.exercise)).add(result, earned, possible)
            self._grade(grade, result)

    def _grade(self, grade: Grade, result: Result) -> None:
        self.results += 1
        self.overrides += grade.manual_score is not None
        self.statuses[grade.status] += 1
        if grade.late_s > 0:
            off = grade.late_submission_penalty
            self.late.count += 1
            self.late.points += off
            keep(self.late.worst, (grade.late_s, grade.learner, grade.exercise, off))
        if result.status in SANDBOX:
            said = next((c.message for c in result.checks if c.status is result.status), result.message)
            example = Example(grade.learner, grade.exercise, grade.verdict_key, said)
            self.ended.setdefault(result.status.value, Endings()).merge(Endings(1, [example]))
        found: set[str] = set()
        for check in result.checks:
            if check.diagnosis is not None:
                self._mistake(grade, check.name, check.diagnosis.chaff, check.diagnosis.lesson, found)

    def _mistake(self, grade: Grade, check: str, name: str, lesson: str, found: set[str]) -> None:
        mistake = self.mistakes.setdefault(grade.exercise, {}).setdefault(name, Mistake(lesson))
        mistake.checks[check] += 1
        if name not in found:
            found.add(name)
            mistake.learners += 1
            if len(mistake.examples) < EXAMPLES:
                mistake.examples.append(Example(grade.learner, grade.exercise, grade.verdict_key))

    # ------------------------------------------------------------------------------------------------ together

    def merge(self, other: Gathered) -> None:
        """Add another part of the class; no learner may be in both."""
        self.learners += other.learners
        self.results += other.results
        self.overrides += other.overrides
        self.totals.merge(other.totals)
        self.shares.merge(other.shares)
        self.attempts.merge(other.attempts)
        self.statuses.update(other.statuses)
        self.late.merge(other.late)
        keep(self.lowest, *other.lowest)
        keep(self.highest, *other.highest)
        keep(self.busiest, *other.busiest)
        for name, item in other.items.items():
            self.items.setdefault(name, Item(name)).merge(item)
        for status, endings in other.ended.items():
            self.ended.setdefault(status, Endings()).merge(endings)
        for exercise, mistakes in other.mistakes.items():
            mine = self.mistakes.setdefault(exercise, {})
            for name, mistake in mistakes.items():
                mine.setdefault(name, Mistake(mistake.lesson)).merge(mistake)


def first_few(*examples: list[Example]) -> list[Example]:
    """Those of the first learners by name."""
    return sorted((e for part in examples for e in part), key=lambda e: (e.learner, e.exercise))[:EXAMPLES]


def keep(held: list[Any], *entries: tuple[Any, ...]) -> None:
    """Keep the largest few."""
    for entry in entries:
        if len(held) < LISTED:
            heapq.heappush(held, entry)
        else:
            heapq.heappushpop(held, entry)


def _until_passed(rows: list[Any]) -> tuple[int | None, float | None]:
    """At which attempt the exercise was passed first, and hours from the first hand-in to it; None: never, or unknown."""
    contents: list[str] = []
    first: datetime | None = None
    for row in rows:
        if row.content not in contents:
            contents.append(row.content)
        at = utc(row.submitted_at)
        first = at if first is None else first
        if row.status == Status.PASSED.value:
            hours = None if at is None or first is None else max(0.0, (at - first).total_seconds() / 3600)
            return len(contents), hours
    return None, None
