"""`grader gradebook`: read results, export them, override a score."""

from __future__ import annotations

import csv
import getpass
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.gradebook.store import Grade, Gradebook

_WHERE = click.option("--gradebook", "where", default="gradebook.db", help="A file or a database URL.")


@click.group()
def gradebook() -> None:
    """Results: show, export, override."""


@gradebook.command()
@click.argument("learner", required=False)
@click.option("--why", is_flag=True, help="Explain every grade: the checks, the diagnoses, the overrides.")
@_WHERE
def show(learner: str | None, why: bool, where: str) -> None:
    """Current grades, of one learner or of all."""
    with _open(where) as book:
        count = 0
        for grade in book.grades(learner):
            count += 1
            manual = f"  set by hand ({grade.why})" if grade.manual_score is not None else ""
            click.echo(
                f"{grade.learner:<20} {grade.exercise:<22} {grade.score:>6g} of {grade.max_score:<6g} {grade.status}{manual}"
            )
            if why:
                _explain(book, grade)
        if learner is not None and not count:
            raise UsageError(f"no results of {learner!r}")


def _explain(book: Gradebook, grade: Grade) -> None:
    result = book.report(grade.learner, grade.exercise)
    for check in result.checks if result else []:
        click.echo(
            f"    {check.status.value:<16} {check.name:<22} {check.points:g} of {check.max_points:g}  {check.message}"
        )
        if check.diagnosis:
            click.echo(f"      {check.diagnosis.lesson}")


@gradebook.command()
@click.option("--to", "form", type=click.Choice(["csv", "json"]), default="csv")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Default: standard output.")
@_WHERE
def export(form: str, out: Path | None, where: str) -> None:
    """Every current grade."""
    with _open(where) as book:
        text = _as_json(book) if form == "json" else _as_csv(book)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


def _as_csv(book: Gradebook) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        ["learner", "exercise", "score", "max_score", "auto_score", "manual_score", "status", "attempts"]
    )
    for grade in book.grades():
        manual = "" if grade.manual_score is None else grade.manual_score
        writer.writerow(
            [
                _inert(grade.learner),
                grade.exercise,
                grade.score,
                grade.max_score,
                grade.auto_score,
                manual,
                grade.status,
                grade.attempts,
            ]
        )
    return file.getvalue()


def _inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _as_json(book: Gradebook) -> str:
    return json.dumps([{**vars(grade), "score": grade.score} for grade in book.grades()], indent=1) + "\n"


@gradebook.command()
@click.argument("learner")
@click.argument("exercise")
@click.argument("score", type=float, required=False)
@click.option("--why", required=True, help="Kept with the score.")
@click.option("--who", default=None, help="Default: your login name.")
@click.option("--undo", is_flag=True, help="Take the last override back.")
@_WHERE
def override(
    learner: str, exercise: str, score: float | None, why: str, who: str | None, undo: bool, where: str
) -> None:
    """Set a score by hand. The automatic one is kept; nothing is erased."""
    if (score is None) != undo:
        raise UsageError("give a score, or --undo")
    with _open(where) as book:
        if all(grade.exercise != exercise for grade in book.grades(learner)):
            raise UsageError(f"no result of {learner!r} in {exercise!r}")
        book.override(datetime.now(UTC), learner, exercise, score, who or getpass.getuser(), why)
    click.echo(
        f"{learner} {exercise}: "
        + ("the automatic score counts again." if undo else f"{score:g}, set by hand.")
    )


def _open(where: str) -> Gradebook:
    from grader.gradebook.store import Gradebook

    if "://" not in where and not Path(where).is_file():
        raise UsageError(f"no gradebook at {where}", remedy="grader grade makes one")
    return Gradebook(where)
