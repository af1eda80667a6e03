"""`grader similar`: likely copies in a class."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option, open_course
from grader.errors import InputError

if TYPE_CHECKING:
    from grader.batch.similar import Group, Pair
    from grader.course.catalog import Course

_NAMED = 8
"""Learners of a group who are named."""


@click.command()
@click.argument("submissions", type=click.Path(path_type=Path))
@click.option(
    "--exercise", "only", multiple=True, metavar="ID", help="These alone; may be given several times."
)
@click.option(
    "--threshold", type=click.FloatRange(0.05, 1), default=0.7, show_default=True,
    help="Share of a file that must stand in the other.",
)  # fmt: skip
@click.option("--html", "folder", type=click.Path(path_type=Path), help="Also DIR/index.html, side by side.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@course_option
def similar(
    submissions: Path,
    only: tuple[str, ...],
    threshold: float,
    folder: Path | None,
    form: str,
    course_root: Path | None,
) -> None:
    """Files of different learners that share more code than the stub explains. No proof of anything: look, then talk."""
    from grader.batch.similar import ranked
    from grader.batch.similar_page import NO_PROOF, write_pages

    course = open_course(course_root)
    chosen = {course.exercise(name).id for name in only}
    groups: list[Group] = []
    pairs = ranked(_pairs(submissions, course, chosen, threshold, groups))
    if form == "json":
        records = [*map(_group_record, groups), *map(_record, pairs)]
        click.echo(json.dumps(records, indent=1, ensure_ascii=False))
    else:
        _say(pairs, groups, NO_PROOF)
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            index = write_pages(pairs, folder, groups)
        except OSError as wrong:
            raise InputError(
                f"cannot be written: {wrong.strerror}", path=folder, remedy="name another"
            ) from None
        click.echo(f"Side by side: {index}", err=form == "json")


def _pairs(
    submissions: Path, course: Course, chosen: set[str], threshold: float, groups: list[Group]
) -> Iterator[Pair]:
    """Pairs, an exercise at a time; what more share goes into `groups`."""
    from grader.batch.clerk import read_text
    from grader.batch.collect import collect
    from grader.batch.similar import Work
    from grader.batch.similar import groups as too_many
    from grader.batch.similar import similar as compare

    with tempfile.TemporaryDirectory() as scratch:
        collected = collect(submissions, course, Path(scratch))
        for exercise in course.exercises:
            if chosen and exercise.id not in chosen:
                continue
            works = []
            for submission in collected.submissions:
                if submission.exercise.id == exercise.id:
                    try:
                        text = read_text(submission.path, exercise)
                    except InputError as wrong:
                        click.echo(f"not compared: {submission.shown}: {wrong.problems[0].message}", err=True)
                        continue
                    works.append(Work(submission.learner, submission.shown, text))
            groups += too_many(exercise.id, exercise.stub, works)
            yield from compare(exercise.id, exercise.stub, works, threshold)


def _say(pairs: list[Pair], groups: list[Group], warning: str) -> None:
    for group in groups:
        names = [work.learner for work in group.works]
        told = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
        click.echo(f"{group.exercise:<22} {len(names)} learners handed in one and the same file: {told}")
    if not pairs:
        click.echo(("\n" if groups else "") + "No two files are alike beyond the threshold.")
        return
    if groups:
        click.echo()
    for pair in pairs:
        alike = "identical" if pair.identical else f"{pair.shares[0]:.0%} and {pair.shares[1]:.0%}"
        click.echo(f"{pair.exercise:<22} {pair.first.learner:<20} {pair.second.learner:<20} {alike}")
    click.echo(f"\n{len(pairs)} pairs. {warning}")


def _group_record(group: Group) -> dict[str, object]:
    return {
        "exercise": group.exercise,
        "learners": [work.learner for work in group.works],
        "sources": [work.source for work in group.works],
        "shares": [1.0 for _ in group.works],
        "shared": None,
        "identical": True,
    }


def _record(pair: Pair) -> dict[str, object]:
    return {
        "exercise": pair.exercise,
        "learners": [pair.first.learner, pair.second.learner],
        "sources": [pair.first.source, pair.second.source],
        "shares": [round(share, 4) for share in pair.shares],
        "shared": pair.shared,
        "identical": pair.identical,
    }
