"""`grader bench`: how fast one's own work is."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import cache_home, course_option, open_course, sandbox_option, workspace_option
from grader.errors import InputError, MachineError

if TYPE_CHECKING:
    from grader.bench.bench import Speed
    from grader.bench.measure import Timing


@click.command()
@click.argument("exercise_id", metavar="ID")
@workspace_option
@course_option
@sandbox_option
@click.option("--device", default="auto", help="auto, cpu, cuda or cuda:N.")
@click.option("--rounds", type=click.IntRange(3, 99), default=9, help="How often each is timed.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def bench(
    ctx: click.Context,
    exercise_id: str,
    workspace: Path,
    course_root: Path | None,
    sandbox: str,
    device: str,
    rounds: int,
    form: str,
) -> None:
    """Time your file against the reference, and against what this machine can do. A wrong answer is not timed."""
    from grader.bench.bench import bench as time_it
    from grader.course.workspace import find
    from grader.judge.judge import Judge, read_submission
    from grader.judge.keysmith import Keysmith
    from grader.sandbox import Level, Pool
    from grader.sandbox.devices import resolve
    from grader.sandbox.frameworks import without

    exercise = open_course(course_root).exercise(exercise_id)
    path = find(workspace, exercise)
    if path is None:
        raise InputError(
            f"holds no {exercise_id}", path=workspace, remedy=f"grader init, then write {exercise_id}"
        )
    name, reason = without(exercise.info.framework, resolve(device, exercise.info.devices))[0]
    if reason is not None:
        raise MachineError(reason, remedy="choose another --device")
    with Pool(None if sandbox == "auto" else Level(sandbox)) as pool:
        judge = Judge(pool, Keysmith(cache_home() / "keys"))
        speed = time_it(judge, exercise, read_submission(path), name, rounds)
        level = pool.level.value
    if form == "json":
        click.echo(json.dumps({"sandbox": level, **asdict(speed)}, indent=1))
    else:
        click.echo(rendered(speed))
    ctx.exit(0 if speed.status == "passed" else 1)


def rendered(speed: Speed) -> str:
    """The measurement for people."""
    if speed.yours is None or speed.reference is None or speed.ratio is None:
        return f"{speed.exercise} on {speed.device}: {speed.status}, so its speed says nothing.\n{speed.message}".rstrip()
    lines = [
        f"{speed.exercise} on {speed.device}: {_compared(speed.ratio)}",
        f"  {speed.call}",
        f"  yours      {_span(speed.yours)}",
        f"  reference  {_span(speed.reference)}",
        f"  medians of {speed.rounds} rounds in turns, {speed.calls} calls each; quartiles in brackets",
    ]
    return "\n".join([*lines, *([speed.roofline] if speed.roofline else [])])


def _compared(ratio: Timing) -> str:
    quartiles = f"yours over the reference's: quartiles {ratio.low_s:.3g} to {ratio.high_s:.3g}"
    if ratio.median_s <= 0:
        return "too fast to be told from nothing here"
    if ratio.low_s <= 1 <= ratio.high_s:
        return f"no difference from the reference that shows here ({quartiles})"
    if ratio.median_s > 1:
        return f"{ratio.median_s:.3g} times as slow as the reference ({quartiles})"
    return f"{1 / ratio.median_s:.3g} times as fast as the reference ({quartiles})"


def _span(time: Timing) -> str:
    return f"{time.median_s * 1e3:10.4g} ms  ({time.low_s * 1e3:.4g} to {time.high_s * 1e3:.4g})"
