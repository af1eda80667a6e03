"""`grader grade`: judge a class into a gradebook."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import cache_home, course_option, open_course
from grader.errors import MachineError

if TYPE_CHECKING:
    from grader.batch.run import Tally


@click.command()
@click.argument("submissions", type=click.Path(path_type=Path))
@click.option(
    "--gradebook", "where", default="gradebook.db", help="A file, or a database URL. Default: gradebook.db."
)
@click.option(
    "--jobs", type=click.IntRange(min=1), default=None, help="How many at a time. Default: one per core."
)
@click.option(
    "--seed",
    type=int,
    default=None,
    help="The secret seed of the hidden cases. Default: kept beside the gradebook.",
)
@click.option(
    "--sandbox", type=click.Choice(["strong", "basic"]), default="strong", help="basic must be asked for."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@course_option
@click.pass_context
def grade(
    ctx: click.Context,
    submissions: Path,
    where: str,
    jobs: int | None,
    seed: int | None,
    sandbox: str,
    form: str,
    course_root: Path | None,
) -> None:
    """Judge every learner's folder under SUBMISSIONS. Run it again to go on where it stopped."""
    from grader.batch.collect import collect
    from grader.batch.run import grade as judge_all
    from grader.gradebook.store import Gradebook
    from grader.judge.judge import Judge
    from grader.judge.keysmith import Keysmith
    from grader.sandbox import Level, Pool

    course = open_course(course_root)
    collected = collect(submissions, course)
    workers = jobs or os.cpu_count() or 1
    stopping: list[int] = []
    before = signal.signal(signal.SIGINT, lambda *_: stopping.append(1))
    try:
        with Gradebook(where) as book, Pool(Level(sandbox), jobs=workers) as pool:
            judge = Judge(pool, Keysmith(cache_home() / "keys"), _seed(where, seed), hidden=True)
            with _progress(len(collected.submissions), form) as show:
                tally = judge_all(
                    course,
                    collected.submissions,
                    judge,
                    book,
                    jobs=workers,
                    on_done=lambda submission, result: show(result.status),
                    stop=lambda: bool(stopping),
                )
    finally:
        signal.signal(signal.SIGINT, before)
    left = len(collected.submissions) - tally.done
    _say(tally, collected.unused, where, left, form)
    ctx.exit(3 if tally.troubles else 130 if left else 0)


def _seed(where: str, given: int | None) -> int:
    """The secret seed: given, or drawn once and kept, readable by this user alone, beside the gradebook."""
    if given is not None:
        return given
    path = Path(f"{where}.seed") if "://" not in where else Path("gradebook.seed")
    if not path.exists():
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as wrong:
            raise MachineError(f"the secret seed cannot be kept: {wrong.strerror}", path=path) from None
        with os.fdopen(descriptor, "w") as file:
            file.write(str(secrets.randbits(120)))
    return int(path.read_text())


@contextlib.contextmanager
def _progress(total: int, form: str) -> Iterator[Callable[[str], None]]:
    """A progress bar with rate and remaining time on stderr, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty() or form == "json":
        yield lambda status: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    counts: dict[str, int] = {}
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.description}"), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total, rate="")

        def show(status: str) -> None:
            counts[status] = counts.get(status, 0) + 1
            said = ", ".join(f"{count} {name}" for name, count in counts.items())
            speed = bar.tasks[0].speed
            bar.update(task, advance=1, description=said, rate=f"{speed:.0f}/s" if speed else "")

        yield show


def _say(tally: Tally, unused: Sequence[tuple[Path, str]], where: str, left: int, form: str) -> None:
    if form == "json":
        found = {
            "judged": tally.judged,
            "known": tally.kept,
            "left": left,
            "statuses": {status.value: count for status, count in tally.statuses.items()},
            "troubles": [[s.learner, s.exercise.id, str(s.path), why] for s, why in tally.troubles],
            "unused": [[str(path), why] for path, why in unused],
            "gradebook": where,
        }
        click.echo(json.dumps(found, indent=1))
        return
    click.echo(f"{tally.judged} judged, {tally.kept} known from before; the results are in {where}.")
    for status, count in sorted(tally.statuses.items()):
        click.echo(f"  {status.value:<16} {count}")
    for submission, why in tally.troubles:
        click.echo(
            f"not judged: {submission.learner} {submission.exercise.id}: {submission.path}: {why}", err=True
        )
    for path, why in unused:
        click.echo(f"not used: {path}: {why}", err=True)
    if left:
        click.echo(f"Stopped with {left} left. Run the same command again to go on.", err=True)
