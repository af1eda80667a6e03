"""One implementation in a worker of its own, run many times; the time is taken here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from grader.course.catalog import Exercise
from grader.errors import MachineError
from grader.sandbox import Limits, Pool, WorkerEnded
from grader.worker.wire import Message

WALL_S = 60.0


class Stopped(Exception):
    """The implementation cannot be timed: it raised, or its worker ended."""


class Runner:
    """A loaded implementation. Close it, or leave its `with` block."""

    def __init__(self, pool: Pool, exercise: Exercise, source: str, request: Message) -> None:
        """`request`: the case to time. Raises: `Stopped`, `MachineError`."""
        info = exercise.info
        self._exercise = exercise
        limits = Limits(wall_s=WALL_S, cpu_s=600, memory_mib=max(info.limits.memory_mib, 2048))
        self._request = request
        self._session = pool.session(
            info.framework.value, info.forbidden, limits, str(request.head.get("device", "cpu"))
        )
        self.output: Message | None = None
        "what the last call of the last run gave"
        entry = [str(request.head["entry"])]
        load = {"do": "load", "name": request.head["name"], "source": source, "entries": entry}
        self._ask(Message(load))

    def run(
        self, calls: int, start: float | None = None, *, empty: dict[str, list[int]] | None = None
    ) -> float:
        """Seconds from the request to its answer. `start`: the first factor of the inputs. Raises: `Stopped`."""
        head: Mapping[str, Any] = {
            **self._request.head,
            "do": "time",
            "calls": calls,
            "start": fresh_start() if start is None else start,
            "empty": empty,
        }
        self.output = self._ask(Message(head, self._request.tensors))
        return self._session.wall_s or 0.0

    def empty(self, calls: int, like: Message | None) -> float:
        """The same without the calls; the answer is as large as `like`."""
        shapes = {name: list(tensor.shape) for name, tensor in like.tensors.items()} if like else {}
        return self.run(calls, empty=shapes)

    def _ask(self, request: Message) -> Message:
        try:
            answer = self._session.ask(request)
        except WorkerEnded as end:
            raise Stopped(end.outcome.detail) from None
        if answer.head.get("status") != "ok":
            from grader.judge.ask import failure_of

            raise Stopped(failure_of(answer, self._exercise).message)
        return answer

    def close(self) -> None:
        """End the worker."""
        self._session.close()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fresh_start() -> float:
    """A factor in [1/2, 1) that nobody has seen."""
    return 0.5 + secrets.randbelow(1 << 20) / (1 << 21)


def trusted(pool: Pool, exercise: Exercise, source: str, request: Message) -> Runner:
    """A runner of our own code. Raises: `MachineError` where it does not run."""
    try:
        return Runner(pool, exercise, source, request)
    except Stopped as wrong:
        raise MachineError(f"the reference does not run here: {wrong}") from None
