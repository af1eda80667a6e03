"""Options and places that several commands share. Reads the environment; nothing else does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from grader.course.catalog import Course
    from grader.course.progress import Progress

Command = Callable[..., Any]


def course_option(command: Command) -> Command:
    """`--course DIR`; the built-in course when it is not given."""
    return click.option(
        "--course",
        "course_root",
        type=click.Path(path_type=Path),
        help="A course folder. Default: the built-in one.",
    )(command)


def sandbox_option(command: Command) -> Command:
    """`--sandbox auto|strong|basic`, for one's own code: the best that this machine gives when it is not given."""
    return click.option(
        "--sandbox",
        type=click.Choice(["auto", "strong", "basic"]),
        default="auto",
        help="Default: the best here.",
    )(command)


def workspace_option(command: Command) -> Command:
    """`--workspace DIR`; the current folder when it is not given."""
    return click.option(
        "--workspace",
        type=click.Path(path_type=Path),
        default=Path(),
        help="Where your files are. Default: here.",
    )(command)


def open_course(course_root: Path | None) -> Course:
    """The course named on the command line, or the built-in one."""
    from grader.course.catalog import builtin_root, load_course

    return load_course(builtin_root() if course_root is None else course_root)


def data_home() -> Path:
    """Where a learner's progress and review log live: `GRADER_HOME`, or the platform's folder for user data."""
    given = os.environ.get("GRADER_HOME")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_data_dir("cnn-grader"))


def cache_home() -> Path:
    """Where keys are cached: under `GRADER_HOME`, or the platform's folder for caches."""
    given = os.environ.get("GRADER_HOME")
    if given:
        return Path(given) / "cache"
    import platformdirs

    return Path(platformdirs.user_cache_dir("cnn-grader"))


def open_progress() -> Progress:
    """The learner's own record of attempts and hints."""
    from grader.course.progress import Progress

    return Progress(data_home() / "progress.db")
