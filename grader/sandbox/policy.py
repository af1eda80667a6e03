"""What a learner's code may use, and how its process ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How well a learner's code is held; `docs/security.md` says what each promises."""

    STRONG = "strong"
    BASIC = "basic"


@dataclass(frozen=True)
class Limits:
    """What one session may use. Reaching a limit ends the session, and the outcome names it."""

    wall_s: float = 10.0
    "seconds by the judge's clock, for each request; waiting for a processor does not count"
    cpu_s: int = 60
    "CPU seconds of all threads, over the session"
    memory_mib: int = 1024
    "address space beyond that of the warm worker"
    processes: int = 32
    "threads; a new process is refused in any case where the kernel can refuse it"
    file_mib: int = 16
    "bytes in the private temporary folder, over the session (`basic`: per file)"
    output_kib: int = 256
    "bytes on stdout and stderr together, for each request"
    open_files: int = 64
    "descriptors; a driver needs more, and gets them"
    device_mib: int = 4096
    "memory of a GPU, on one"
    reply_mib: int = 64
    "bytes of one reply's tensors, unless the request says less"


class Ending(StrEnum):
    """Why a session ended before its judge closed it."""

    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Outcome:
    """Facts about a session that ended early. `None` means not measured."""

    ending: Ending
    detail: str
    "one sentence, naming the limit and its value where a limit was reached"
    status: int | None = None
    "exit status; negative: the signal that ended the process"
    wall_s: float | None = None
    cpu_s: float | None = None
    peak_mib: float | None = None
    "memory that the worker took itself, at its largest; where the kernel counts it (see `cgroup`) or a `Watcher` saw it"


class WorkerEnded(Exception):
    """The session is over: an ordinary outcome of running a learner's code, never a fault of the grader."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.detail)
