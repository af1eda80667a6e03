"""The class list: a CSV with a learner a line, as every platform exports one.

The column `learner` (or id, username, login, sis login id, email, ...) is what results are recorded under; every other
cell of the line is another name of the same learner: a Canvas or Moodle number, an e-mail address, a full name.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from grader.course.yamlfile import read_text
from grader.errors import InputError, Problem

_KEYS = ("learner", "username", "login", "sis login id", "user name", "netid", "email", "email address", "id")
_MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class Roster:
    """Learners in order, and by which names each is known."""

    learners: tuple[str, ...]
    known: dict[str, str]

    def find(self, *names: str) -> str | None:
        """The learner whom one of the names means, the first that does; None when nobody is."""
        return next((self.known[folded(name)] for name in names if folded(name) in self.known), None)


def folded(name: str) -> str:
    """A name as names are compared: letters and digits alone, in one case."""
    return re.sub(r"[\W_]+", "", name).casefold()


def load_roster(path: Path) -> Roster:
    """The roster at `path`. Raises: `InputError` with every line that cannot be used."""
    text = read_text(path, max_bytes=_MAX_BYTES)
    dialect = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect, strict=True))
    except csv.Error as wrong:
        raise InputError(f"is no CSV: {wrong}", path=path) from None
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    column = next((header.index(key) for key in _KEYS if key in header), None)
    if column is None:
        raise InputError(
            "has no column `learner`", path=path, line=1, remedy=f"name one: {', '.join(_KEYS[:6])}"
        )
    return _of(rows, column, path)


def _of(rows: list[list[str]], column: int, path: Path) -> Roster:
    learners: dict[str, int] = {}
    problems: list[Problem] = []
    owners: dict[str, set[str]] = {}
    for line, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        learner = row[column].strip() if column < len(row) else ""
        if not learner:
            problems.append(Problem("names no learner", path, line))
        elif learner in learners:
            problems.append(Problem(f"{learner} is on line {learners[learner]} too", path, line))
        else:
            learners[learner] = line
            for cell in (learner, *row):
                owners.setdefault(folded(cell), set()).add(learner)
    if problems:
        raise InputError("", problems=problems)
    known = {name: next(iter(owned)) for name, owned in owners.items() if name and len(owned) == 1}
    known |= {folded(learner): learner for learner in learners}  # a learner's own name beats another's alias
    return Roster(tuple(learners), known)
