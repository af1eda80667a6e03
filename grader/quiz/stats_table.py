"""Item analysis as lines of text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from grader.quiz.stats import QuizStats
from grader.quiz.stats_flags import Flag

_HEAD = ("item", "n", "facility", "r rest", "alpha w/o", "median s", "p90 s")


def stats_json(stats: QuizStats, flags: Iterable[Flag]) -> dict[str, Any]:
    """All figures as plain JSON data; null where something could not be measured."""
    return {**asdict(stats), "flags": [asdict(flag) for flag in flags]}


def stats_text(stats: QuizStats, flags: Iterable[Flag]) -> str:
    """The table, the use of options, and the items to look at with the reason."""
    rows = [_HEAD, *(tuple(row) for row in item_rows(stats))]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    lines = [_summary(stats), "", *(_line(row, widths) for row in rows)]
    for one in stats.items:
        if one.options:
            lines += ["", f"{one.item}:"]
            lines += [
                f"  {'*' if use.is_key else ' '} {use.share:4.0%} {shown(use.discrimination):>6}  {_short(use.text)}"
                for use in one.options
            ]
    told = list(flags)
    lines += ["", "Look at:" if told else "Nothing to look at."]
    lines += [f"  {flag.item}: {flag.reason} [{flag.code}]" for flag in told]
    return "\n".join(lines) + "\n"


def item_rows(stats: QuizStats) -> list[list[str]]:
    """The cells of the table, an item a row."""
    return [
        [
            one.item,
            str(one.count),
            f"{one.facility:.2f}",
            shown(one.discrimination),
            shown(one.alpha_without),
            shown(one.median_s, 0),
            shown(one.p90_s, 0),
        ]
        for one in stats.items
    ]


def shown(value: float | None, digits: int = 2) -> str:
    """A figure, or a dash where it could not be measured."""
    return "-" if value is None else f"{value:.{digits}f}"


def _summary(stats: QuizStats) -> str:
    text = f"{stats.learners} learners, {len(stats.items)} items; {stats.complete} answered every item."
    if stats.alpha is None:
        return f"{text}\nReliability: not measurable (it takes two who answered everything, and totals that differ)."
    name = "KR-20" if stats.kr20 is not None else "Cronbach's alpha"
    return f"{text}\n{name} {stats.alpha:.2f}, standard error of measurement {shown(stats.sem)} items."


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 70 else f"{plain[:69]}…"
