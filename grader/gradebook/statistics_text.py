"""The class in figures, as lines of text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from grader.gradebook.statistics import ClassStats, ExerciseStats

_TOP = 10


def stats_json(stats: ClassStats) -> str:
    """All figures as JSON; null where something could not be measured."""
    return json.dumps(asdict(stats), indent=1, ensure_ascii=False) + "\n"


def stats_text(stats: ClassStats) -> str:
    """Readable aloud: no colour, no position that says something alone."""
    return "\n".join(_lines(stats)) + "\n"


def _lines(stats: ClassStats) -> Iterator[str]:
    yield summary(stats)
    yield ""
    yield from _exercises(stats)
    yield from _misconceptions(stats)
    yield from _late_and_missing(stats)
    if stats.outliers:
        yield "\nFar from the rest:"
        yield from (f"  {one.learner}: {one.what} {shown(one.value)}" for one in stats.outliers)
    if stats.ended:
        yield "\nEnded by the sandbox:"
        for ended in stats.ended:
            who = ", ".join(f"{example.learner} ({example.exercise})" for example in ended.examples)
            yield f"  {ended.count:>5} {ended.status.value}: {who}{' ...' if ended.count > len(ended.examples) else ''}"
    for noted in stats.noted:
        yield f"\nNoted, {noted.kind}: {noted.count}"
        yield from (f"  {incident.path}: {incident.message}" for incident in noted.first[:_TOP])


def summary(stats: ClassStats) -> str:
    """Two sentences on the whole class."""
    totals = stats.totals
    said = f"{stats.learners:,} learners, {stats.results:,} grades, {stats.overrides:,} set by hand."
    if totals.mean is not None and totals.quartiles is not None:
        low, middle, high = totals.quartiles
        said += (
            f" Of all points {totals.mean:.0%} on average; half the class lies between {low:.0%} and {high:.0%}, "
            f"the median at {middle:.0%}."
        )
    return said


def _exercises(stats: ClassStats) -> Iterator[str]:
    width = max(
        [len(e.exercise) for e in stats.exercises]
        + [2 + len(check_label(c.name, e.exercise)) for e in stats.exercises for c in e.checks]
        + [8]
    )
    yield f"{'exercise':<{width}}  {'n':>6}  passed  facility  r rest  1st try  hours to pass"
    for one in stats.exercises:
        first = one.tries[0] / one.count if one.count else 0
        yield (
            f"{one.exercise:<{width}}  {one.count:>6}  {part(one.passed, one.count):>6}  {shown(one.facility):>8}  "
            f"{shown(one.discrimination):>6}  {first:>7.0%}  {shown(one.hours_to_pass, 1):>13}"
        )
        for check in one.checks:
            yield (
                f"  {check_label(check.name, one.exercise):<{width - 2}}  {check.count:>6}  {'':>6}  {shown(check.facility):>8}  "
                f"{shown(check.discrimination):>6}"
            )


def _misconceptions(stats: ClassStats) -> Iterator[str]:
    if stats.misconceptions:
        yield "\nTo teach tomorrow, by how many learners hold it:"
    for one in stats.misconceptions[:_TOP]:
        yield f"  {one.learners:>5} of {one.of} in {one.exercise}: {one.name} ({', '.join(one.checks[:3])})"
        yield f"        {one.lesson}"
    unexplained = sum(check.undiagnosed for one in stats.exercises for check in one.checks)
    if unexplained:
        yield f"  {unexplained:,} failed checks match no known mistake."


def _late_and_missing(stats: ClassStats) -> Iterator[str]:
    if stats.late.count:
        yield (
            f"\nLate: {stats.late.count:,} grades of {stats.late.learners:,} learners, "
            f"{stats.late.points:g} points taken off."
        )
        for who, what, seconds, points in stats.late.worst[:_TOP]:
            yield f"  {who} {what}: {hours(seconds)}, {points:g} points"
    missing = [f"{name} {count:,}" for name, count in stats.missing.items() if count]
    if missing:
        yield f"\nMissing, of {stats.learners:,}: {', '.join(missing)}"


def check_label(check: str, exercise: str) -> str:
    """A check's name; where it is the exercise's own, the file was judged as a whole: refused, unreadable or not there."""
    return "(the whole file)" if check == exercise else check


def part(count: int, of: int) -> str:
    """A share as per cent; a dash of nothing."""
    return f"{count / of:.0%}" if of else "-"


def shown(value: float | None, digits: int = 2) -> str:
    """A figure, or a dash where it could not be measured."""
    return "-" if value is None else f"{value:.{digits}f}"


def hours(seconds: float) -> str:
    """A duration in the unit that suits it."""
    if seconds >= 86400:
        return f"{seconds / 86400:.1f} days"
    return f"{seconds / 3600:.1f} hours" if seconds >= 3600 else f"{seconds / 60:.0f} minutes"


def tried(one: ExerciseStats) -> str:
    """At which attempt learners passed, in words."""
    names = ("at once", "at the 2nd attempt", "at the 3rd", "later")
    counts = (*one.tries[:3], sum(one.tries[3:]))
    return (
        ", ".join(f"{count} {name}" for count, name in zip(counts, names, strict=True) if count) or "nobody"
    )
