"""What a worker process of `verify` does: hold one pool of sandboxes, and prove exercises one after the other."""

from __future__ import annotations

import os
import tempfile
import time
import traceback
from dataclasses import dataclass
from multiprocessing import util
from pathlib import Path
from typing import Literal

from grader.course.catalog import Exercise, load_course
from grader.errors import MachineError
from grader.sandbox import Level, Pool
from grader.verify.result import Flaw, Hunted, Judged
from grader.worker.confine import die_with_parent

What = Literal["judged", "hunted"]


@dataclass(frozen=True)
class Job:
    """One part of one exercise's proof."""

    root: Path
    topic: str
    exercise: str
    what: What
    seeds: int
    devices: tuple[str, ...]

    @property
    def name(self) -> str:
        """The job as a cache entry and a progress line call it."""
        return f"{self.exercise}-{self.what}"


_pools: list[Pool] = []


def start(level: Level, parent: int) -> None:
    """Called once in each worker process of `parent`, before anything else there touches PyTorch."""
    die_with_parent()  # first: importing PyTorch takes seconds in which the command may be killed
    if os.getppid() != parent:
        os._exit(1)  # it was, before that
    import torch

    torch.set_num_threads(1)  # processes are forked for mutants: a thread pool would not survive
    pool = Pool(level)
    _pools.append(pool)
    util.Finalize(None, pool.close, exitpriority=10)


def do(job: Job) -> Judged | Hunted:
    """The job's result. Raises: `MachineError`."""
    exercise = load_course(job.root).exercise(job.exercise)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="grader-verify-") as folder:
        try:
            found = _found(job, exercise, Path(folder))
        except MachineError:
            raise
        except Exception as wrong:  # one exercise must not keep the others from being proved
            found = Judged(flaws=(_accident(job, wrong),))
    return found.model_copy(update={"wall_s": round(time.monotonic() - begin, 2)})


def _found(job: Job, exercise: Exercise, cache: Path) -> Judged | Hunted:
    if job.what == "hunted":
        from grader.verify.hunt import hunt

        return hunt(exercise, cache)
    from grader.verify.variants import judged_anyway

    return judged_anyway(exercise, _pools[0], cache, job.seeds, job.devices)


def _accident(job: Job, wrong: Exception) -> Flaw:
    """An exception that nobody foresaw: the course gave the grader something it has no message for."""
    last = traceback.extract_tb(wrong.__traceback__)[-1]
    return Flaw(
        message=f"{job.what}: {type(wrong).__name__}: {wrong} (at {Path(last.filename).name}:{last.lineno})",
        file=f"solutions/{job.topic}/{job.exercise}.py",
        remedy="look for a value in cases or settings that is of no kind docs/authoring.md names",
    )
