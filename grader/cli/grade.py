"""`grader grade`: judge a class into a gradebook."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.batch import batch_options, office, stoppable
from grader.cli.options import course_option

if TYPE_CHECKING:
    from grader.batch.clerk import Clerk
    from grader.batch.run import Tally
    from grader.batch.submission import Aside, Submission
    from grader.gradebook.store import Incident

    Show = Callable[[str | None], None]


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
    cluster: str | None,
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
    from grader.batch.collect import Collector
    from grader.batch.roster import load_roster
    from grader.batch.run import grade as judge_all
    from grader.gradebook.summary import refresh

    roster = load_roster(roster_file) if roster_file else None
    with (
        office(where, course_root, assignment_file, seed, sandbox, jobs, cluster) as held,
        stoppable() as stop,
        tempfile.TemporaryDirectory(prefix="grader-submissions-") as scratch,
    ):
        clerk, assignment = held.clerk, held.assignment
        collector = Collector(clerk.course, Path(scratch), roster, assignment)
        found = collector.plan(submissions)
        run = _begin(clerk, submissions)
        with _noting(clerk, run) as note, _progress(found.learners, form) as show:
            tally = judge_all(
                _submissions(found.stream(), note, show),
                clerk,
                held.executor,
                device=device or (assignment.device if assignment else "auto"),
                on_done=lambda settled: show(settled.status or "not judged"),
                on_aside=note,
                stop=stop,
            )
        refresh(clerk.gradebook)
        asides = clerk.gradebook.incidents(run)
        (_say_json if form == "json" else _say)(tally, asides, where)
    ctx.exit(3 if tally.failed else 130 if tally.stopped else 0)


def _submissions(
    found: Iterable[Submission | Aside], note: Callable[[Aside], None], show: Show
) -> Iterator[Submission]:
    """What can be judged; the rest is noted."""
    from grader.batch.submission import Submission

    learner = None
    for one in found:
        if not isinstance(one, Submission):
            note(one)
            continue
        if one.learner != learner:
            learner = one.learner
            show(None)
        yield one


@contextlib.contextmanager
def _noting(clerk: Clerk, run: int) -> Iterator[Callable[[Aside], None]]:
    """Puts asides into the gradebook, a hundred at a time."""
    held: list[Incident] = []

    def note(aside: Aside) -> None:
        held.append(_incident(aside))
        if len(held) >= 100:
            clerk.gradebook.note(run, held)
            held.clear()

    yield note
    clerk.gradebook.note(run, held)


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
def _progress(learners: int, form: str) -> Iterator[Show]:
    """A progress bar over the learners with the rate of results on stderr, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty() or form == "json":
        yield lambda status: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    counts: dict[str, int] = {}
    start = time.monotonic()
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("learners"), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.description}"), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=learners)

        def show(status: str | None) -> None:
            """A status: of one result; None: the next learner."""
            if status is None:
                bar.update(task, advance=1)
                return
            counts[status] = counts.get(status, 0) + 1
            rate = sum(counts.values()) / max(time.monotonic() - start, 1e-3)
            said = ", ".join(f"{count} {name}" for name, count in counts.items())
            bar.update(task, description=f"{rate:.0f}/s: {said}")

        yield show


def _say_json(tally: Tally, asides: Iterable[Incident], where: str) -> None:
    """One JSON object, an aside a line: a class may have many."""
    found = {
        "judged": tally.judged,
        "shared": tally.shared,
        "known": tally.kept,
        "stopped": tally.stopped,
        "statuses": {status.value: count for status, count in sorted(tally.statuses.items())},
        "gradebook": where,
    }
    click.echo(json.dumps(found, indent=1)[:-2] + ',\n "asides": [', nl=False)
    for number, one in enumerate(asides):
        entry = {
            "kind": one.kind,
            "learner": one.learner,
            "exercise": one.exercise,
            "path": one.path,
            "why": one.message,
        }
        click.echo((",\n  " if number else "\n  ") + json.dumps(entry), nl=False)
    click.echo("\n ]\n}")


def _say(tally: Tally, asides: Iterable[Incident], where: str) -> None:
    from grader.judge.text import clean

    click.echo(
        f"{tally.judged} judged, {tally.shared} like another's and judged once, {tally.kept} known from before; "
        f"the results are in {where}."
    )
    for status, count in sorted(tally.statuses.items()):
        click.echo(f"  {status.value:<16} {count}")
    for aside in asides:
        about = (aside.learner, aside.exercise, aside.path)
        words = ": ".join(clean(part).replace("\n", " ") for part in (*about, aside.message) if part)
        click.echo(f"{aside.kind}: {words}", err=True)
    if tally.stopped:
        click.echo("Stopped before the end. Run the same command again to go on.", err=True)
