"""Where a class is judged: an executor takes tasks and gives judgements. This machine's threads here, a cluster in `cluster`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from grader.batch.judging import Judgement, Task, judged
from grader.judge.judge import Judge
from grader.sandbox.devices import resolve

Place = tuple[str, str | None]  # a device, and why nothing can be judged there


class Executor(Protocol):
    """Judges tasks, `slots` at once. It holds no results: whoever submits records them."""

    @property
    def slots(self) -> int:
        """How many tasks run at once now; more than these only wait."""
        ...

    def places(self, wanted: str, offered: Sequence[str]) -> list[Place]:
        """The devices an exercise is to be judged on. Raises: `UsageError`."""
        ...

    def submit(self, task: Task) -> Future[Judgement]:
        """Have a task judged. The future raises `GraderError` when it could not be, never for the learner's code."""
        ...

    def close(self) -> None:
        """Wait for what runs, and let go."""
        ...


class Threads:
    """Threads of this machine, over one pool of sandboxes."""

    def __init__(self, judge: Judge, jobs: int) -> None:
        self.judge, self.slots = judge, jobs
        self._threads = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="judge")

    def places(self, wanted: str, offered: Sequence[str]) -> list[Place]:
        """What this machine has."""
        return resolve(wanted, offered)

    def submit(self, task: Task) -> Future[Judgement]:
        """Judged by the next thread that is free."""
        return self._threads.submit(judged, self.judge, task)

    def close(self) -> None:
        """Wait for what runs; what waits is dropped."""
        self._threads.shutdown(cancel_futures=True)
