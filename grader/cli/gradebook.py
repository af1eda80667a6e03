"""`grader gradebook`: read results, override a score. What goes out to files is in `gradebook_out`."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from grader.cli.gradebook_open import WHERE, open_book
from grader.cli.gradebook_out import export, feedback, report, stats
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.gradebook.current import Grade
    from grader.gradebook.store import Gradebook


@click.group()
def gradebook() -> None:
    """Results: show, override, export, feedback, statistics, a report of the class."""


for command in (export, feedback, stats, report):
    gradebook.add_command(command)


@gradebook.command()
@click.argument("learner", required=False)
@click.option("--why", is_flag=True, help="Explain every grade: the checks, the diagnoses, the overrides.")
@WHERE
def show(learner: str | None, why: bool, where: str) -> None:
    """Current grades, of one learner or of all."""
    with open_book(where) as book:
        count = 0
        for grade in book.grades(learner):
            count += 1
            manual = f"  set by hand ({grade.why})" if grade.manual_score is not None else ""
            late = (
                f"  {grade.late_submission_penalty:g} off for lateness"
                if grade.late_submission_penalty
                else ""
            )
            click.echo(
                f"{grade.learner:<20} {grade.exercise:<22} {grade.score:>6g} of {grade.max_score:<6g} "
                f"{grade.status}{late}{manual}"
            )
            if why:
                _explain(book, grade)
        if learner is not None and not count:
            raise UsageError(f"no results of {learner!r}")


def _explain(book: Gradebook, grade: Grade) -> None:
    from grader.gradebook.feedback import account, lines_of

    for sentence in account(grade):
        click.echo(f"    {sentence}")
    result = book.report(grade.learner, grade.exercise)
    for check in result.checks if result else []:
        said = " ".join(check.message.split())  # an exception's text may have lines that look like ours
        click.echo(
            f"    {check.status.value:<16} {check.name:<22} {check.points:g} of {check.max_points:g}  {said}"
            f"{lines_of(check, 'the')}"
        )
        if check.diagnosis:
            click.echo(f"      {check.diagnosis.lesson}")


@gradebook.command()
@click.argument("learner")
@click.argument("exercise")
@click.argument("score", type=float, required=False)
@click.option("--why", required=True, help="Kept with the score.")
@click.option("--who", default=None, help="Default: your login name.")
@click.option("--undo", is_flag=True, help="Take the last override back.")
@WHERE
def override(
    learner: str, exercise: str, score: float | None, why: str, who: str | None, undo: bool, where: str
) -> None:
    """Set a score by hand. The automatic one is kept; nothing is erased."""
    from grader.gradebook.summary import refresh

    if (score is None) != undo:
        raise UsageError("give a score, or --undo")
    with open_book(where) as book:
        if all(grade.exercise != exercise for grade in book.grades(learner)):
            raise UsageError(f"no result of {learner!r} in {exercise!r}")
        book.override(datetime.now(UTC), learner, exercise, score, who or getpass.getuser(), why)
        refresh(book)
    click.echo(
        f"{learner} {exercise}: "
        + ("the automatic score counts again." if undo else f"{score:g}, set by hand.")
    )
