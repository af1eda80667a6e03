"""Item analysis as one HTML page: plots as inline SVG with their text beside them, and every figure in a table."""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Iterable
from typing import Any

from grader.errors import MachineError
from grader.quiz.stats import QuizStats
from grader.quiz.stats_flags import Flag
from grader.quiz.stats_table import item_rows, shown

_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #8886;padding:.25rem .5rem;text-align:right}"
    "th:first-child,td:first-child,td.text{text-align:left}figure{margin:1.5rem 0;background:#fff;color:#000;padding:.5rem}"
    "svg{max-width:100%;height:auto}caption{text-align:left;font-weight:600;padding:.5rem 0}"
)


def stats_page(stats: QuizStats, flags: Iterable[Flag], title: str) -> str:
    """The page. Raises: MachineError when matplotlib is not installed."""
    told = list(flags)
    hard = sum(one.facility < 0.5 for one in stats.items)
    parts = [
        f"<p>{stats.learners} learners, {len(stats.items)} items; {stats.complete} answered every item. "
        f"Cronbach's alpha {shown(stats.alpha)}, KR-20 {shown(stats.kr20)}, "
        f"standard error of measurement {shown(stats.sem)} items. First attempts only.</p>",
        _flags(told),
        _figure(
            _scatter(stats),
            f"Each item's facility (mean score) against its discrimination. {hard} of {len(stats.items)} items lie "
            "below a facility of 0.5. The table below has every figure.",
        ),
        _figure(
            _histogram(stats), f"How the mean scores of {stats.learners} learners are spread, in tenths."
        ),
        _table(
            "Items",
            ("Item", "n", "Facility", "r rest", "Alpha without", "Median s", "90 % s"),
            item_rows(stats),
        ),
        *(_options(stats)),
    ]
    safe = html.escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{safe}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><main><h1>{safe}</h1>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def _flags(flags: list[Flag]) -> str:
    if not flags:
        return "<h2>Look at</h2><p>Nothing.</p>"
    rows = "".join(
        f"<li><strong>{html.escape(one.item)}</strong>: {html.escape(one.reason)}</li>" for one in flags
    )
    return f"<h2>Look at</h2><ul>{rows}</ul>"


def _options(stats: QuizStats) -> list[str]:
    return [
        _table(
            f"Options of {one.item}",
            ("Option", "Key", "Picked", "Share", "r rest"),
            [
                [
                    use.text,
                    "key" if use.is_key else "",
                    str(use.count),
                    f"{use.share:.0%}",
                    shown(use.discrimination),
                ]
                for use in one.options
            ],
        )
        for one in stats.items
        if one.options
    ]


def _table(caption: str, head: tuple[str, ...], rows: list[list[str]]) -> str:
    tops = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><caption>{html.escape(caption)}</caption><thead><tr>{tops}</tr></thead><tbody>{body}</tbody></table>"


def _figure(svg: str, text: str) -> str:
    """A plot that a screen reader reads as its text."""
    safe = html.escape(text)
    return f'<figure><div role="img" aria-label="{safe}">{svg}</div><figcaption>{safe}</figcaption></figure>'


def _scatter(stats: QuizStats) -> str:
    points = [(one.facility, one.discrimination) for one in stats.items if one.discrimination is not None]

    def draw(axes: Any) -> None:
        axes.axhline(0, color="0.6", linewidth=0.8)
        axes.scatter([x for x, _ in points], [y for _, y in points], s=24, color="#1f4e8c")
        axes.set(
            xlabel="facility",
            ylabel="discrimination (r with the rest)",
            xlim=(-0.02, 1.02),
            ylim=(-1.05, 1.05),
        )

    return _svg(draw)


def _histogram(stats: QuizStats) -> str:
    def draw(axes: Any) -> None:
        axes.hist(stats.totals, bins=[place / 10 for place in range(11)], color="#1f4e8c", edgecolor="white")
        axes.set(xlabel="mean score", ylabel="learners", xlim=(0, 1))
        axes.yaxis.get_major_locator().set_params(integer=True)

    return _svg(draw)


def _svg(draw: Callable[[Any], None]) -> str:
    """A plot as SVG for HTML; the same figures give the same text."""
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError:
        raise MachineError(
            "plots need matplotlib", remedy="pip install 'cnn-grader[report]', or use the table or --json"
        ) from None
    with mpl.rc_context({"svg.hashsalt": "grader", "svg.fonttype": "none"}):
        figure = Figure(figsize=(6.4, 4.0), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
