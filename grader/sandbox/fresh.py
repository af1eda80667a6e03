"""Workers without a zygote: a process each, the next one loading while this one works. For macOS, where a fork after
loading a framework is not safe.
"""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from grader.errors import MachineError
from grader.sandbox.cgroup import Groups
from grader.sandbox.child import Child, Pipes, Started

#: (request, reply, output) to inherit, forbidden operations, home, file_mib -> the command line
Command = Callable[[Sequence[int], Sequence[str], str, int], Sequence[str]]


class Fresh:
    """Makes workers by starting processes. Any thread may ask."""

    alive = True
    forks = 0
    gone = True

    def __init__(
        self, command: Command, environment: Mapping[str, str], forbidden: Sequence[str] = ()
    ) -> None:
        self._command = command
        self._environment = dict(environment)
        self._forbidden = tuple(forbidden)
        self._lock = Lock()
        self._spares: deque[tuple[Started, tuple[str, int]]] = deque()

    def wait_ready(self) -> None:
        """Nothing to wait for."""

    def fork(self, home: str, file_mib: int, groups: Groups | None = None) -> Child:
        """A clean worker. Raises: `MachineError`."""
        with self._lock:
            while self._spares:
                child, made_for = self._spares.popleft()
                if made_for == (home, file_mib):
                    break
                child.close()
            else:
                child = self._start(home, file_mib)
            self._spares.append((self._start(home, file_mib), (home, file_mib)))
        return child

    def branch(self, forbidden: Sequence[str]) -> Fresh:
        """The same with some operations refused."""
        return Fresh(self._command, self._environment, forbidden)

    def retire(self) -> None:
        """No more workers."""
        self.close()

    def _start(self, home: str, file_mib: int) -> Started:
        pairs = [os.pipe() for _ in range(3)]
        (request_r, request_w), (reply_r, reply_w), (output_r, output_w) = pairs
        theirs, ours = (request_r, reply_w, output_w), (request_w, reply_r, output_r)
        try:
            process = subprocess.Popen(
                self._command(theirs, self._forbidden, home, file_mib),
                env=self._environment,
                pass_fds=theirs,
                stdin=subprocess.DEVNULL,
                stdout=output_w,
                stderr=output_w,
            )
        except OSError as error:
            for descriptor in ours:
                os.close(descriptor)
            raise MachineError(
                f"the sandbox does not start: {error}", remedy="run `grader doctor`"
            ) from error
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        for descriptor in ours:
            os.set_blocking(descriptor, False)
        return Started(Pipes(*ours), process)

    def close(self) -> None:
        """End the spares."""
        with self._lock:
            for child, _ in self._spares:
                child.close()
            self._spares.clear()
