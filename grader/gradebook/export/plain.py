"""Every current grade as CSV or JSON, a line a grade. Column names are nbgrader's where it has them.

Source of the names: nbgrader, `nbgrader export` (https://nbgrader.readthedocs.io, "Exporting grades").
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TextIO

from grader.gradebook.current import Grade
from grader.gradebook.export import cells
from grader.gradebook.marks import mark_of
from grader.gradebook.store import Gradebook

COLUMNS = (
    "learner",
    "exercise",
    "score",
    "max_score",
    "auto_score",
    "manual_score",
    "status",
    "attempts",
    "late_s",
    "late_submission_penalty",
    "weighted_score",
    "weight",
    "extra_credit",
    "submitted_at",
    "why",
)


def as_csv(book: Gradebook, out: TextIO, learner: str | None = None) -> None:
    """A header, then a line a grade; what is not known is empty."""
    writer = cells.table(out)
    writer.writerow(COLUMNS)
    for grade in book.grades(learner):
        known = _record(grade)
        cells.row(writer, [_cell(known[name]) for name in COLUMNS])


def as_json(book: Gradebook, out: TextIO, learner: str | None = None) -> None:
    """An array with an object a grade, each on a line of its own; what is not known is null."""
    lead = "[\n"
    for grade in book.grades(learner):
        out.write(lead + json.dumps(_record(grade), default=datetime.isoformat))
        lead = ",\n"
    out.write("[]\n" if lead == "[\n" else "\n]\n")


def _record(grade: Grade) -> dict[str, Any]:
    known = {**vars(grade), "score": grade.score, "weighted_score": mark_of(grade).score}
    return {name: known[name] for name in COLUMNS}


def _cell(value: Any) -> str | float | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat()
    return value  # type: ignore[no-any-return]
