"""The class on one page: self-contained, offline, readable aloud; every plot has its text, every figure its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grader.gradebook import plots
from grader.gradebook.statistics import ClassStats
from grader.gradebook.statistics_text import check_label, hours, part, shown, summary, tried

_TEMPLATE = "report_page.html.j2"


def class_page(stats: ClassStats, title: str) -> str:
    """The page. Raises: `MachineError` when matplotlib is not installed."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": shown, "hours": hours, "check_label": check_label, "tried": tried}
    environment.globals |= {"part": part}
    return environment.get_template(_TEMPLATE).render(
        stats=stats, title=title, summary=summary(stats), plots=_plots(stats), words=_words(stats)
    )


def _plots(stats: ClassStats) -> dict[str, str]:
    """Drawn only where there is something to draw."""
    drawn = {}
    if stats.learners:
        drawn["totals"] = plots.totals_plot(stats.totals)
    if stats.exercises:
        drawn["outcomes"] = plots.outcomes_plot(stats.exercises)
    if any(one.discrimination is not None for one in stats.exercises):
        drawn["items"] = plots.items_plot(stats.exercises)
    if stats.misconceptions:
        drawn["mistakes"] = plots.mistakes_plot(stats.misconceptions)
    return drawn


def _words(stats: ClassStats) -> dict[str, Any]:
    """What each plot shows, in a sentence."""
    facilities = [(one.facility, one.exercise) for one in stats.exercises if one.facility is not None]
    hardest, easiest = (min(facilities), max(facilities)) if facilities else ((0.0, ""), (0.0, ""))
    most = max(range(10), key=lambda place: stats.totals.tenths[place])
    weak = [one.exercise for one in stats.exercises if (one.discrimination or 0.0) < 0.1]
    first = stats.misconceptions[0] if stats.misconceptions else None
    return {
        "totals": (
            f"Learners by their share of all points, in tenths. The fullest tenth is {most * 10} to {most * 10 + 10} "
            f"per cent, with {stats.totals.tenths[most]} learners."
        ),
        "outcomes": (
            f"How each exercise ended. Hardest: {hardest[1]}, {hardest[0]:.0%} of the points earned; "
            f"easiest: {easiest[1]}, {easiest[0]:.0%}."
        ),
        "items": (
            "Facility against discrimination of each exercise, by its number in the table. Easy, hard or weakly discriminating ones deserve a look; r below 0.1: "
            f"{', '.join(weak[:8]) or 'none'}."
        ),
        "mistakes": (
            ""
            if first is None
            else f"Learners per misconception. Most common: {first.name} in {first.exercise}, {first.learners} of {first.of}."
        ),
    }
