"""What a gradebook gives away: exports, feedback for learners, statistics, the report of the class."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from grader.cli.gradebook_open import WHERE, open_book
from grader.errors import InputError, UsageError

if TYPE_CHECKING:
    from grader.gradebook.store import Gradebook

FORMATS = ("csv", "json", "canvas", "moodle", "gradescope", "junit", "github")


@click.command()
@click.option("--to", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="A file (gradescope: a folder). Default: stdout.",
)
@click.option("--learner", default=None, help="One learner's grades alone.")
@click.option(
    "--roster",
    type=click.Path(path_type=Path),
    default=None,
    help="canvas: a gradebook exported from Canvas, for the learners' numbers there.",
)
@WHERE
def export(form: str, out: Path | None, learner: str | None, roster: Path | None, where: str) -> None:
    """Every current grade, for people, platforms and programs."""
    from grader.gradebook.export import WRITERS, canvas
    from grader.gradebook.export.gradescope import write_each

    write = WRITERS[form]
    if roster is not None:
        if form != "canvas":
            raise UsageError("--roster goes with --to canvas")
        write = partial(canvas.write, identities=canvas.load_identities(roster))

    with open_book(where) as book:
        if learner is not None:
            _known(book, learner)
        if form == "gradescope" and out is not None and learner is None:
            count = write_each(book, _folder(out))
            click.echo(f"{count} learners: {out}/<learner>/results.json", err=True)
        elif out is None:
            write(book, _stdout(), learner)
        else:
            with _opened(out) as file:
                write(book, file, learner)


def _stdout() -> TextIO:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    return sys.stdout


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """A file that is there in whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    except OSError as wrong:
        raise InputError(
            f"cannot be written: {wrong.strerror}", path=path, remedy="name a file elsewhere"
        ) from None
    finally:
        part.unlink(missing_ok=True)


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise InputError(f"is no folder: {wrong.strerror}", path=path, remedy="name another") from None
    return path


def _known(book: Gradebook, learner: str) -> None:
    if next(iter(book.grades(learner)), None) is None:
        raise UsageError(f"no results of {learner!r}", remedy="grader gradebook show lists everyone")


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder the files go to.")
@click.option("--learner", default=None, help="One learner's alone.")
@WHERE
def feedback(out: Path, learner: str | None, where: str) -> None:
    """A page for each learner, as Markdown and HTML: what was right, what was wrong, what to look at."""
    from grader.gradebook.feedback import write_each

    with open_book(where) as book:
        if learner is not None:
            _known(book, learner)
        count = write_each(book, _folder(out), learner)
    click.echo(f"{count} learners: {out}/<learner>.md and .html; {out}/index.csv says whose is whose.")


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@WHERE
def stats(form: str, where: str) -> None:
    """The class in figures: exercises, checks, misconceptions, late, missing, incidents."""
    from grader.gradebook.statistics import class_stats
    from grader.gradebook.statistics_text import stats_json, stats_text

    with open_book(where) as book:
        found = class_stats(book)
    sys.stdout.write(stats_json(found) if form == "json" else stats_text(found))


@click.command()
@click.option(
    "--html", "folder", type=click.Path(path_type=Path), required=True, help="Writes DIR/index.html."
)
@click.option("--title", default="The class", show_default=True)
@WHERE
def report(folder: Path, title: str, where: str) -> None:
    """One page on the class, offline: distributions, facility, misconceptions, late, outliers, incidents."""
    from grader.gradebook.report_page import class_page
    from grader.gradebook.statistics import class_stats

    with open_book(where) as book:
        page = class_page(class_stats(book), title)
    path = _folder(folder) / "index.html"
    with _opened(path) as file:
        file.write(page)
    click.echo(f"The report lies in {path}")
