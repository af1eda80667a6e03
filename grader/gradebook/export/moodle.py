"""Moodle: the CSV that its gradebook imports (Grades > Import > CSV file) and, in the same shape, exports.

Sources: https://docs.moodle.org/en/Grade_import (columns are mapped by hand to a user field and to grade items; feedback
must come with its grade, else the grade is lost) and moodle/moodle `grade/export/txt/grade_export_txt.php` with
`grade/export/lib.php` (`<item> (Real)`, `<item> (Feedback)`, a missing grade is `-`). Map the first column to "useridnumber", "username" or
"useremail", whichever the learners' names here are.
"""

from __future__ import annotations

from typing import TextIO

from grader.gradebook.current import Grade
from grader.gradebook.export import cells
from grader.gradebook.marks import mark_of
from grader.gradebook.reading import by_learner, columns
from grader.gradebook.store import Gradebook

MISSING = "-"


def write(book: Gradebook, out: TextIO, learner: str | None = None) -> None:
    """A line a learner; two columns an exercise: the grade, and a sentence on it."""
    held = columns(book)
    writer = cells.table(out)
    writer.writerow(
        ["Username", *(cells.inert(f"{c.exercise} ({kind})") for c in held for kind in ("Real", "Feedback"))]
    )
    for name, grades in by_learner(book, learner):
        row = [cells.inert(name)]
        for column in held:
            grade = grades.get(column.exercise)
            row += [MISSING, ""] if grade is None else [cells.number(mark_of(grade).score), _said(grade)]
        writer.writerow(row)


def _said(grade: Grade) -> str:
    """The grade in words; it begins with a letter, so that it is no formula."""
    parts = [f"Status: {grade.status}", f"{grade.score:g} of {grade.max_score:g} points"]
    if grade.late_submission_penalty:
        parts.append(f"{grade.late_submission_penalty:g} taken off for lateness")
    if grade.why:
        parts.append(f"set by hand by {grade.why}")
    return "; ".join(parts)
