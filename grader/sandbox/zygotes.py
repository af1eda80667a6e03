"""The judge's end of a zygote: start it, have it fork, notice that it died."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import IO, NoReturn

from grader.errors import MachineError
from grader.sandbox.cgroup import Group, Groups
from grader.sandbox.child import Child, Forked, Pipes

START_S, FORK_S = 120.0, 30.0
"a cold `import torch` from a slow disk takes most of a minute"


class ZygoteDied(Exception):
    """The zygote is gone; the pool starts another."""


class Zygote:
    """A running zygote. Any thread may ask it for a child."""

    def __init__(
        self,
        control: socket.socket,
        process: subprocess.Popen[bytes] | None = None,
        said: IO[bytes] | None = None,
    ) -> None:
        self._control = control
        self._process = process
        self._said = said
        self._lock = threading.Lock()
        self._spares: deque[tuple[tuple[int, int, int, int], tuple[str, int], Group | None]] = deque()
        "ordered and not yet taken: our ends of request, reply, output and status; home and file_mib; memory group"
        self._groups: Groups | None = None
        self._pidfd: int | None = None
        self._ready = False
        self.alive = True
        self.forks = 0

    @classmethod
    def start(cls, command: Callable[[int], Sequence[str]], environment: Mapping[str, str]) -> Zygote:
        """Start the command that finds its control socket at the descriptor given. Raises: `MachineError`."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        said = tempfile.TemporaryFile()
        try:
            process = subprocess.Popen(
                command(theirs.fileno()),
                env=dict(environment),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            said.close()
            raise MachineError(
                f"the sandbox does not start: {error}", remedy="run `grader doctor`"
            ) from error
        finally:
            theirs.close()
        return cls(ours, process, said)

    def wait_ready(self) -> None:
        """Return when it has loaded its framework. Raises: `ZygoteDied` with what it said."""
        with self._lock:
            if not self._ready:
                _, (self._pidfd,) = self._receive(START_S)
                self._ready = True

    def fork(self, home: str, file_mib: int, groups: Groups | None = None) -> Child:
        """A clean worker; the next one is ordered at once, so that its making is off the critical path.

        `groups`: where it is to be counted from birth, if that can be had.
        Raises: `ZygoteDied`.
        """
        self.wait_ready()
        with self._lock:
            self._groups = groups
            if not self._spares:
                self._order_child(home, file_mib)
            child, made_for = self._take_spare()
            if made_for != (home, file_mib):
                child.close()
                self._give_back(child.group)
                self._order_child(home, file_mib)
                child, _ = self._take_spare()
            self._order_child(home, file_mib)
            self.forks += 1
        return child

    def _take_spare(self) -> tuple[Forked, tuple[str, int]]:
        _, descriptors = self._receive(FORK_S)
        ends, made_for, group = self._spares.popleft()
        return Forked(Pipes(*ends[:3]), descriptors[0], ends[3], group), made_for

    def _order_child(self, home: str, file_mib: int) -> None:
        pairs = [os.pipe() for _ in range(4)]
        (request_r, request_w), *others = pairs
        theirs = [request_r, *(write for _, write in others)]
        ours = [request_w, *(read for read, _ in others)]
        for descriptor in ours:
            os.set_blocking(descriptor, False)
        group = None
        if self._groups is not None and (reserved := self._groups.reserve()) is not None:
            group, entry = reserved
            theirs.append(entry)
        self._spares.append(((ours[0], ours[1], ours[2], ours[3]), (home, file_mib), group))
        try:
            self._send({"op": "fork", "home": home, "file_mib": file_mib}, theirs)
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def branch(self, forbidden: Sequence[str]) -> Zygote:
        """A copy of this zygote in which some operations are refused. Raises: `ZygoteDied`."""
        self.wait_ready()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with self._lock:
                self._send({"op": "branch", "forbidden": list(forbidden)}, (theirs.fileno(),))
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return Zygote(ours)

    def retire(self) -> None:
        """No more children: it goes by itself when its last worker has gone."""
        with self._lock:
            self._drop_spares()
            try:
                self._send({"op": "retire"}, ())
            except ZygoteDied:
                pass

    @property
    def gone(self) -> bool:
        """Whether its process has ended."""
        return self._process is not None and self._process.poll() is not None

    def _drop_spares(self) -> None:
        while self._spares:
            ends, _, group = self._spares.popleft()
            for descriptor in ends:
                os.close(descriptor)  # a spare whose request pipe closes ends itself
            self._give_back(group)

    def _give_back(self, group: Group | None) -> None:
        if group is not None and self._groups is not None:
            self._groups.give_back(group)

    def _send(self, order: Mapping[str, object], descriptors: Sequence[int]) -> None:
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], list(descriptors))
        except OSError:
            self._died()

    def _receive(self, timeout_s: float) -> tuple[dict[str, int], list[int]]:
        self._control.settimeout(timeout_s)
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 65536, 1)
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._died()
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        return json.loads(message), descriptors

    def _died(self) -> NoReturn:
        self.alive = False
        said = b""
        self._kill()
        if self._said is not None:
            self._said.seek(0)
            said = self._said.read(1 << 20)[-2000:]
        raise ZygoteDied(said.decode(errors="replace").strip())

    def _kill(self) -> None:
        """End the zygote itself, and the jail around it."""
        if self._pidfd is not None:
            try:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End it and, with it, every worker it forked."""
        self.alive = False
        with self._lock:
            self._control.close()
            self._drop_spares()
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._kill()
                self._process.wait()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        if self._said is not None:
            self._said.close()
            self._said = None
