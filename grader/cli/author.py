"""Commands of a course author: implementations as files, schemas, scaffolds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from grader.cli.options import course_option, open_course
from grader.course.solution import Variant
from grader.errors import InputError


@click.command()
@click.argument("exercise_id")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write to.")
@course_option
def wheats(exercise_id: str, out: Path, course_root: Path | None) -> None:
    """Every correct implementation of an exercise, each as a file that could stand in the stub's place."""
    _write(out, open_course(course_root).exercise(exercise_id).solution.wheats)


@click.command()
@click.argument("exercise_id")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write to.")
@course_option
def chaffs(exercise_id: str, out: Path, course_root: Path | None) -> None:
    """Every wrong implementation of an exercise, named by its mistake."""
    _write(out, open_course(course_root).exercise(exercise_id).solution.chaffs)


def _write(out: Path, variants: Sequence[Variant]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for variant in variants:
            (out / f"{variant.name}.py").write_text(variant.source, encoding="utf-8")
    except OSError as wrong:
        raise InputError(f"cannot be written: {wrong.strerror}", path=out) from None
    click.echo(f"{len(variants)} files written to {out}.")


@click.command()
@click.argument("what", type=click.Choice(["report", "course", "quiz"]))
def schema(what: str) -> None:
    """JSON Schema of the report, of course.yaml, or of a quiz bank."""
    if what == "report":
        from grader.judge.report import report_schema

        found = report_schema()
    elif what == "course":
        from grader.course.model import CourseInfo

        found = CourseInfo.model_json_schema()
    else:
        from grader.quiz.schema import quiz_schema

        found = quiz_schema()
    click.echo(json.dumps(found, indent=1, sort_keys=True))


@click.group()
def new() -> None:
    """Scaffold an exercise or a quiz bank."""


@new.command()
@click.argument("topic")
@click.argument("exercise_id")
@click.option("--kind", type=click.Choice(["function", "module", "step", "design"]), default="function")
@click.option("--title", default=None, help="Default: the id in words.")
@course_option
def exercise(topic: str, exercise_id: str, kind: str, title: str | None, course_root: Path | None) -> None:
    """A new exercise in TOPIC: stub, solution and entry, ready to be filled in."""
    from grader.course.scaffold import add_exercise

    for path in add_exercise(open_course(course_root), topic, exercise_id, kind, title):
        click.echo(f"wrote {path}")
    click.echo(f"Fill them in, then: grader verify {exercise_id}")


@new.command()
@click.argument("bank_id")
@click.option("--title", default=None, help="Default: the id in words.")
@course_option
def bank(bank_id: str, title: str | None, course_root: Path | None) -> None:
    """A new quiz bank with one item to start from."""
    from grader.course.scaffold import add_bank

    click.echo(f"wrote {add_bank(open_course(course_root), bank_id, title)}")
