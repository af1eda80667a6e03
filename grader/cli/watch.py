"""`grader watch`: judged again on every save, by a warm worker, on one screen."""

from __future__ import annotations

import contextlib
import select
import shutil
import sys
from collections.abc import Iterator
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
from grader.errors import GraderError, InputError

if TYPE_CHECKING:
    from grader.course.catalog import Course, Exercise
    from grader.judge.check import Checker

_DEBOUNCE_MS, _STEP_MS, _KEYS_MS = 40, 10, 150
_KEYS = "h hint   n next   p previous   l list   c check again   q quit"


@click.command()
@click.argument("exercise_id", required=False)
@workspace_option
@course_option
@sandbox_option
def watch(exercise_id: str | None, workspace: Path, course_root: Path | None, sandbox: str) -> None:
    """Judge an exercise whenever you save it; the first unfinished one if none is named."""
    from grader.judge.check import Checker
    from grader.quiz.store import ReviewLog

    course = open_course(course_root)
    exercise = course.exercise(exercise_id) if exercise_id else _first_open(course)
    with (
        open_progress().held(),
        ReviewLog(data_home() / "quiz.db"),  # open all the time, like the progress: recording is quick then
        Checker(course, workspace, sandbox=sandbox, device="auto", cache=cache_home() / "keys") as checker,
    ):
        _Screen(course, checker, workspace, exercise).run()


def _first_open(course: Course) -> Exercise:
    standings = open_progress().standings(course.info.id)
    waiting = [e for e in course.exercises if not (e.id in standings and standings[e.id].passed)]
    return waiting[0] if waiting else course.exercises[0]


class _Screen:
    """One screen that is drawn anew from the state: the exercise, its last verdict, a note."""

    def __init__(self, course: Course, checker: Checker, workspace: Path, exercise: Exercise) -> None:
        self.course, self.checker, self.workspace, self.exercise = course, checker, workspace, exercise
        self.verdict, self.note = "", ""

    def run(self) -> None:
        """Watch until `q`, Ctrl-C, or the end of the input."""
        import watchfiles

        if not self.workspace.is_dir():
            raise InputError("no such folder", path=self.workspace, remedy="grader init makes a workspace")
        click.echo(f"Watching {self.exercise.relative_path}: starting the worker ...")
        judged = False
        changes = watchfiles.watch(
            self.workspace,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            rust_timeout=_KEYS_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
        )
        with _keys_at_once():
            for change in changes:
                if not judged or any(
                    Path(path).name == self.exercise.relative_path.name for _, path in change
                ):
                    self._judge()  # the first time only now, so that no save falls between judging and watching
                    judged = True
                if not self._keys():
                    return

    def _judge(self) -> None:
        from grader.cli.check import record, rendered

        self.note = ""
        click.echo(f"\nJudging {self.exercise.id} ...")
        try:
            report, troubles = self.checker.check([self.exercise.id])
            record(self.course, report)
            self.verdict = rendered(self.course, report, "text") + "".join(
                f"{trouble}\n" for trouble in troubles
            )
        except GraderError as wrong:
            self.verdict = f"{wrong}\n"
        self._draw()

    def _draw(self) -> None:
        if sys.stdout.isatty():
            click.clear()
        click.echo(f"Watching {self.exercise.relative_path}\n")
        click.echo(self.verdict, nl=False)
        if self.note:
            click.echo(f"\n{self.note}")
        click.echo(f"\n{_KEYS}")

    def _keys(self) -> bool:
        """Act on what was typed; False to stop."""
        while select.select([sys.stdin], [], [], 0)[0]:
            key = sys.stdin.read(1)
            if key in ("", "q"):
                return False
            self._act(key)
        return True

    def _act(self, key: str) -> None:
        if key == "h":
            self._hint()
        elif key in ("n", "p"):
            ids = [exercise.id for exercise in self.course.exercises]
            at = (ids.index(self.exercise.id) + (1 if key == "n" else -1)) % len(ids)
            self.exercise = self.course.exercises[at]
            self._judge()
        elif key == "l":
            standings = open_progress().standings(self.course.info.id)
            lines = [
                f"{'x' if e.id in standings and standings[e.id].passed else ' '} {e.id}"
                for e in self.course.exercises
            ]
            self.note = "\n".join(lines)
            self._draw()
        elif key == "c":
            self._judge()

    def _hint(self) -> None:
        progress, hints = open_progress(), self.exercise.info.hints
        seen = min(progress.hints_shown(self.course.info.id, self.exercise.id) + 1, len(hints))
        if hints:
            progress.record_hint(datetime.now(UTC), self.course.info.id, self.exercise.id, seen)
            width = shutil.get_terminal_size((100, 24)).columns
            said = (f"Hint {n} of {len(hints)}: {hints[n - 1]}" for n in range(1, seen + 1))
            self.note = "\n".join(click.wrap_text(text, width, subsequent_indent="  ") for text in said)
        self._draw()


@contextlib.contextmanager
def _keys_at_once() -> Iterator[None]:
    """Keys without Enter, where the input is a terminal that can do so."""
    try:
        import termios
        import tty

        before = termios.tcgetattr(sys.stdin)
    except (ImportError, OSError, ValueError, termios.error):
        yield
        return
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
