"""`grader quiz`: asks questions, and the commands for those who write them."""

from __future__ import annotations

import importlib
import importlib.util
import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.options import cache_home, course_option, data_home

if TYPE_CHECKING:
    from grader.quiz.plan import Wish
    from grader.quiz.session import Session
    from grader.quiz.store import ReviewLog

#: subcommand -> (where it is, what `--help` says of it)
SUBCOMMANDS: dict[str, tuple[str, str]] = {
    "ask": ("grader.cli.quiz:ask", "Ask questions (what `grader quiz` does anyway)."),
    "lint": ("grader.cli.quiz_author:lint", "Everything wrong with the banks, each at its line."),
    "import": ("grader.cli.quiz_exchange:import_", "Questions from Markdown, GIFT, Moodle XML, Anki."),
    "export": ("grader.cli.quiz_exchange:export", "Questions to Moodle XML, GIFT, QTI, Anki, CSV, HTML."),
    "stats": ("grader.cli.quiz_exchange:stats", "How good the questions are: item analysis."),
}


class QuizGroup(click.Group):
    """Subcommands by their name; anything else is what to ask. A bank of a subcommand's name needs its path."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `ask` in front of what names no subcommand."""
        is_own = args and (args[0] in SUBCOMMANDS or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_own else ["ask", *args])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The subcommands that this installation holds."""
        return [name for name, (target, _) in SUBCOMMANDS.items() if _exists(target)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand, imported now."""
        target = SUBCOMMANDS.get(cmd_name, ("", ""))[0]
        if not target or not _exists(target):
            return None
        module, attribute = target.split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of asking, since `grader quiz` asks."""
        ask.format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of subcommands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUBCOMMANDS[name][1]) for name in self.list_commands(ctx)])


def _exists(target: str) -> bool:
    return importlib.util.find_spec(target.split(":")[0]) is not None


@click.command(
    cls=QuizGroup,
    subcommand_metavar="[BANK ...] | COMMAND",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def quiz() -> None:
    """Questions and answers; remembers what you forget.

    BANK is a bank's name (pooling) or file. Without one: what is due, then what is new.
    """


@click.command()
@click.argument("banks", metavar="[BANK ...]", nargs=-1)
@click.option("--plain", is_flag=True, help="Lines of text, for screen readers, pipes and scripts.")
@click.option("--exam", is_flag=True, help="No feedback until the end; the result goes into a signed file.")
@click.option("--due", is_flag=True, help="Only what is due.")
@click.option("--seed", type=int, help="The same questions, numbers and order every time.")
@click.option("--count", type=click.IntRange(min=1), help="How many questions.")
@click.option("--time-limit", type=float, metavar="MIN", help="Minutes until the session is handed in.")
@click.option("--web", is_flag=True, help="The same in a browser, on this computer only.")
@click.option("--new", is_flag=True, help="Start afresh, though a session was left open.")
@course_option
def ask(course_root: Path | None, plain: bool, web: bool, new: bool, **wishes: Any) -> None:
    """Ask questions."""
    from grader.quiz.store import ReviewLog

    wish = _wish(**wishes)
    with ReviewLog(data_home() / "quiz.db") as log:
        session, is_resumed = _start(course_root, log, wish, fresh=new)
        if is_resumed:
            click.echo(
                f"Going on with the session left open: {session.answered} answered. --new starts afresh."
            )
        _run_plain(session) if plain or _is_plain() else _run_tui(session)


def _wish(
    banks: tuple[str, ...],
    exam: bool,
    due: bool,
    seed: int | None,
    count: int | None,
    time_limit: float | None,
) -> Wish:
    from grader.quiz.plan import Mode, Wish

    mode = Mode.EXAM if exam else Mode.PRACTICE
    limit_s = None if time_limit is None else 60 * time_limit
    return Wish(banks=banks, mode=mode, due=due, seed=seed, count=count, time_limit_s=limit_s)


def _start(course_root: Path | None, log: ReviewLog, wish: Wish, *, fresh: bool) -> tuple[Session, bool]:
    from grader.quiz.start import bank_paths, start

    if course_root is None:
        from grader.course.catalog import builtin_root

        course_root = builtin_root()
    return start(
        bank_paths(course_root / "quizzes", wish.banks),
        log,
        wish,
        now=_now(),
        seed=secrets.randbits(31),
        name=secrets.token_hex(8),
        fresh=fresh,
        cache=cache_home() / "quiz",
    )


def _is_plain() -> bool:
    """Whether lines of text are the better choice: a pipe, a dumb terminal, no colour wanted."""
    is_tty = sys.stdin.isatty() and sys.stdout.isatty()
    return not is_tty or os.environ.get("TERM", "dumb") == "dumb" or "NO_COLOR" in os.environ


def _run_tui(session: Session) -> None:
    from grader.quiz.ending import Ending
    from grader.quiz.start import repeat
    from grader.quiz.tui.app import run

    while (ending := run(session, _now)) is Ending.REPEAT:
        session = repeat(session, now=_now(), seed=secrets.randbits(31), name=secrets.token_hex(8))
    if ending is Ending.LEFT:
        click.echo(
            f"Left with {session.answered} of {len(session.slots)} answered; the same command goes on."
        )


def _run_plain(session: Session) -> None:
    from grader.quiz.ending import Ending
    from grader.quiz.plain import Plain
    from grader.quiz.start import repeat

    while Plain(session, _read_line, click.echo, _now, _width()).run() is Ending.REPEAT:
        session = repeat(session, now=_now(), seed=secrets.randbits(31), name=secrets.token_hex(8))


def _read_line(prompt: str) -> str | None:
    """A line from standard input; None at its end. On a terminal the line can be edited."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        import readline  # noqa: F401 - editing and history for input()

        try:
            return input(prompt)
        except EOFError:
            return None
    click.echo(prompt, nl=False)
    line = sys.stdin.readline()
    click.echo(line.rstrip("\n"))  # a transcript reads as if it had been typed
    return line.rstrip("\n") if line else None


def _width() -> int:
    import shutil

    return min(100, shutil.get_terminal_size().columns)


def _now() -> datetime:
    return datetime.now(UTC)
