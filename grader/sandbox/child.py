"""One worker, as the judge sees it: four pipes, a way to end it, and what is known once it has ended."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Protocol

from grader.sandbox.cgroup import Group, pid_of

_POLL_S = 0.005


@dataclass(frozen=True)
class Record:
    """What the system says of a process that has ended."""

    status: int
    "exit status; negative: the signal that ended it"
    cpu_s: float


@dataclass(frozen=True)
class Pipes:
    """The judge's ends: requests and replies, what the learner prints."""

    request: int
    reply: int
    output: int

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in (self.request, self.reply, self.output):
            os.close(descriptor)


class Child(Protocol):
    """A worker, however it was made."""

    @property
    def pipes(self) -> Pipes:
        """The judge's ends."""

    @property
    def pid(self) -> int:
        """The process, in this process's numbering; -1 when it is gone."""

    @property
    def group(self) -> Group | None:
        """The memory group that it moved into at birth, if any; whoever has it bounds it and gives it back."""

    def kill(self) -> None:
        """End the worker's whole process tree now."""

    def record(self, timeout_s: float) -> Record | None:
        """Facts of its end, waited for; `None` when there is nobody left to tell them."""

    def close(self) -> None:
        """Kill it and give the descriptors back."""


@dataclass(frozen=True)
class Forked:
    """A zygote's child: the zygote reports its end on `status`. `pidfd` cannot mean another process, ever."""

    pipes: Pipes
    pidfd: int
    status: int
    group: Group | None = None

    @property
    def pid(self) -> int:
        """See `Child`; the zygote numbers its children otherwise."""
        return pid_of(self.pidfd)

    def kill(self) -> None:
        """See `Child`. It is process 1 of its namespace, or cannot make processes: the tree is gone with it."""
        try:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def record(self, timeout_s: float) -> Record | None:
        """See `Child`; `None` when the zygote is dead too."""
        poll = select.poll()
        poll.register(self.status, select.POLLIN)
        if not poll.poll(timeout_s * 1000):
            return None
        try:
            return Record(**json.loads(os.read(self.status, 4096)))
        except (OSError, ValueError, TypeError):
            return None

    def close(self) -> None:
        """See `Child`."""
        self.kill()
        self.pipes.close()
        os.close(self.status)
        os.close(self.pidfd)


@dataclass(frozen=True)
class Started:
    """A process of its own, for systems on which a loaded framework cannot be forked."""

    pipes: Pipes
    process: subprocess.Popen[bytes]
    group: Group | None = None

    @property
    def pid(self) -> int:
        """See `Child`."""
        return self.process.pid

    def kill(self) -> None:
        """See `Child`. What has left the process group survives: `basic` promises no more."""
        for end in (os.killpg, os.kill):
            try:
                end(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue

    def record(self, timeout_s: float) -> Record | None:
        """See `Child`."""
        until = time.monotonic() + timeout_s
        while self.process.returncode is None:
            pid, code, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.process.returncode = os.waitstatus_to_exitcode(code)
                return Record(self.process.returncode, usage.ru_utime + usage.ru_stime)
            if time.monotonic() > until:
                return None
            time.sleep(_POLL_S)
        return None

    def close(self) -> None:
        """See `Child`."""
        if self.process.returncode is None:
            self.kill()
            self.process.wait()
        self.pipes.close()
