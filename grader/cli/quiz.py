"""`grader quiz`: the group of its commands. What names none of them is asked."""

from __future__ import annotations

import importlib
import importlib.util

import click

#: subcommand -> (where it is, what `--help` says of it)
SUBCOMMANDS: dict[str, tuple[str, str]] = {
    "ask": ("grader.cli.quiz_ask:ask", "Ask questions (what `grader quiz` does anyway)."),
    "lint": ("grader.cli.quiz_author:lint", "Everything wrong with the banks, each at its line."),
    "import": ("grader.cli.quiz_exchange:import_", "Questions from Markdown, GIFT, Moodle XML, Anki, QTI."),
    "export": ("grader.cli.quiz_exchange:export", "Questions to Moodle XML, GIFT, QTI, Anki, CSV, HTML."),
    "stats": ("grader.cli.quiz_exchange:stats", "How good the questions are: item analysis."),
    "results": ("grader.cli.quiz_exam:results", "Exam results: signatures checked, answers marked again."),
    "flags": ("grader.cli.quiz_memory:flags", "The questions you flagged, and why."),
    "regrade": ("grader.cli.quiz_memory:regrade", "Mark past answers again after a bank was mended."),
    "optimize": ("grader.cli.quiz_memory:optimize", "Fit the schedule to your own reviews."),
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
        ask = self.get_command(ctx, "ask")
        if ask is not None:
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
