"""How long somebody was ready to run while every processor was taken: time that a limit must not count."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from grader.errors import MachineError

PATIENCE = 4.0
"""How many limits more a request may take on a machine that is too busy to run it."""


@dataclass(frozen=True)
class Spent:
    """Seconds of a main thread so far: on a processor, and ready for one."""

    ran_s: float = 0.0
    waited_s: float = 0.0


class Queue:
    """Reads what the kernel counts of a process's main thread, or of the thread that asks (`thread-self`). Close it."""

    def __init__(self, who: int | str) -> None:
        self._file: int | None = None
        try:
            self._file = os.open(f"/proc/{who}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            pass

    def spent(self) -> Spent:
        """Nothing where nobody counts it, and for a process that is gone."""
        if self._file is None:
            return Spent()
        try:
            ran, waited = os.pread(self._file, 256, 0).split()[:2]
            return Spent(int(ran) * 1e-9, int(waited) * 1e-9)
        except (OSError, ValueError):
            return Spent()

    def close(self) -> None:
        """Give the descriptor back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __del__(self) -> None:
        self.close()


class Wait:
    """What a worker and the thread that listens to it have waited for a processor since a request began."""

    def __init__(self, worker: Queue) -> None:
        self._worker, self._own = worker, _own_queue()
        self._worker_then, self._own_then = worker.spent(), self._own.spent()

    def waited_s(self) -> float:
        """Seconds of both: a listener that cannot run reads an answer late, and sends a request late."""
        worker = self._worker.spent().waited_s - self._worker_then.waited_s
        return max(0.0, worker) + self._own.spent().waited_s - self._own_then.waited_s

    def too_busy(self, waited_s: float, cpu_s: float | None, limit_s: float) -> MachineError | None:
        """The machine's fault, where a request that ran out of all patience got less of a processor than its limit.

        `cpu_s`: all that the worker used in its life, in every thread: code that keeps itself waiting has used its limit.
        """
        if cpu_s is None or waited_s < PATIENCE * limit_s or cpu_s - self._worker_then.ran_s >= limit_s:
            return None
        return MachineError(
            f"the machine is too busy to judge: code with a limit of {limit_s:g} s waited {waited_s:.0f} s for a processor",
            remedy="end other programs and try again; grade judges fewer at a time with --jobs",
        )


_threads = threading.local()


def _own_queue() -> Queue:
    found: Queue | None = getattr(_threads, "queue", None)
    if found is None:
        found = _threads.queue = Queue("thread-self")
    return found
