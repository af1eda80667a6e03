"""`grader kit`: what leaves the instructor's machine."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import click

from grader import __version__
from grader.cli.options import cache_home, course_option, open_course
from grader.errors import UsageError


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@course_option
@click.option("--gradescope", is_flag=True, help="An autograder zip for Gradescope, with hidden cases.")
@click.option("--github", is_flag=True, help="A repository template with a workflow that checks every push.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=None,
    help="With --gradescope: the secret seed. Default: a new one.",
)
@click.option(
    "--install",
    default=f"cnn-grader=={__version__}",
    show_default=True,
    help="With --github: what pip installs there, e.g. a git URL.",
)
def kit(
    out: Path, course_root: Path | None, gradescope: bool, github: bool, seed: int | None, install: str
) -> None:
    """What learners get, in OUT: stubs, quizzes, public keys; no line of solution code."""
    from grader.judge.keysmith import Keysmith

    if gradescope and github:
        raise UsageError("--gradescope and --github are two kits", remedy="make one after the other")
    if seed is not None and not gradescope:
        raise UsageError("--seed goes with --gradescope: learners' kits hold public cases")
    if not re.fullmatch(r"[^\s\"'$`\\][^\n\r\"'$`\\]*", install):
        raise UsageError(f"--install {install!r} is nothing that pip installs")
    course, keysmith = open_course(course_root), Keysmith(cache_home() / "keys")
    if gradescope:
        from grader.kit.gradescope import make_bundle

        made = make_bundle(course, out, keysmith, secrets.randbits(120) if seed is None else seed)
        said = f"Upload {out} as the assignment's autograder. Keep it to yourself: it holds the hidden cases' answers."
    elif github:
        from grader.kit.github import make_template

        made = make_template(course, out, keysmith, install)
        said = f"Push {out} as the template repository."
    else:
        from grader.kit.learners import make_kit

        made = make_kit(course, out, keysmith)
        said = f"Learners run: grader init --course {out.name} && grader check --course {out.name}"
    click.echo(f"{len(made.sealed)} exercises in {out}. {said}")
    for name in made.without_key:
        click.echo(f"{name} is judged by `grader grade` alone: its key would be solution code.", err=True)
