"""A conversation with one clean worker, ending in an answer to every request or in one `Outcome`."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from grader.errors import MachineError
from grader.sandbox.cgroup import Group, Groups
from grader.sandbox.child import Child, Record
from grader.sandbox.endings import cause, too_much_memory
from grader.sandbox.exchange import (
    BadAnswer,
    Exchange,
    NoAnswer,
    NotInTime,
    TooMuchMemory,
    TooMuchOutput,
)
from grader.sandbox.policy import Ending, Limits, Outcome, WorkerEnded
from grader.sandbox.waiting import PATIENCE, Queue, Wait
from grader.sandbox.watcher import Watcher
from grader.worker import wire
from grader.worker.protocol import LENGTH

_STATUS_S, _KILLED_S, _WALLS_S = 1.0, 10.0, 120.0
_RETRIES = 2
_DRIVER_FILES = 1024


class Session:
    """One worker and what it printed. Use it from one thread at a time; close it, or leave its `with` block."""

    def __init__(
        self,
        born: Callable[[], Child],
        limits: Limits,
        groups: Groups | None = None,
        on_device: Callable[[int], Callable[[], bool]] | None = None,
    ) -> None:
        """`born` gives a clean worker; it is called again when a zygote dies under the session.

        `on_device`, of a worker on a GPU: process id -> whether it holds too much of the device's memory.
        """
        self._on_device = on_device
        self._greedy: Callable[[], bool] = lambda: False
        self._groups = groups
        self._group: Group | None = None
        self._watcher: Watcher | None = None
        self._born = born
        self._limits = limits
        self._asked: list[tuple[bytes, float, int]] = []
        self._child: Child | None = None
        self._outcome: Outcome | None = None
        self._open()
        self.wall_s: float | None = None

    @property
    def output(self) -> str:
        """What the learner printed since the last request began."""
        return self._exchange.printed.decode("utf-8", "replace")

    def ask(
        self, message: wire.Message, *, wall_s: float | None = None, max_reply_bytes: int | None = None
    ) -> wire.Message:
        """The worker's reply. Raises: `WorkerEnded` (the session is over), `MachineError` (the sandbox does not hold)."""
        if self._outcome is not None:
            raise WorkerEnded(self._outcome)
        wall = self._limits.wall_s if wall_s is None else wall_s
        bound = (self._limits.reply_mib << 20) if max_reply_bytes is None else max_reply_bytes
        self._asked.append((wire.pack(message), wall, bound))
        for _ in range(_RETRIES):
            try:
                return self._replay()
            except _Orphaned:
                self.close()
                self._open()
        raise self._ended(Ending.CRASHED, "the sandbox died each time this code ran in it")

    def _replay(self) -> wire.Message:
        """Ask what this worker has not been asked yet: the last request, or all of them in a replacement."""
        reply = None
        while self._answered < len(self._asked):
            reply = self._once(*self._asked[self._answered])
            self._answered += 1
        assert reply is not None
        return reply

    def _once(self, frame: bytes, wall_s: float, max_body: int) -> wire.Message:
        exchange = self._exchange
        self._await_walls()
        if exchange.stray():
            raise self._ended(Ending.CRASHED, "the code wrote to the grader's own pipe")
        exchange.printed.clear()
        start, wait = time.monotonic(), Wait(self._queue)
        try:
            return exchange.ask(
                frame,
                start + wall_s,
                max_body,
                lambda: min(wait.waited_s(), PATIENCE * wall_s),
                self._over if self._watcher is not None or self._on_device is not None else None,
            )
        except NotInTime:
            self.wall_s = time.monotonic() - start
            raise self._late(wait, wall_s) from None
        except (TooMuchOutput, TooMuchMemory, BadAnswer, NoAnswer) as error:
            self.wall_s = time.monotonic() - start
            raise self._verdict(error) from None
        finally:
            self.wall_s = time.monotonic() - start

    def _over(self) -> bool:
        return (self._watcher is not None and self._watcher.over()) or self._greedy()

    def wait_ready(self) -> None:
        """Return when the worker's walls stand and its device works. Raises: `MachineError`."""
        try:
            self._await_walls()
        except _Orphaned:
            self.close()
            raise MachineError("the sandbox died while it started", remedy="run `grader doctor`") from None

    def _await_walls(self) -> None:
        """The clock starts when the worker is ready. Raises: `MachineError`, or that the zygote died."""
        if self._exchange.confined:
            return
        try:
            self._exchange.wait_confined(time.monotonic() + _WALLS_S)
        except NotInTime:
            self.close()
            raise MachineError(
                f"a sandbox took more than {_WALLS_S:g} s to start", remedy="run `grader doctor`"
            ) from None
        except NoAnswer:
            raise self._unborn() from None

    def _unborn(self) -> Exception:
        if self._record() is None:
            return _Orphaned()
        self._collect_rest()
        self.close()
        said = self.output.strip().splitlines() or ["it ended without a word"]
        return MachineError(f"a sandbox wall cannot be built: {said[-1]}", remedy="run `grader doctor`")

    def _late(self, wait: Wait, wall_s: float) -> Exception:
        """The code's fault, or the machine's."""
        waited_s = wait.waited_s()
        ended = self._ended(Ending.TIMEOUT, f"stopped after {wall_s:g} s, the limit for one request")
        return wait.too_busy(waited_s, ended.outcome.cpu_s, wall_s) or ended

    def _verdict(self, error: Exception) -> Exception:
        if isinstance(error, TooMuchOutput):
            limit = f"{self._limits.output_kib} KiB, the limit for one request"
            return self._ended(Ending.OUTPUT_LIMIT, f"printed more than {limit}")
        if isinstance(error, TooMuchMemory):
            held = "" if self._on_device is None else f", or {self._limits.device_mib} MiB of the GPU's"
            return self._ended(Ending.MEMORY_LIMIT, too_much_memory(self._limits) + held)
        if isinstance(error, BadAnswer):
            ending = Ending.OUTPUT_LIMIT if error.oversize else Ending.CRASHED
            return self._ended(ending, f"the worker's answer was refused: {error}")
        return self._death()

    def _death(self) -> Exception:
        """Why the worker is gone, from its zygote's record."""
        record = self._record()
        if record is None:
            return _Orphaned()
        self._collect_rest()
        out_of_memory = self._group is not None and self._group.ran_out()
        return self._ended(*cause(record, self._limits, self.output, out_of_memory), record)

    def _ended(self, ending: Ending, detail: str, record: Record | None = None) -> WorkerEnded:
        child = self._child
        if child is not None and record is None:
            child.kill()
            record = self._record()
        status, cpu_s = (None, None) if record is None else (record.status, record.cpu_s)
        watched = None if self._watcher is None else self._watcher.peak_mib
        peak_mib = watched if self._group is None else self._group.peak_mib()
        self._outcome = Outcome(ending, detail, status, self.wall_s, cpu_s, peak_mib)
        self.close()
        return WorkerEnded(self._outcome)

    def _record(self) -> Record | None:
        """What is known of the dead worker; `None` when its zygote is dead too."""
        if self._child is None:
            return None
        record = self._child.record(_STATUS_S)
        if record is None:  # it closed its pipes and lives on
            self._child.kill()
            record = self._child.record(_KILLED_S)
        return record

    def _collect_rest(self) -> None:
        try:
            self._exchange.drain()
        except TooMuchOutput:
            pass

    def _open(self) -> None:
        self._child = self._born()
        self._pid = self._child.pid
        self._queue = Queue(self._pid)
        self._exchange = Exchange(self._child.pipes, self._limits.output_kib << 10, bytearray())
        self._answered = 0
        limits = self._limits
        if self._groups is not None:
            born_in = self._child.group
            self._group = (
                self._groups.take(self._pid, limits.memory_mib)
                if born_in is None
                else self._groups.bound(born_in, limits.memory_mib)
            )
        if self._group is None:
            self._watcher = Watcher(self._pid, limits.memory_mib)
        if self._on_device is not None:
            self._greedy = self._on_device(self._pid)
        given = {
            "memory_mib": limits.memory_mib,
            "cpu_s": limits.cpu_s,
            "processes": limits.processes,
            "file_mib": limits.file_mib,
            "open_files": limits.open_files
            if self._on_device is None
            else max(limits.open_files, _DRIVER_FILES),
            "device_mib": limits.device_mib,
        }
        text = json.dumps(given).encode()
        try:
            os.write(self._child.pipes.request, LENGTH.pack(len(text)) + text)
        except BrokenPipeError:
            pass  # it is dead already: the first request will find out why

    def close(self) -> None:
        """End the worker's whole process tree. May be called twice."""
        if self._child is not None:
            self._child.close()
            self._child = None
            self._queue.close()
        if self._group is not None and self._groups is not None:
            self._groups.give_back(self._group)
            self._group = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Orphaned(Exception):
    """The worker died with its zygote: nobody's fault but the machine's; try again."""
