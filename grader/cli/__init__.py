"""The `grader` command. Commands are loaded when they are called, so that `--help` waits for nothing.

The only place that prints errors, reads the environment and sets exit codes: 0 passed or done, 1 something was judged
not passed, 2 usage, 3 the course, a file or the machine is wrong.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys

import click

from grader import __version__
from grader.errors import GraderError

#: command -> (where it is, what `--help` says of it)
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("grader.cli.learn:init", "Make a workspace: the stubs, nothing else."),
    "list": ("grader.cli.learn:list_", "The course, with your progress."),
    "check": ("grader.cli.check:check", "Judge your work: what is right, what is wrong, and why."),
    "watch": ("grader.cli.watch:watch", "Judge again whenever you save."),
    "show": ("grader.cli.learn:show", "An exercise's statement."),
    "hint": ("grader.cli.learn:hint", "The next hint."),
    "reset": ("grader.cli.learn:reset", "Back to the stub; your work is kept in a copy."),
    "solution": ("grader.cli.learn:solution", "The reference, once you have passed (or give up)."),
    "bench": ("grader.cli.bench:bench", "Your speed against the reference's, and this machine's."),
    "quiz": ("grader.cli.quiz:quiz", "Questions and answers; remembers what you forget."),
    "grade": ("grader.cli.grade:grade", "Judge a whole class into a gradebook."),
    "regrade": ("grader.cli.regrade:regrade", "Score a class anew from stored answers."),
    "gradebook": ("grader.cli.gradebook:gradebook", "Results: show, export, report, override, stats."),
    "similar": ("grader.cli.similar:similar", "Likely copies in a class."),
    "kit": ("grader.cli.kit:kit", "What learners get: stubs, quizzes, a public key."),
    "new": ("grader.cli.author:new", "Scaffold an exercise or a bank."),
    "verify": ("grader.cli.verify:verify", "Prove the course."),
    "wheats": ("grader.cli.author:wheats", "Every correct implementation, as files."),
    "chaffs": ("grader.cli.author:chaffs", "Every wrong implementation, as files."),
    "schema": ("grader.cli.author:schema", "JSON Schema of the report, course.yaml or a quiz bank."),
    "doctor": ("grader.cli.doctor:doctor", "What this machine gives, and how to get more."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, and listed without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands that this installation holds, in the order a learner meets them."""
        return [name for name, (target, _) in COMMANDS.items() if _exists(target)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported; None when there is none of that name."""
        target = COMMANDS.get(cmd_name, ("", ""))[0]
        if not target or not _exists(target):
            return None
        module, attribute = target.split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


def _exists(target: str) -> bool:
    return importlib.util.find_spec(target.split(":")[0]) is not None


@click.command(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, package_name="cnn-grader", prog_name="grader")
def cli() -> None:
    """Learn convolutional networks by building them.

    Start with `grader init`, open a file, and run `grader check`.
    """


def main() -> None:
    """Run the command line, turning a `GraderError` into a message and its exit code."""
    try:
        code = cli.main(prog_name="grader", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except GraderError as wrong:
        for problem in wrong.problems:
            click.echo(f"grader: {problem}", err=True)
        sys.exit(wrong.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
