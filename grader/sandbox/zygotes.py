"""The judge's end of a zygote: start it, have it fork, notice that it died."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, NoReturn

from grader.errors import MachineError
from grader.sandbox.cgroup import Groups, pid_of
from grader.sandbox.child import Child, Forked, Pipes

START_S, FORK_S = 120.0, 30.0
"a cold `import torch` from a slow disk takes most of a minute"


class ZygoteDied(Exception):
    """The zygote is gone; the pool starts another."""


@dataclass(frozen=True)
class Spare:
    """A worker nobody has asked for yet, and what it was made for."""

    child: Forked
    home: str
    file_mib: int


class Zygote:
    """A running zygote. Any thread may ask it for a child."""

    def __init__(
        self,
        control: socket.socket,
        groups: Groups | None = None,
        process: subprocess.Popen[bytes] | None = None,
        said: IO[bytes] | None = None,
    ) -> None:
        self._control, self._groups, self._process, self._said = control, groups, process, said
        self._lock = threading.Lock()
        self._beside = ThreadPoolExecutor(1, "spare")
        self._spare: Future[Spare] | None = None
        self._pidfd: int | None = None
        self._ready = False
        self.alive = True
        self.forks = 0

    @classmethod
    def start(
        cls,
        command: Callable[[int], Sequence[str]],
        environment: Mapping[str, str],
        groups: Groups | None = None,
    ) -> Zygote:
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
        return cls(ours, groups, process, said)

    def wait_ready(self) -> None:
        """Return when it has loaded its framework. Raises: `ZygoteDied` with what it said."""
        with self._lock:
            if not self._ready:
                _, (self._pidfd,) = self._receive(START_S)
                self._ready = True

    def fork(self, home: str, file_mib: int) -> Child:
        """A clean worker; the next one is made at once, so that its making is off the critical path.

        Raises: `ZygoteDied`.
        """
        self.wait_ready()
        with self._lock:
            spare = (self._spare or self._order(home, file_mib)).result()
            if (spare.home, spare.file_mib) != (home, file_mib):
                spare.child.close()
                spare = self._order(home, file_mib).result()
            self._spare = None
            self._spare = self._order(home, file_mib)
            self.forks += 1
        return spare.child

    def _order(self, home: str, file_mib: int) -> Future[Spare]:
        """Have a worker made. One order at a time: answers bear no number."""
        pairs = [os.pipe() for _ in range(4)]
        (request_r, request_w), *others = pairs
        theirs = [request_r, *(write for _, write in others)]
        ours = [request_w, *(read for read, _ in others)]
        for descriptor in ours:
            os.set_blocking(descriptor, False)
        try:
            self._send({"op": "fork", "home": home, "file_mib": file_mib}, theirs)
        except ZygoteDied:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        return self._beside.submit(self._collect, ours, home, file_mib)

    def _collect(self, ends: Sequence[int], home: str, file_mib: int) -> Spare:
        """Take the answer to an order, and put the worker where its memory is counted."""
        try:
            _, (pidfd,) = self._receive(FORK_S)
        except ZygoteDied:
            for descriptor in ends:
                os.close(descriptor)
            raise
        group = None if self._groups is None else self._groups.take(pid_of(pidfd))
        return Spare(Forked(Pipes(*ends[:3]), pidfd, ends[3], group), home, file_mib)

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
        return Zygote(ours, self._groups)

    def retire(self) -> None:
        """No more children: it goes by itself when its last worker has gone."""
        with self._lock:
            self._drop_spare()
            try:
                self._send({"op": "retire"}, ())
            except ZygoteDied:
                pass

    @property
    def gone(self) -> bool:
        """Whether its process has ended."""
        return self._pidfd is not None and bool(select.select([self._pidfd], [], [], 0)[0])

    def _drop_spare(self) -> None:
        spare, self._spare = self._spare, None
        if spare is not None:
            try:
                spare.result().child.close()
            except ZygoteDied:
                pass

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
            try:
                self._control.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for an answer
            except OSError:
                pass
            self._drop_spare()
            self._control.close()
        self._beside.shutdown()
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
