"""The judge's end of a zygote: start it, have it fork, notice that it died."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, NoReturn

from grader.errors import MachineError

START_S = 120.0
"a cold `import torch` from a slow disk takes most of a minute"


class ZygoteDied(Exception):
    """The zygote is gone; the pool starts another."""


@dataclass
class Child:
    """One worker, seen from the judge. Descriptors are the judge's own ends."""

    pid: int
    pidfd: int
    request: int
    reply: int
    output: int
    status: int

    def kill(self) -> None:
        """End the worker's whole tree now: it is process 1 of its namespace, or has no way to make another process."""
        try:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self) -> None:
        """Kill it and give the descriptors back."""
        self.kill()
        for descriptor in (self.request, self.reply, self.output, self.status, self.pidfd):
            os.close(descriptor)


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
        self._ready = False
        self.alive = True

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
                self._receive(START_S)
                self._ready = True

    def fork(self) -> Child:
        """A clean worker. Raises: `ZygoteDied`."""
        self.wait_ready()
        request_r, request_w = os.pipe()
        reply_r, reply_w = os.pipe()
        output_r, output_w = os.pipe()
        status_r, status_w = os.pipe()
        theirs, ours = (request_r, reply_w, output_w, status_w), (request_w, reply_r, output_r, status_r)
        try:
            with self._lock:
                self._send({"op": "fork"}, theirs)
                answer, (pidfd,) = self._receive(30.0)
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        for descriptor in ours:
            os.set_blocking(descriptor, False)
        return Child(answer["pid"], pidfd, *ours)

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
        if self._process is not None:
            self._process.kill()
        if self._said is not None:
            self._said.seek(0)
            said = self._said.read(1 << 20)[-2000:]
        raise ZygoteDied(said.decode(errors="replace").strip())

    def close(self) -> None:
        """End it and, with it, every worker it forked."""
        self.alive = False
        self._control.close()
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._said is not None:
            self._said.close()
