"""`grader verify`: prove the course."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import cache_home, course_option, open_course
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.verify.result import Verification
    from grader.verify.verify import Progress


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID ...]")
@course_option
@click.option("--jobs", type=click.IntRange(min=1), default=None, help="Processes. Default: one a core.")
@click.option(
    "--seeds",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Secret seeds a wheat must pass.",
)
@click.option("--fast", is_flag=True, help="No mutants.")
@click.option(
    "--device",
    default="auto",
    help="Where wheats are judged. auto: every device here; cpu, cuda, cuda:N, mps.",
)
@click.option("--brief", is_flag=True, help="Of the exercises only those with which something is wrong.")
@click.option("--json", "as_json", is_flag=True, help="The whole proof as JSON on stdout.")
@click.option("--write-table", is_flag=True, help="Write docs/course-quality.md beside the course.")
@click.pass_context
def verify(
    ctx: click.Context,
    ids: tuple[str, ...],
    course_root: Path | None,
    jobs: int | None,
    seeds: int,
    fast: bool,
    device: str,
    brief: bool,
    as_json: bool,
    write_table: bool,
) -> None:
    """Prove the course, or the exercises and topics named.

    Stubs score nothing, wheats pass under every seed, chaffs fail and are named, mutants of the reference are
    caught, statements agree with solutions, quiz banks are sound. Only what changed is done again.
    """
    if write_table and (ids or fast):
        raise UsageError(
            "--write-table needs the whole course and its mutants", remedy="leave out IDs and --fast"
        )
    found = _verified(ids, course_root, jobs, seeds, fast, device)
    root = open_course(course_root).root
    if write_table:
        from grader.verify.table import write_table as write

        click.echo(f"wrote {write(found, root)}", err=True)
    if as_json:
        click.echo(found.model_dump_json(indent=1))
    else:
        from grader.verify.text import text_of

        click.echo(text_of(found, root, brief=brief))
    ctx.exit(0 if found.clean else 1)


def _verified(
    ids: tuple[str, ...], course_root: Path | None, jobs: int | None, seeds: int, fast: bool, device: str
) -> Verification:
    import os

    from grader.sandbox import Pool
    from grader.verify.verify import Settings, chosen_devices, verify_course

    with Pool() as pool:
        level = pool.level
    settings = Settings(level, jobs or os.cpu_count() or 1, seeds, fast, chosen_devices(device))
    course = open_course(course_root)
    chosen = course.select(ids) if ids else None
    with _Bar() as bar:
        return verify_course(course, chosen, settings, cache_home() / "verify", bar.told)


#: of a long run's progress, where it is no terminal
_LINES = 20


class _Bar:
    """A progress bar on stderr; where it is no terminal, a plain line now and then, and one for each job that finds something."""

    def __enter__(self) -> _Bar:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("verify", total=None)
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def told(self, progress: Progress) -> None:
        """Show that one more job is done."""
        if self._console.is_terminal:
            self._bar.update(
                self._task, total=progress.total, completed=progress.done, description=progress.name
            )
            return
        share = _LINES * progress.done // progress.total
        if share == _LINES * (progress.done - 1) // progress.total and not progress.flaws:
            return
        wrong = f", {progress.flaws} wrong" if progress.flaws else ""
        click.echo(f"[{progress.done}/{progress.total}] {progress.name}{wrong}", err=True)
