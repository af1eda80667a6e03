"""From what was added up to the figures of a class."""

from __future__ import annotations

import zlib

from sqlalchemy import select

from grader.gradebook import schema
from grader.gradebook.gather import LISTED, Gathered
from grader.gradebook.reading import columns
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
from grader.gradebook.store import Gradebook
from grader.judge.report import Status

_CODE_LINES = 60
_FENCE = 1.5
"""Interquartile ranges beyond the quartiles from which a value is an outlier (Tukey, Exploratory Data Analysis, 1977)."""


def figures(gathered: Gathered, book: Gradebook) -> ClassStats:
    """The figures of all that was gathered from a gradebook, and what its runs noted."""
    order = {column.exercise: place for place, column in enumerate(columns(book))}
    items = sorted(
        gathered.items.values(), key=lambda item: (order.get(item.exercise, len(order)), item.exercise)
    )
    late = gathered.late
    return ClassStats(
        learners=gathered.learners,
        results=gathered.results,
        overrides=gathered.overrides,
        totals=_totals(gathered),
        statuses={status.value: found for status in Status if (found := gathered.statuses[status.value])},
        exercises=tuple(item.stats() for item in items),
        misconceptions=_misconceptions(gathered, book),
        ended=tuple(
            Ended(status, endings.count, tuple(endings.examples))
            for status in SANDBOX
            if (endings := gathered.ended.get(status.value)) is not None
        ),
        late=Late(
            late.count,
            late.learners,
            round(late.points, 4),
            tuple((who, what, s, points) for s, who, what, points in sorted(late.worst, reverse=True)),
        ),
        missing={
            name: gathered.learners - (gathered.items[name].count if name in gathered.items else 0)
            for name in order
        },
        outliers=_outliers(gathered),
        noted=tuple(Noted(*found) for found in book.noted(LISTED)),
    )


def _totals(gathered: Gathered) -> Totals:
    low, middle, high = (gathered.shares.quantile(share) for share in (0.25, 0.5, 0.75))
    known = None if low is None or middle is None or high is None else (low, middle, high)
    mean = gathered.totals.mean_x if gathered.totals.count else None
    return Totals(mean, gathered.totals.deviation, known, gathered.shares.merged(10))


def _misconceptions(gathered: Gathered, book: Gradebook) -> tuple[Misconception, ...]:
    found = [
        (-mistake.learners, exercise, name, mistake)
        for exercise, mistakes in gathered.mistakes.items()
        for name, mistake in mistakes.items()
    ]
    ranked = sorted(found, key=lambda entry: entry[:3])
    return tuple(
        Misconception(
            exercise,
            name,
            mistake.lesson,
            mistake.learners,
            gathered.items[exercise].count,
            tuple(sorted(mistake.checks, key=lambda check: (-mistake.checks[check], check))),
            tuple(mistake.examples),
            _code(book, mistake.examples[0]) if place < LISTED else None,
        )
        for place, (_, exercise, name, mistake) in enumerate(ranked)
    )


def _outliers(gathered: Gathered) -> tuple[Outlier, ...]:
    """Beyond Tukey's fences: totals on either side, and numbers of attempts above."""
    found = []
    low, high = gathered.shares.quantile(0.25), gathered.shares.quantile(0.75)
    if low is not None and high is not None and gathered.learners >= 8:
        reach = _FENCE * (high - low)
        few = [(-share, who) for share, who in gathered.lowest if -share < low - reach - 1e-9]
        many = [(share, who) for share, who in gathered.highest if share > high + reach + 1e-9]
        found = [Outlier(who, "share of all points", share) for share, who in sorted(few + many)]
        low, high = gathered.attempts.quantile(0.25), gathered.attempts.quantile(0.75)
        assert low is not None and high is not None
        edge = high + _FENCE * (high - low)
        busy = sorted((pair for pair in gathered.busiest if pair[0] > edge), reverse=True)
        found += [Outlier(who, "attempts", count) for count, who in busy]
    return tuple(found)


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
