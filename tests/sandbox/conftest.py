"""Pools shared by the sandbox's tests: one per level, started once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.errors import MachineError
from grader.sandbox import Level, Limits, Pool, Session, WorkerEnded
from grader.worker.wire import Message


@pytest.fixture(scope="session")
def pools() -> Iterator[Callable[[Level], Pool]]:
    made: dict[Level, Pool] = {}

    def pool_at(level: Level) -> Pool:
        if level not in made:
            try:
                made[level] = Pool(level)
            except MachineError as missing:
                pytest.skip(str(missing))
        return made[level]

    yield pool_at
    for pool in made.values():
        pool.close()


@pytest.fixture(params=list(Level), ids=str)
def pool(request: pytest.FixtureRequest, pools: Callable[[Level], Pool]) -> Pool:
    return pools(request.param)


@pytest.fixture
def strong(pools: Callable[[Level], Pool]) -> Pool:
    return pools(Level.STRONG)


def descendants(root: int) -> set[int]:
    """Every living process below `root`."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(folder.name)] = int(fields[1])
    found = {root}
    while new := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= new
    return found - {root}


def alive(pid: int) -> bool:
    """Whether the process runs; one that is only waiting to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def private_mib(pid: int) -> float:
    """Memory that a process has written to and shares with nobody."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no such line")


def load(source: str, *entries: str) -> Message:
    """The request that runs `source` in a worker."""
    return Message({"do": "load", "name": "learner", "source": source, "entries": list(entries)})


def run(session: Session, source: str, **bounds: Any) -> dict[str, Any]:
    """What the worker said of running `source`: its answer's head, or the outcome of its end."""
    try:
        return dict(session.ask(load(source), **bounds).head)
    except WorkerEnded as ended:
        return {"status": str(ended.outcome.ending), "outcome": ended.outcome}


def run_once(
    pool: Pool, source: str, framework: Any = "numpy", limits: Limits | None = None, **options: Any
) -> dict[str, Any]:
    """`run` in a session of its own; what was printed is under "printed"."""
    with pool.session(framework, limits=limits, **options) as session:
        said = run(session, source)
        return {**said, "printed": session.output}


def error_type(said: dict[str, Any]) -> str | None:
    """The class of the exception the code raised."""
    return said.get("error", {}).get("type") if said["status"] == "error" else None
