"""Commands of a learner beside `check`: a workspace, the course, statements, hints, back to the stub, solutions."""

from __future__ import annotations

import ast
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import cache_home, course_option, open_course, open_progress, workspace_option
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.course.catalog import Exercise
    from grader.course.outline import Listed
    from grader.course.progress import Standing

_WIDE = 90  # columns from which a title fits beside the state


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("cnn"))
@course_option
def init(folder: Path, course_root: Path | None) -> None:
    """Make a workspace in FOLDER (default: ./cnn): the stubs, nothing else. Never overwrites your work."""
    from grader.course.workspace import make

    course = open_course(course_root)
    written, kept = make(folder, course)
    click.echo(
        f"{len(written)} exercises written to {folder}."
        + (f" {len(kept)} were there already." if kept else "")
    )
    first = course.exercises[0]
    click.echo(f"Open {folder / first.relative_path}, then: cd {folder} && grader check {first.id}")


@click.command(name="list")
@course_option
@workspace_option
def list_(course_root: Path | None, workspace: Path) -> None:
    """The course, topic by topic, with your progress."""
    from grader.course.builtin import builtin_root
    from grader.course.outline import outline

    course = outline(course_root or builtin_root(), cache_home() / "course")
    standings = open_progress().standings(course.id)
    wide = shutil.get_terminal_size((100, 24)).columns >= _WIDE
    for topic in course.chapters:
        click.echo(f"\n{topic.id}  {topic.title}")
        for exercise in topic.exercises:
            state = _state(exercise, standings.get(exercise.id), workspace)
            click.echo(
                f"  {exercise.id:<26} {exercise.title:<44} {state}" if wide else f"  {exercise.id}: {state}"
            )
    passed = sum(standing.passed for standing in standings.values())
    count = sum(len(topic.exercises) for topic in course.chapters)
    click.echo(f"\n{passed} of {count} exercises passed.")


def _state(exercise: Listed, standing: Standing | None, workspace: Path) -> str:
    """How far the learner is, and whether the file is still the one that was judged."""
    from grader.course.workspace import find

    if standing is None:
        return "not started"
    state = "passed" if standing.passed else f"{standing.best:g} of {exercise.points:g} points so far"
    path = find(workspace, exercise)
    if path is not None and path.is_file() and path.stat().st_mtime > standing.last_at.timestamp():
        return f"{state}; changed since"
    if standing.passed and standing.last_status != "passed":
        return f"{state} once; last time: {standing.last_status.replace('_', ' ')}"
    return state


@click.command()
@click.argument("exercise_id")
@course_option
def show(exercise_id: str, course_root: Path | None) -> None:
    """The statement of an exercise."""
    exercise = open_course(course_root).exercise(exercise_id)
    click.echo(f"{exercise.info.title} ({exercise.info.points:g} points, {exercise.relative_path})\n")
    click.echo(ast.get_docstring(ast.parse(exercise.stub)) or "(no statement)")


@click.command()
@click.argument("exercise_id")
@course_option
@click.option("--again", is_flag=True, help="Show the hints seen so far once more.")
def hint(exercise_id: str, course_root: Path | None, again: bool) -> None:
    """The next hint, from nudge to near-answer."""
    course = open_course(course_root)
    exercise = course.exercise(exercise_id)
    progress = open_progress()
    hints = exercise.info.hints
    seen = min(progress.hints_shown(course.info.id, exercise.id), len(hints))
    if not hints:
        raise UsageError(f"{exercise.id} has no hints", remedy=f"grader show {exercise.id} has the statement")
    if not again and seen < len(hints):
        seen += 1
        progress.record_hint(datetime.now(UTC), course.info.id, exercise.id, seen)
    for number in range(1 if again or seen == len(hints) else seen, seen + 1):
        click.echo(f"Hint {number} of {len(hints)}: {hints[number - 1]}")
    if seen == len(hints):
        click.echo(f"That was the last one. `grader solution {exercise.id} --give-up` shows the reference.")


@click.command()
@click.argument("exercise_id")
@course_option
@workspace_option
def reset(exercise_id: str, course_root: Path | None, workspace: Path) -> None:
    """Put the stub back. Your file is kept beside it."""
    from grader.course.workspace import reset as put_back

    path, copy = put_back(workspace, open_course(course_root).exercise(exercise_id), datetime.now(UTC))
    click.echo(f"{path} is the stub again." + (f" Your work is in {copy}." if copy else ""))


@click.command()
@click.argument("exercise_id")
@course_option
@click.option("--give-up", is_flag=True, help="Show it although you have not passed yet.")
def solution(exercise_id: str, course_root: Path | None, give_up: bool) -> None:
    """The reference solution, as a file that scores full marks in the stub's place."""
    course = open_course(course_root)
    exercise: Exercise = course.exercise(exercise_id)
    standing = open_progress().standings(course.info.id).get(exercise.id)
    if not give_up and not (standing and standing.passed):
        raise UsageError(
            f"you have not passed {exercise.id} yet",
            remedy=f"grader hint {exercise.id}, or grader solution {exercise.id} --give-up",
        )
    click.echo(exercise.solution.reference.source, nl=False)
