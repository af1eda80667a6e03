"""`grader regrade`: score a class anew from stored answers."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.batch import batch_options, office, stoppable
from grader.cli.options import course_option
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.batch.regrade import Regraded


@click.command()
@click.argument("exercise_ids", nargs=-1, metavar="[ID ...]")
@batch_options
@click.option("--dry-run", is_flag=True, help="Say what would move, and record nothing.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@course_option
@click.pass_context
def regrade(
    ctx: click.Context,
    exercise_ids: tuple[str, ...],
    where: str,
    jobs: int | None,
    cluster: str | None,
    seed: int | None,
    sandbox: str,
    assignment_file: Path | None,
    dry_run: bool,
    form: str,
    course_root: Path | None,
) -> None:
    """Bring a gradebook under the course as it is now: new points, tolerances, lessons, a corrected reference.

    Stored answers are scored anew; only what would be asked differently is run again. Says whose grade moved and why.
    """
    from grader.batch.regrade import regrade as score_anew
    from grader.gradebook.summary import refresh

    if "://" not in where and not Path(where).is_file():
        raise UsageError(f"no gradebook at {where}", remedy="grader grade makes one")
    with (
        office(where, course_root, assignment_file, seed, sandbox, jobs, cluster) as held,
        stoppable() as stop,
    ):
        clerk = held.clerk
        exercises = clerk.course.select(exercise_ids)
        if not dry_run:
            course, level = clerk.course, clerk.judge.pool.level.value
            clerk.gradebook.begin_run(datetime.now(UTC), "regrade", "", course.info.id, course.version, level)
        done = score_anew(clerk, exercises, held.executor, dry_run=dry_run, stop=stop)
        if not dry_run:
            refresh(clerk.gradebook)
        stopped = stop()
    if form == "json":
        click.echo(json.dumps(asdict(done), indent=1))
    else:
        _say(done, dry_run)
    if stopped:
        click.echo("Stopped. Run the same command again to go on.", err=True)
    ctx.exit(3 if done.troubles else 130 if stopped else 0)


def _say(done: Regraded, dry_run: bool) -> None:
    from grader.judge.text import clean

    would = "would be " if dry_run else ""
    click.echo(
        f"{done.rescored} {would}scored from stored answers, {done.reran} {would}run again, {done.same} as before."
    )
    for move in done.moves:
        before, after = f"{move.before:g} of {move.max_before:g}", f"{move.after:g} of {move.max_after:g}"
        how = " (run again)" if move.reran else ""
        click.echo(f"  {clean(move.learner):<20} {move.exercise:<22} {before} -> {after}{how}: {move.why}")
    if not done.moves:
        click.echo("No grade moves.")
    for learner, exercise, why in done.troubles:
        click.echo(f"not regraded: {clean(learner)}: {exercise}: {why}", err=True)
