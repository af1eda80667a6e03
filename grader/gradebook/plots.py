"""Plots of a class as SVG for HTML. What is told apart is told by place, hatching or text, never by colour alone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

from grader.errors import MachineError
from grader.gradebook.statistics import ExerciseStats, Misconception, Totals

_BLUE, _PALE, _GREY, _LINE = "#1f4e8c", "#9fc0e8", "#e3e3e3", "#444444"
_MOST = 40
"""Bars in one plot; the tables have the rest."""


def totals_plot(totals: Totals) -> str:
    """How many learners earned each tenth of all points."""

    def draw(axes: Any) -> None:
        places = [place / 10 + 0.05 for place in range(10)]
        bars = axes.bar(places, totals.tenths, width=0.09, color=_BLUE)
        labels = axes.bar_label(bars, labels=[str(n) if n else "" for n in totals.tenths], fontsize=8)
        for label in labels:  # the median's line may pass behind
            label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.4})
        axes.set(xlabel="share of all points", ylabel="learners", xlim=(0, 1))
        axes.set_xticks([place / 10 for place in range(11)], [f"{place * 10} %" for place in range(11)])
        axes.yaxis.get_major_locator().set_params(integer=True)
        if totals.quartiles is not None:
            axes.axvline(
                totals.quartiles[1], color=_LINE, linestyle="--", linewidth=1.2, label="median", zorder=0
            )
            axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), fontsize=8)

    return _svg(draw, 3.2, "totals")


def outcomes_plot(exercises: Sequence[ExerciseStats]) -> str:
    """Per exercise: passed, partly right, no points, not written, as shares of those who handed it in."""
    told = exercises[:_MOST]

    def draw(axes: Any) -> None:
        left = [0.0] * len(told)
        for label, colour, hatch, shares in _outcomes(told):
            axes.barh(
                range(len(told)), shares, left=left, color=colour, hatch=hatch, edgecolor="white", label=label
            )
            left = [before + share for before, share in zip(left, shares, strict=True)]
        _rows(axes, [one.exercise for one in told])
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        axes.legend(ncols=4, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8)

    return _svg(draw, 1.1 + 0.3 * len(told), "outcomes")


def items_plot(exercises: Sequence[ExerciseStats]) -> str:
    """Every exercise's facility against its discrimination; numbers are those of the table, from 1."""
    told = [
        (one.facility, one.discrimination, number)
        for number, one in enumerate(exercises, 1)
        if one.facility is not None and one.discrimination is not None
    ]

    def draw(axes: Any) -> None:
        axes.axhline(0, color=_LINE, linewidth=0.8)
        axes.scatter([x for x, _, _ in told], [y for _, y, _ in told], s=20, color=_BLUE)
        for x, y, number in told:
            axes.annotate(str(number), (x, y), (4, 3), textcoords="offset points", fontsize=8)
        ys = [y for _, y, _ in told]
        axes.set(
            xlabel="facility: mean share of points earned",
            ylabel="discrimination: r with the rest",
            xlim=(-0.02, 1.02),
            ylim=(min([-0.05, *(y - 0.1 for y in ys)]), min(1.05, max([0.5, *(y + 0.1 for y in ys)]))),
        )

    return _svg(draw, 3.8, "items")


def mistakes_plot(misconceptions: Sequence[Misconception]) -> str:
    """How many learners hold each misconception."""
    told = misconceptions[:15]

    def draw(axes: Any) -> None:
        bars = axes.barh(range(len(told)), [one.learners for one in told], color=_BLUE, height=0.7)
        axes.bar_label(bars, labels=[f" {one.learners} of {one.of}" for one in told], fontsize=8, padding=3)
        _rows(axes, [f"{one.exercise}: {one.name}" for one in told])
        axes.set_xlabel("learners")
        axes.margins(x=0.12)
        axes.xaxis.get_major_locator().set_params(integer=True)

    return _svg(draw, 0.9 + 0.3 * len(told), "mistakes")


def _outcomes(told: Sequence[ExerciseStats]) -> list[tuple[str, str, str, list[float]]]:
    passed = [one.passed / one.count for one in told]
    empty = [one.untouched / one.count for one in told]
    nothing = [max(0, one.shares[0] - one.untouched) / one.count for one in told]
    partly = [
        max(0.0, sum(one.shares) / one.count - a - b - c)
        for one, a, b, c in zip(told, passed, empty, nothing, strict=True)
    ]
    return [
        ("passed", _BLUE, "", passed),
        ("partly right", _PALE, "//", partly),
        ("under a tenth of the points", _GREY, "xx", nothing),
        ("not written", "white", "..", empty),
    ]


def _rows(axes: Any, names: Sequence[str]) -> None:
    """One row a name, the first on top."""
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _svg(draw: Callable[[Any], None], height: float, name: str) -> str:
    """A plot as SVG for HTML; the same figures give the same text, and no two plots share an id."""
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError:
        raise MachineError(
            "plots need matplotlib", remedy="pip install 'cnn-grader[report]', or use grader gradebook stats"
        ) from None
    options: dict[Any, Any] = {
        "svg.hashsalt": f"grader-{name}",
        "svg.fonttype": "none",
        "hatch.color": "#777777",
    }
    with mpl.rc_context({**options, "hatch.linewidth": 0.6, "font.family": "sans-serif"}):
        figure = Figure(figsize=(7.2, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return _apart(text[text.index("<svg") :], name)


def _apart(svg: str, name: str) -> str:
    """Ids that matplotlib counts from one in every figure (figure_1, axes_1, ...) with the plot's name before them."""
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
