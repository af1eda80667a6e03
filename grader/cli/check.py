"""`grader check`: judge one's own work."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import (
    cache_home,
    course_option,
    data_home,
    open_course,
    open_progress,
    sandbox_option,
    workspace_option,
)

if TYPE_CHECKING:
    from grader.course.catalog import Course, Exercise
    from grader.judge.report import Report


@click.command()
@click.argument("exercise_ids", nargs=-1, metavar="[ID ...]")
@workspace_option
@course_option
@sandbox_option
@click.option("--device", default="auto", help="auto, cpu, cuda, cuda:N, mps or all.")
@click.option("--format", "form", type=click.Choice(["text", "json", "junit"]), default="text")
@click.pass_context
def check(
    ctx: click.Context,
    exercise_ids: tuple[str, ...],
    workspace: Path,
    course_root: Path | None,
    sandbox: str,
    device: str,
    form: str,
) -> None:
    """Judge your files: every exercise named by ID (or topic), or all that you have."""
    from grader.judge.check import Checker

    course = open_course(course_root)
    with Checker(course, workspace, sandbox=sandbox, device=device, cache=cache_home() / "keys") as checker:
        with _progress(len(course.select(exercise_ids))) as show:
            report, troubles = checker.check(exercise_ids, show)
    record(course, report)
    click.echo(rendered(course, report, form), nl=False)
    for trouble in troubles:
        for problem in trouble.problems:
            click.echo(f"grader: {problem}", err=True)
    ctx.exit(3 if troubles else 0 if report.passed else 1)


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[Exercise], None]]:
    """A bar on stderr while many exercises are judged; nothing where it is no terminal, or for one exercise."""
    if total < 2 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        begun = itertools.count()
        yield lambda exercise: bar.update(task, completed=next(begun), description=exercise.id)


def rendered(course: Course, report: Report, form: str) -> str:
    """The report in one of the formats that `check` offers."""
    if form == "json":
        return report.model_dump_json(indent=1) + "\n"
    if form == "junit":
        from grader.render.junit import render as render_junit

        return render_junit(report)
    from grader.render.text import render

    progress = open_progress()
    hints = {
        result.exercise: (
            progress.hints_shown(course.info.id, result.exercise),
            len(course.exercise(result.exercise).info.hints),
        )
        for result in report.results
    }
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return render(report, hints, colour=colour, width=shutil.get_terminal_size((100, 24)).columns)


def record(course: Course, report: Report) -> None:
    """Keep the attempt before it is shown, and tell the memory: what failed puts its linked quiz items due.

    Untouched stubs and the grader's own faults are no attempts.
    """
    from grader.quiz.exercises import put_due, record_exercise
    from grader.quiz.store import ReviewLog

    progress, now = open_progress(), datetime.now(UTC)
    with ReviewLog(data_home() / "quiz.db") as log:
        for result in report.results:
            if result.status in ("not_implemented", "grader_error", "skipped"):
                continue
            progress.record(
                now, course.info.id, result.exercise, result.status, result.score, result.max_score
            )
            passed = result.status == "passed"
            hints = progress.hints_shown(course.info.id, result.exercise)
            record_exercise(log, result.exercise, passed=passed, hints_used=hints, now=now)
            if not passed:
                put_due(log, course.exercise(result.exercise).info.quiz, now, f"failed {result.exercise}")
