"""Adds up a class, learner by learner; what is kept are sums, histograms and a few examples."""

from __future__ import annotations

import heapq
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select

from grader.gradebook import schema
from grader.gradebook.current import Grade, current, utc
from grader.gradebook.gather_items import Item
from grader.gradebook.marks import total
from grader.gradebook.moments import Histogram, Moments
from grader.gradebook.reading import columns, with_reports
from grader.gradebook.statistics import (
    SANDBOX,
    ClassStats,
    Ended,
    Example,
    Late,
    Misconception,
    Noted,
    Outlier,
    Totals,
)
from grader.gradebook.store import Gradebook, Incident
from grader.judge.report import Result, Status

_EXAMPLES = 5
_LISTED = 20
_CODE_LINES = 60
_FENCE = 1.5
"""Interquartile ranges beyond the quartiles from which a value is an outlier (Tukey, Exploratory Data Analysis, 1977)."""

Pairs = list[tuple[Grade, Result]]


@dataclass
class _Mistake:
    lesson: str
    learners: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)


@dataclass
class Gathered:
    """Fill it with the three `read_...`, then take `stats`."""

    learners: int = 0
    results: int = 0
    overrides: int = 0
    totals: Moments = field(default_factory=Moments)
    shares: Histogram = field(default_factory=lambda: Histogram(0.0, 1.0, 1000))
    statuses: Counter[str] = field(default_factory=Counter)
    items: dict[str, Item] = field(default_factory=dict)
    mistakes: dict[tuple[str, str], _Mistake] = field(default_factory=dict)
    ended: dict[Status, tuple[Counter[str], list[Example]]] = field(
        default_factory=lambda: {status: (Counter(), []) for status in SANDBOX}
    )
    late: list[tuple[float, str, str, float]] = field(default_factory=list)
    late_count: int = 0
    late_learners: int = 0
    late_points: float = 0.0
    lowest: list[tuple[float, str]] = field(default_factory=list)
    highest: list[tuple[float, str]] = field(default_factory=list)
    busiest: list[tuple[float, str]] = field(default_factory=list)
    attempts: Histogram = field(default_factory=lambda: Histogram(0.0, 1000.0, 1000))
    noted: dict[str, tuple[Counter[str], list[Incident]]] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------------------ reading

    def read_grades(self, book: Gradebook) -> None:
        """Every current grade with its report."""
        pairs = with_reports(book, book.grades())
        for learner, group in groupby(pairs, key=lambda pair: pair[0].learner):
            self._learner(learner, list(group))

    def read_attempts(self, book: Gradebook) -> None:
        """How many attempts and how long it took until each exercise was passed."""
        with book.engine.connect() as connection:
            rows = connection.execution_options(yield_per=1000).execute(current())
            for (_, exercise), group in groupby(rows, key=lambda row: (row.learner, row.exercise)):
                if exercise in self.items:
                    tries, hours = _until_passed(list(group))
                    self.items[exercise].passed_after(tries, hours)

    def read_incidents(self, book: Gradebook) -> None:
        """What the runs could not judge or use."""
        for incident in book.incidents():
            counter, first = self.noted.setdefault(incident.kind, (Counter(), []))
            counter["all"] += 1
            if len(first) < _LISTED:
                first.append(incident)

    def _learner(self, learner: str, pairs: Pairs) -> None:
        self.learners += 1
        self.late_learners += any(grade.late_s > 0 for grade, _ in pairs)
        share = total(grade for grade, _ in pairs).share
        if share is not None:
            self.totals.add(share)
            self.shares.add(share)
            _keep(self.lowest, (-share, learner))
            _keep(self.highest, (share, learner))
        attempts = sum(grade.attempts for grade, _ in pairs)
        self.attempts.add(attempts)
        _keep(self.busiest, (attempts, learner))
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
            self.late_count += 1
            self.late_points += grade.late_submission_penalty
            _keep(self.late, (grade.late_s, grade.learner, grade.exercise, grade.late_submission_penalty))
        if result.status in self.ended:
            counter, examples = self.ended[result.status]
            counter["all"] += 1
            if len(examples) < _EXAMPLES:
                said = next((c.message for c in result.checks if c.status is result.status), result.message)
                examples.append(Example(grade.learner, grade.exercise, grade.verdict_key, said))
        found: set[str] = set()
        for check in result.checks:
            if check.diagnosis is not None:
                self._mistake(grade, check.name, check.diagnosis.chaff, check.diagnosis.lesson, found)

    def _mistake(self, grade: Grade, check: str, name: str, lesson: str, found: set[str]) -> None:
        mistake = self.mistakes.setdefault((grade.exercise, name), _Mistake(lesson))
        mistake.checks[check] += 1
        if name not in found:
            found.add(name)
            mistake.learners += 1
            if len(mistake.examples) < _EXAMPLES:
                mistake.examples.append(Example(grade.learner, grade.exercise, grade.verdict_key))

    # ------------------------------------------------------------------------------------------------ figures

    def stats(self, book: Gradebook) -> ClassStats:
        """The figures of all that was read."""
        order = {column.exercise: place for place, column in enumerate(columns(book))}
        items = sorted(self.items.values(), key=lambda item: order.get(item.exercise, len(order)))
        return ClassStats(
            learners=self.learners,
            results=self.results,
            overrides=self.overrides,
            totals=self._totals(),
            statuses={status.value: self.statuses[status] for status in Status if self.statuses[status]},
            exercises=tuple(item.stats() for item in items),
            misconceptions=self._misconceptions(book),
            ended=tuple(
                Ended(status, counter["all"], tuple(examples))
                for status, (counter, examples) in self.ended.items()
                if counter
            ),
            late=Late(
                self.late_count,
                self.late_learners,
                round(self.late_points, 4),
                tuple((who, what, s, points) for s, who, what, points in sorted(self.late, reverse=True)),
            ),
            missing={
                name: self.learners - self.items[name].count if name in self.items else self.learners
                for name in order
            },
            outliers=self._outliers(),
            noted=tuple(
                Noted(kind, counter["all"], tuple(first))
                for kind, (counter, first) in sorted(self.noted.items())
            ),
        )

    def _totals(self) -> Totals:
        low, middle, high = (self.shares.quantile(share) for share in (0.25, 0.5, 0.75))
        known = None if low is None or middle is None or high is None else (low, middle, high)
        mean = self.totals.mean_x if self.totals.count else None
        return Totals(mean, self.totals.deviation, known, self.shares.merged(10))

    def _misconceptions(self, book: Gradebook) -> tuple[Misconception, ...]:
        ranked = sorted(self.mistakes.items(), key=lambda pair: (-pair[1].learners, pair[0]))
        return tuple(
            Misconception(
                exercise,
                name,
                mistake.lesson,
                mistake.learners,
                self.items[exercise].count,
                tuple(check for check, _ in mistake.checks.most_common()),
                tuple(mistake.examples),
                _code(book, mistake.examples[0]) if place < _LISTED else None,
            )
            for place, ((exercise, name), mistake) in enumerate(ranked)
        )

    def _outliers(self) -> tuple[Outlier, ...]:
        """Beyond Tukey's fences: totals on either side, and numbers of attempts above."""
        found = []
        low, high = self.shares.quantile(0.25), self.shares.quantile(0.75)
        if low is not None and high is not None and self.learners >= 8:
            reach = _FENCE * (high - low)
            few = [(-share, who) for share, who in self.lowest if -share < low - reach - 1e-9]
            many = [(share, who) for share, who in self.highest if share > high + reach + 1e-9]
            found = [Outlier(who, "share of all points", share) for share, who in sorted(few + many)]
            low, high = self.attempts.quantile(0.25), self.attempts.quantile(0.75)
            assert low is not None and high is not None
            edge = high + _FENCE * (high - low)
            busy = sorted((pair for pair in self.busiest if pair[0] > edge), reverse=True)
            found += [Outlier(who, "attempts", count) for count, who in busy]
        return tuple(found)


def _keep(held: list[Any], entry: tuple[Any, ...]) -> None:
    """Keep the largest few."""
    if len(held) < _LISTED:
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


def _code(book: Gradebook, example: Example) -> str | None:
    """What was handed in, its first lines; None when it was not kept."""
    verdict, source = schema.verdict, schema.source
    query = select(source.c.data).join(verdict, verdict.c.content == source.c.content)
    with book.engine.connect() as connection:
        found = connection.execute(query.where(verdict.c.key == example.verdict_key)).scalar_one_or_none()
    if found is None:
        return None
    lines = zlib.decompress(found).decode("utf-8", "replace").splitlines()
    return "\n".join(lines[:_CODE_LINES] + (["..."] if len(lines) > _CODE_LINES else []))
