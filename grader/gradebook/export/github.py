"""GitHub Classroom: points a learner, in the columns of its own grades file.

Sources: github/gh-classroom `cmd/gh-classroom/assignment-grades/assignment_grades.go` (the columns of
`gh classroom assignment-grades`, all of them text) and the REST schema `classroom-assignment-grade`.
"""

from __future__ import annotations

from typing import TextIO

from grader.gradebook.export import cells
from grader.gradebook.marks import total
from grader.gradebook.reading import by_learner, columns
from grader.gradebook.store import Gradebook

HEAD = (
    "assignment_name",
    "assignment_url",
    "starter_code_url",
    "github_username",
    "roster_identifier",
    "student_repository_name",
    "student_repository_url",
    "submission_timestamp",
    "points_awarded",
    "points_available",
)


def write(book: Gradebook, out: TextIO, learner: str | None = None) -> None:
    """A line a learner: all exercises together. What only GitHub knows (URLs) is empty."""
    assignment = book.assignment()
    name = "grades" if assignment is None else assignment.title or assignment.id
    available = sum(column.max_score or 0.0 for column in columns(book))
    writer = cells.table(out)
    writer.writerow(HEAD)
    for who, grades in by_learner(book, learner):
        moments = [grade.submitted_at for grade in grades.values() if grade.submitted_at is not None]
        last = max(moments).isoformat() if moments else ""
        points = total(grades.values()).score
        cells.row(writer, [name, "", "", who, who, "", "", last, points, available])
