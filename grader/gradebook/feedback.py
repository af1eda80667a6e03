"""A page for each learner: what was right, what was wrong and why, and how the points came about.

OUT/<learner>.md and OUT/<learner>.html (names as `filenames.safe_name` makes them), OUT/index.csv: whose is whose.

A page is made of the checks' names, messages and lessons alone. Cases, expected and actual values and what the program
printed are never written, whether the cases were hidden or not.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt

from grader.gradebook.current import Grade
from grader.gradebook.export import cells
from grader.gradebook.filenames import safe_name
from grader.gradebook.markdown import plain, prose
from grader.gradebook.marks import mark_of, total
from grader.gradebook.reading import by_learner, with_reports
from grader.gradebook.store import Gradebook, Incident
from grader.judge.report import CheckVerdict, Result, Status

_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #8886;padding:.25rem .5rem;text-align:left}"
    "blockquote{border-left:4px solid #8886;margin:.5rem 0;padding:.1rem 1rem}h2{margin-top:2rem}code{font-size:.95em}"
)
_TOLD = ("unreadable", "unused", "duplicate", "late", "skipped", "grader_error")
"""Kinds of incidents that a learner can do something about, or must know of."""
_WORDS = {
    Status.NOT_IMPLEMENTED: "not written yet",
    Status.FORBIDDEN: "not allowed",
    Status.OUTPUT_LIMIT: "too much output",
    Status.MEMORY_LIMIT: "out of memory",
    Status.TIMEOUT: "out of time",
    Status.GRADER_ERROR: "not judged, which costs nothing",
}


def write_each(book: Gradebook, folder: Path, learner: str | None = None) -> int:
    """A Markdown and an HTML file for every learner with a result; gives how many learners."""
    told: dict[str, list[Incident]] = {}
    for incident in book.incidents():
        if incident.learner is not None and incident.kind in _TOLD:
            told.setdefault(incident.learner, []).append(incident)
    count = 0
    with (folder / "index.csv").open("w", encoding="utf-8", newline="") as file:
        index = cells.table(file)
        index.writerow(["learner", "markdown", "html"])
        for name, grades in by_learner(book, learner):
            pairs = list(with_reports(book, grades.values()))
            text = page(name, pairs, told.get(name, []))
            stem = safe_name(name)
            (folder / f"{stem}.md").write_text(text, encoding="utf-8")
            (folder / f"{stem}.html").write_text(as_html(text, f"Feedback for {name}"), encoding="utf-8")
            cells.row(index, [name, f"{stem}.md", f"{stem}.html"])
            count += 1
    return count


def page(learner: str, pairs: Sequence[tuple[Grade, Result]], incidents: Sequence[Incident] = ()) -> str:
    """One learner's page as Markdown."""
    whole = total(grade for grade, _ in pairs)
    lines = [
        f"# Feedback for {plain(learner)}",
        "",
        f"**{whole.score:g} of {whole.max_score:g} points.**",
        "",
    ]
    lines += ["| Exercise | Points | Result |", "| :-- | --: | :-- |"]
    for grade, _ in pairs:
        mark = mark_of(grade)
        points = f"{mark.score:g} extra" if grade.extra_credit else f"{mark.score:g} of {mark.max_score:g}"
        lines.append(f"| {plain(grade.exercise)} | {points} | {plain(_word(Status(grade.status)))} |")
    for grade, result in pairs:
        lines += ["", *_exercise(grade, result)]
    if incidents:
        lines += ["", "## Also", ""]
        lines += [f"- {plain(one.exercise or one.kind)}: {plain(one.message)}" for one in incidents]
    return "\n".join(lines) + "\n"


def as_html(markdown: str, title: str) -> str:
    """A page of Markdown as one self-contained HTML file."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><main>\n{body}</main></body></html>\n"
    )


def _exercise(grade: Grade, result: Result) -> Iterator[str]:
    yield f"## {plain(grade.exercise)}: {grade.score:g} of {grade.max_score:g} points"
    yield ""
    for sentence in account(grade):
        yield f"{sentence}  "
    if grade.manual_score is not None:
        yield f"Set by hand to {grade.manual_score:g} points by {plain(grade.why)}.  "
    if result.message:
        yield f"{plain(result.message)}  "
    yield ""
    taught: set[str] = set()
    for check in result.checks:
        yield from _check(check, taught)


def account(grade: Grade) -> Iterator[str]:
    """Which hand-in counts, and what its lateness costs."""
    if grade.attempts > 1:
        yield f"{grade.attempts} attempts; this is the one that counts."
    if grade.submitted_at is not None:
        yield f"Handed in {grade.submitted_at:%Y-%m-%d %H:%M} UTC."
    if grade.late_submission_penalty and grade.manual_score is None:
        yield (
            f"Late by {_duration(grade.late_s)}: {grade.late_submission_penalty:g} of "
            f"{grade.auto_score or 0:g} points are taken off."
        )


def lines_of(check: CheckVerdict, whose: str = "your") -> str:
    """Where in the learner's file it happened, in brackets; nothing where that is not known."""
    lines = sorted({place.line for place in check.places})
    return f" (line {', '.join(map(str, lines))} of {whose} file)" if lines else ""


def _check(check: CheckVerdict, taught: set[str]) -> Iterator[str]:
    said = f"- **{plain(check.name)}**: {plain(_word(check.status))}, {check.points:g} of {check.max_points:g} points."
    if check.status is not Status.PASSED and check.message:
        said += f" {plain(check.message)}"
    yield said + lines_of(check)
    if check.diagnosis and check.diagnosis.lesson not in taught:
        taught.add(check.diagnosis.lesson)
        yield ""
        yield f"  > {prose(check.diagnosis.lesson)}"
        yield ""


def _word(status: Status) -> str:
    return _WORDS.get(status, status.value)


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} minutes"
