"""`grader grade`: judge a class into a gradebook."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.batch import batch_options, clerk_for, cores, stoppable
from grader.cli.options import course_option

if TYPE_CHECKING:
    from grader.batch.clerk import Clerk
    from grader.batch.run import Tally
    from grader.batch.submission import Aside
    from grader.gradebook.store import Incident


@dataclass(frozen=True)
class _Done:
    """What is said at the end."""

    tally: Tally
    asides: tuple[Aside, ...]  # of collecting, then of judging
    left: int
    gradebook: str


@click.command()
@click.argument("submissions", type=click.Path(path_type=Path))
@batch_options
@click.option("--device", default=None, help="auto, cpu, cuda, cuda:N, mps or all.")
@click.option(
    "--roster", "roster_file", type=click.Path(path_type=Path), help="The class list, a CSV: who is missing."
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
    assignment_file: Path | None,
    device: str | None,
    roster_file: Path | None,
    form: str,
    course_root: Path | None,
) -> None:
    """Judge everything under SUBMISSIONS: folders of learners, archives, notebooks, git clones, or a platform's download.

    Run it again to go on where it stopped: what was judged is not judged again.
    """
    from grader.batch.collect import collect
    from grader.batch.roster import load_roster
    from grader.batch.run import grade as judge_all

    workers = jobs or cores()
    roster = load_roster(roster_file) if roster_file else None
    with (
        stoppable() as stop,
        clerk_for(where, course_root, assignment_file, seed, sandbox, workers) as (clerk, assignment),
        tempfile.TemporaryDirectory(prefix="grader-submissions-") as scratch,
    ):
        found = collect(submissions, clerk.course, Path(scratch), roster=roster, assignment=assignment)
        run = _begin(clerk, submissions)
        clerk.gradebook.note(run, [_incident(aside) for aside in found.asides])
        with _progress(len(found.submissions), form) as show:
            tally = judge_all(
                found.submissions,
                clerk,
                jobs=workers,
                device=device or (assignment.device if assignment else "auto"),
                on_done=lambda settled: show(settled.result.status if settled.result else "not judged"),
                stop=stop,
            )
        clerk.gradebook.note(run, [_incident(aside) for aside in tally.asides])
    done = _Done(tally, (*found.asides, *tally.asides), tally.left, where)
    (_say_json if form == "json" else _say)(done)
    ctx.exit(3 if tally.troubles else 130 if done.left else 0)


def _begin(clerk: Clerk, submissions: Path) -> int:
    from grader.batch.submission import text_of

    course, level = clerk.course, clerk.judge.pool.level.value
    source = text_of(submissions.resolve())
    return clerk.gradebook.begin_run(
        datetime.now(UTC), "grade", source, course.info.id, course.version, level
    )


def _incident(aside: Aside) -> Incident:
    from grader.gradebook.store import Incident

    return Incident(aside.kind.value, aside.path, aside.why, aside.learner, aside.exercise)


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


def _say_json(done: _Done) -> None:
    tally = done.tally
    found = {
        "judged": tally.judged,
        "known": tally.kept,
        "left": done.left,
        "statuses": {status.value: count for status, count in sorted(tally.statuses.items())},
        "asides": [
            {"kind": a.kind.value, "learner": a.learner, "exercise": a.exercise, "path": a.path, "why": a.why}
            for a in done.asides
        ],
        "gradebook": done.gradebook,
    }
    click.echo(json.dumps(found, indent=1))


def _say(done: _Done) -> None:
    from grader.judge.text import clean

    tally = done.tally
    click.echo(f"{tally.judged} judged, {tally.kept} known from before; the results are in {done.gradebook}.")
    for status, count in sorted(tally.statuses.items()):
        click.echo(f"  {status.value:<16} {count}")
    for aside in done.asides:
        about = (aside.learner, aside.exercise, aside.path)
        words = ": ".join(clean(part).replace("\n", " ") for part in (*about, aside.why) if part)
        click.echo(f"{aside.kind.value}: {words}", err=True)
    if done.left:
        click.echo(f"Stopped with {done.left} left. Run the same command again to go on.", err=True)
