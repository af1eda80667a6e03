"""`grader quiz lint`: for those who write questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option

if TYPE_CHECKING:
    from grader.quiz.lint import Finding


@click.command()
@click.argument("banks", metavar="[BANK ...]", nargs=-1)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@course_option
def lint(banks: tuple[str, ...], form: str, strict: bool, course_root: Path | None) -> None:
    """Everything wrong with the banks, each at its line and with a remedy.

    Exit code 3 when there are errors.
    """
    from grader.course.builtin import builtin_root
    from grader.quiz.lint import Level
    from grader.quiz.lint import lint as find
    from grader.quiz.start import bank_paths

    root = course_root or builtin_root()
    found = find(bank_paths(root / "quizzes", banks), exercises=_exercises(root))
    if form == "json":
        click.echo(json.dumps([_as_json(one) for one in found], indent=1, ensure_ascii=False))
    else:
        for one in found:
            click.echo(str(one))
        errors = sum(one.level is Level.ERROR for one in found)
        click.echo(f"{errors} errors, {len(found) - errors} warnings.", err=True)
    if any(strict or one.level is Level.ERROR for one in found):
        raise click.exceptions.Exit(3)


def _exercises(root: Path) -> frozenset[str] | None:
    """The ids items may link to; None, links unchecked, where the folder has banks but no exercises."""
    from grader.course.catalog import load_course

    if not (root / "exercises" / "course.yaml").is_file():
        return None
    return frozenset(exercise.id for exercise in load_course(root).exercises)


def _as_json(one: Finding) -> dict[str, object]:
    problem = one.problem
    return {
        "file": str(problem.path) if problem.path else None,
        "line": problem.line,
        "key": problem.key,
        "level": str(one.level),
        "code": one.code,
        "message": problem.message,
        "remedy": problem.remedy,
    }
