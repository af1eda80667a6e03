"""Canvas: the CSV that its gradebook exports and imports (Grades > Import).

Source: Canvas' own importer, instructure/canvas-lms `lib/gradebook_importer.rb`: the header's first cells are Student, ID,
SIS User ID, SIS Login ID, Section; a row whose first cell holds "Points Possible" gives the maxima; a learner is
found by ID, else by SIS User ID, else by SIS Login ID, else by name; an assignment by `Title (id)`, else by its title,
else it is new; an empty cell changes nothing. An assignment worth 0 points is extra credit.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TextIO

from grader.course.yamlfile import read_text
from grader.errors import InputError
from grader.gradebook.export import cells
from grader.gradebook.marks import mark_of
from grader.gradebook.reading import by_learner, columns
from grader.gradebook.store import Gradebook

HEAD = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
_MAX_BYTES = 64 << 20

Identities = dict[str, list[str]]
"""Any name of a learner, folded -> the cells of `HEAD`."""


def write(
    book: Gradebook, out: TextIO, learner: str | None = None, identities: Identities | None = None
) -> None:
    """A line a learner, a column an exercise.

    Without `identities` a learner's name stands as Student and as SIS Login ID, and Canvas looks for either.
    """
    held = columns(book)
    writer = cells.table(out)
    writer.writerow([*HEAD, *(cells.inert(column.exercise) for column in held)])
    writer.writerow(["    Points Possible", "", "", "", "", *(cells.number(c.max_score) for c in held)])
    for name, grades in by_learner(book, learner):
        scores = [mark_of(grades[c.exercise]).score if c.exercise in grades else None for c in held]
        cells.row(writer, [*_identity(name, identities or {}), *scores])


def load_identities(path: Path) -> Identities:
    """Who is who, from a gradebook that Canvas exported. Raises: `InputError` when it is none."""
    try:
        lines = list(csv.reader(io.StringIO(read_text(path, max_bytes=_MAX_BYTES), newline=""), strict=True))
    except csv.Error as wrong:
        raise InputError(f"is no CSV: {wrong}", path=path, remedy="export it from Canvas again") from None
    head = [cell.strip() for cell in lines[0]] if lines else []
    if "Student" not in head or "ID" not in head:
        raise InputError(
            "has no columns Student and ID",
            path=path,
            line=1,
            remedy="in Canvas: Grades, Export, Entire Gradebook",
        )
    found: Identities = {}
    clashing: set[str] = set()
    for line in lines[1:]:
        known = dict(zip(head, line, strict=False))
        who = [known.get(name, "").strip() for name in HEAD]
        if not who[1]:  # "Points Possible" and the posting policy
            continue
        download = f"{_folded(who[0])}{who[1]}"  # lovelaceada_4711, as submissions are downloaded
        for name in {_folded(cell) for cell in (*who[:4], download)} - {""}:
            if found.setdefault(name, who) != who:
                clashing.add(name)
    return {name: who for name, who in found.items() if name not in clashing}


def _identity(learner: str, identities: Identities) -> list[str | float | None]:
    known: list[str | float | None] = [*identities.get(_folded(learner), [learner, "", "", learner, ""])]
    return known


def _folded(name: str) -> str:
    return "".join(letter for letter in name if letter.isalnum()).casefold()
