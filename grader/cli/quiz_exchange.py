"""`grader quiz import`, `export` and `stats`: questions in and out, and how good they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import cache_home, course_option, data_home

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.quiz.bank import Library
    from grader.quiz.exchange.model import Loss
    from grader.quiz.stats import FirstAttempt

_PATH = click.Path(path_type=Path)
# The names in `grader.quiz.exchange.formats.FORMATS`, which is not imported for `--help`; a test compares them.
READABLE = ("csv", "gift", "moodle", "apkg", "markdown", "qti12", "qti21", "html")
WRITABLE = READABLE


@click.command("import")
@click.argument("file", type=_PATH)
@click.option(
    "--to", "bank", type=_PATH, required=True, help="The bank to write, or to add to where it exists."
)
@click.option("--from", "form", type=click.Choice(READABLE), help="Default: by the file's suffix.")
@click.option("--topic", help="The topic of a new bank. Default: the bank's file name.")
def import_(file: Path, bank: Path, form: str | None, topic: str | None) -> None:
    """Questions from Markdown, GIFT, Moodle XML, Anki, QTI, HTML or CSV into a bank.

    Says what did not come along, and what `quiz lint` finds to do.
    """
    from grader.quiz.exchange.bankfile import save
    from grader.quiz.exchange.formats import read_file

    saved = save(read_file(file, form), bank, topic=topic, origin=file.name)
    known = f", {len(saved.known)} were there already" if saved.known else ""
    click.echo(f"{len(saved.added)} items added to {bank}{known}.")
    _tell(saved.losses, "did not come along")
    for finding in saved.findings:
        click.echo(str(finding))
    if saved.findings:
        click.echo(f"{len(saved.findings)} things to do, see above (grader quiz lint {bank}).", err=True)


@click.command()
@click.argument("banks", metavar="[BANK ...]", nargs=-1)
@click.option("--to", "form", type=click.Choice(WRITABLE), required=True)
@click.option("--out", type=_PATH, required=True, help="The file to write.")
@click.option("--title", help="Default: the banks' own titles.")
@click.option("--strict", is_flag=True, help="Write nothing when the format cannot hold everything.")
@course_option
def export(
    banks: tuple[str, ...], form: str, out: Path, title: str | None, strict: bool, course_root: Path | None
) -> None:
    """Questions to Moodle XML, GIFT, QTI, Anki, CSV, Markdown or HTML.

    Says what the format cannot hold.
    """
    from grader.quiz.exchange.formats import write_bytes
    from grader.quiz.exchange.merge import merged, pictures_of
    from grader.quiz.exchange.model import Packing

    library = _library(banks, course_root)
    bank = merged(library, title)
    exported = write_bytes(bank, form, Packing(pictures_of(library), datetime.now(UTC)))
    _tell(exported.losses, f"cannot be held by {form}")
    if strict and exported.losses:
        click.echo("Nothing was written.", err=True)
        raise click.exceptions.Exit(1)
    _write(out, exported.data)
    click.echo(f"{len(bank.items)} items written to {out}.")


@click.command()
@click.argument("banks", metavar="[BANK ...]", nargs=-1)
@click.option("--log", "logs", type=_PATH, multiple=True, help="A learner's review log. Default: your own.")
@click.option(
    "--responses", "sheets", type=_PATH, multiple=True, help="CSV: learner,item,score,chosen,seconds."
)
@click.option("--exam", "exams", type=_PATH, multiple=True, help="A signed exam result, or a folder of them.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--html", "page", type=_PATH, help="Also write a page with plots to this file.")
@course_option
def stats(
    banks: tuple[str, ...],
    logs: tuple[Path, ...],
    sheets: tuple[Path, ...],
    exams: tuple[Path, ...],
    form: str,
    page: Path | None,
    course_root: Path | None,
) -> None:
    """How good the questions are: facility, discrimination, distractors, reliability, time.

    On first attempts. Flags items worth a second look, with the reason.
    """
    from grader.quiz.stats import analyse
    from grader.quiz.stats_flags import flags_of
    from grader.quiz.stats_table import stats_json, stats_text

    library = _library(banks, course_root)
    items = library.items
    told = [*_exam_attempts(exams, library), *_attempts(logs, sheets, is_enough=bool(exams))]
    attempts = [one for one in told if not banks or one.item in items]
    found = analyse(attempts, items)
    flags = flags_of(found, items)
    if page is not None:
        from grader.quiz.stats_page import stats_page

        _write(page, stats_page(found, flags, "Item analysis").encode())
    if form == "json":
        click.echo(json.dumps(stats_json(found, flags), indent=1, ensure_ascii=False))
    else:
        click.echo(stats_text(found, flags), nl=False)


def _exam_attempts(exams: tuple[Path, ...], library: Library) -> Iterable[FirstAttempt]:
    from grader.quiz.exam_import import first_attempts, read_results, result_files

    return first_attempts(read_results(result_files(exams), library)) if exams else []


def _attempts(logs: tuple[Path, ...], sheets: tuple[Path, ...], *, is_enough: bool) -> Iterable[FirstAttempt]:
    """From logs and sheets; from one's own log where nothing else is named (`is_enough` says whether something is)."""
    from grader.errors import InputError
    from grader.quiz.attempts import read_log, read_sheet

    own = data_home() / "quiz.db"
    if is_enough and not logs and not sheets:
        return
    if not logs and not sheets and not own.is_file():
        raise InputError("nothing was answered yet", remedy="answer questions, or name --log or --responses")
    for path in logs or (() if sheets else (own,)):
        yield from read_log(path)
    for path in sheets:
        yield from read_sheet(path)


def _library(banks: tuple[str, ...], course_root: Path | None) -> Library:
    from grader.course.builtin import builtin_root
    from grader.quiz.bank import load_banks
    from grader.quiz.start import bank_paths

    root = course_root or builtin_root()
    return load_banks(bank_paths(root / "quizzes", banks), cache=cache_home() / "quiz")


def _tell(losses: Iterable[Loss], what: str) -> None:
    told = list(losses)
    for loss in told:
        click.echo(f"  {loss}", err=True)
    if told:
        click.echo(f"{len(told)} things {what}, see above.", err=True)


def _write(path: Path, data: bytes) -> None:
    from grader.errors import InputError

    try:
        path.write_bytes(data)
    except OSError as wrong:
        raise InputError(
            f"cannot be written: {wrong.strerror or wrong}", path=path, remedy="choose another place"
        ) from None
