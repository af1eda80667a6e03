"""Grades for other programs: a plain table from a format's name to what writes it, a learner at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from grader.gradebook.export import canvas, github, gradescope, junit, moodle, plain
from grader.gradebook.store import Gradebook

Writer = Callable[[Gradebook, TextIO, str | None], None]

WRITERS: dict[str, Writer] = {
    "csv": plain.as_csv,
    "json": plain.as_json,
    "canvas": canvas.write,
    "moodle": moodle.write,
    "gradescope": gradescope.write,
    "junit": junit.write,
    "github": github.write,
}
