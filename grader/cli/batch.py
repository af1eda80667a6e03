"""What `grade` and `regrade` share: where results go, with which judge, and how to stop."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.options import cache_home, open_course
from grader.errors import MachineError

if TYPE_CHECKING:
    from grader.batch.clerk import Clerk
    from grader.batch.executor import Executor
    from grader.course.catalog import Course
    from grader.gradebook.assignment import Assignment
    from grader.judge.judge import Judge

_OPTIONS = (
    click.option(
        "--gradebook",
        "where",
        default="gradebook.db",
        help="A file, or a database URL. Default: gradebook.db.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=None,
        help="How many at a time. Default: one per core, of this machine or of the cluster.",
    ),
    click.option(
        "--cluster", metavar="auto|ADDRESS", default=None, help="A running Ray cluster that judges instead."
    ),
    click.option(
        "--seed",
        type=int,
        default=None,
        help="The secret seed of the hidden cases. Default: the assignment's, or one kept beside the gradebook.",
    ),
    click.option(
        "--sandbox", type=click.Choice(["strong", "basic"]), default="strong", help="basic must be asked for."
    ),
    click.option(
        "--assignment",
        "assignment_file",
        type=click.Path(path_type=Path),
        help="YAML: exercises, weights, due date, late days. Default: the one that the gradebook holds.",
    ),
)


def batch_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that judges a class."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Office:
    """All that judging a class needs."""

    clerk: Clerk
    executor: Executor
    assignment: Assignment | None


@contextlib.contextmanager
def office(
    where: str,
    course_root: Path | None,
    assignment_file: Path | None,
    seed: int | None,
    sandbox: str,
    jobs: int | None,
    cluster: str | None,
) -> Iterator[Office]:
    """A clerk with its gradebook open and somebody who judges, under the assignment given or kept."""
    from grader.batch.clerk import Clerk
    from grader.gradebook.assignment import load_assignment, with_limits
    from grader.gradebook.store import Gradebook
    from grader.judge.judge import Judge
    from grader.judge.keysmith import Keysmith
    from grader.sandbox import Level, Pool

    course = open_course(course_root)
    given = load_assignment(assignment_file, course) if assignment_file else None
    with Gradebook(where) as book, Pool(Level(sandbox), jobs=jobs or cores()) as pool:
        if given is not None:
            book.keep_assignment(datetime.now(UTC), given)
        assignment = given or book.assignment()
        if assignment is not None:
            course = with_limits(course, assignment.limits)
            seed = assignment.hidden_seed if seed is None else seed
        judge = Judge(pool, Keysmith(cache_home() / "keys"), _seed(where, seed), hidden=True)
        executor = _executor(cluster, course, judge, jobs)
        try:
            yield Office(Clerk(course, judge, book, lambda: datetime.now(UTC)), executor, assignment)
        finally:
            executor.close()


def _executor(cluster: str | None, course: Course, judge: Judge, jobs: int | None) -> Executor:
    if cluster is None:
        from grader.batch.executor import Threads

        return Threads(judge, jobs or cores())
    from grader.batch.cluster import Cluster

    return Cluster(cluster, course, judge, jobs)


def _seed(where: str, given: int | None) -> int:
    """The secret seed: given, or drawn once and kept, readable by this user alone, beside the gradebook."""
    if given is not None:
        return given
    path = Path(f"{where}.seed") if "://" not in where else Path("gradebook.seed")
    if path.exists():
        return _kept_seed(path)
    drawn = secrets.randbits(120)
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as file:
            file.write(str(drawn))
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, path)  # whole or not at all, and never over another's
    except FileExistsError:
        return _kept_seed(path)
    except OSError as wrong:
        raise MachineError(f"the secret seed cannot be kept: {wrong.strerror}", path=path) from None
    return drawn


def _kept_seed(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise MachineError(
            "holds no seed: a number was expected",
            path=path,
            remedy="put the seed back, or remove the file to draw another, which judges everything anew",
        ) from None


@contextlib.contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Whether the user wants to stop: Ctrl-C or a polite kill asks once, a second Ctrl-C does not wait."""
    asked: list[int] = []

    def ask(number: int, _: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        click.echo("Finishing what is running. Once more to leave it.", err=True)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
