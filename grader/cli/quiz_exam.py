"""`grader quiz results`: exam results on the instructor's side."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import cache_home, course_option

if TYPE_CHECKING:
    from grader.quiz.exam_import import ExamResult


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True
)
@click.option("--bank", "banks", multiple=True, help="Banks that are not the course's, as names or files.")
@course_option
def results(files: tuple[Path, ...], form: str, banks: tuple[str, ...], course_root: Path | None) -> None:
    """Check signatures and mark every answer again by your own banks.

    A signature proves that the file was not changed since its key signed it, and that files with the same key come
    from the same quiz home. It cannot prove who sat there, or what else was on the desk.
    """
    from grader.course.builtin import builtin_root
    from grader.quiz.bank import load_banks
    from grader.quiz.exam_import import read_results, result_files
    from grader.quiz.start import bank_paths

    paths = bank_paths((course_root or builtin_root()) / "quizzes", banks)
    found = read_results(result_files(files), load_banks(paths, cache=cache_home() / "quiz"))
    rows = [_row(one) for one in found]
    if form == "json":
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif form == "csv":
        click.echo(_csv(rows), nl=False)
    else:
        for one in found:
            click.echo(_line(one))


def _row(one: ExamResult) -> dict[str, object]:
    return {
        "learner": one.learner,
        "score": round(one.score, 4),
        "max_score": round(one.max_score, 4),
        "answered": one.answered,
        "questions": one.questions,
        "used_s": one.used_s,
        "begun_at": one.begun_at.isoformat(),
        "attempt": one.attempt,
        "breaks": one.breaks,
        "breaks_s": one.breaks_s,
        "key": one.key,
        "session": one.session,
        "notes": "; ".join(one.notes),
        "file": str(one.path),
    }


def _line(one: ExamResult) -> str:
    notes = f"  [{'; '.join(one.notes)}]" if one.notes else ""
    return f"{one.learner}: {one.score:.2f} of {one.max_score:g} points, {one.used_s / 60:.0f} min, key {one.key}{notes}"


def _csv(rows: list[dict[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else ["learner"])
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _harmless(value: object) -> object:
    """A spreadsheet takes a text that starts with = or @ for a formula; learners write their names themselves."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
