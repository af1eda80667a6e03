"""Where a class is judged when it is a Ray cluster: tasks to its nodes, judgements back, and Ray's own retries between.

What crosses is bytes and JSON: the packed course, keys, texts, results, answers. A node that dies takes no result with it,
since the driver alone records; Ray runs its tasks again elsewhere.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from grader.batch import node
from grader.batch.executor import Place
from grader.batch.judging import Judgement, Task
from grader.batch.parcel import pack
from grader.course.catalog import Course, Exercise
from grader.course.model import Kind
from grader.errors import GraderError, MachineError, UsageError
from grader.judge.judge import Judge
from grader.judge.keysmith import code_version
from grader.judge.report import Result
from grader.sandbox.devices import resolve

_RETRIES = 5  # of a task whose node or process died under it
_LOOK_S = 5.0  # how often the cluster's size is looked up


class Cluster:
    """A Ray cluster that runs already. One task takes one CPU there, and one GPU where it is judged on one."""

    def __init__(self, address: str, course: Course, judge: Judge, jobs: int | None = None) -> None:
        """`address`: `auto`, host:port or ray://host:port; `jobs` None: as many at a time as it has CPUs.

        Raises: `MachineError` when Ray is not installed or no cluster answers.
        """
        self.judge, self.jobs = judge, jobs
        self._ray = _connected(address)
        parcel = pack(course)
        setting = node.Setting(
            digest=parcel.digest,
            info=course.info.model_dump_json(),
            seed=judge.seed,
            hidden=judge.hidden,
            level=judge.pool.level.value,
            code=code_version(),
        )
        self._setting = setting.to_json()
        self._parcel = self._ray.put(parcel.data)
        self._keys: dict[tuple[str, str], Any] = {}
        self._devices: dict[tuple[str, tuple[str, ...]], list[Place]] = {}
        self._remote = self._ray.remote(num_cpus=1, max_retries=_RETRIES, scheduling_strategy="SPREAD")(
            _remote
        )
        self._size = (-_LOOK_S, 1)

    @property
    def slots(self) -> int:
        """CPUs in the cluster now, or `jobs` where that is less: a cluster may grow and shrink."""
        if time.monotonic() - self._size[0] > _LOOK_S:
            self._size = (time.monotonic(), max(1, int(self._ray.cluster_resources().get("CPU", 1))))
        return min(self._size[1], self.jobs or self._size[1])

    def places(self, wanted: str, offered: Sequence[str]) -> list[Place]:
        """What a node has: one with a GPU where there is one."""
        asked = (wanted, tuple(offered))
        if asked not in self._devices:
            gpus = min(1, int(self._ray.cluster_resources().get("GPU", 0)))
            if not gpus or wanted in ("auto", "cpu"):
                self._devices[asked] = resolve(wanted, offered)
            else:
                on_a_node = self._ray.remote(num_cpus=0, num_gpus=gpus, max_retries=_RETRIES)(_places)
                found, trouble = self._ray.get(on_a_node.remote(wanted, list(offered)))
                if trouble:
                    raise UsageError(trouble)
                self._devices[asked] = [(device, reason) for device, reason in found]
        return self._devices[asked]

    def submit(self, task: Task) -> Future[Judgement]:
        """Judged on whichever node Ray picks. Raises: `CourseError` when the exercise's key cannot be made."""
        gpus = 0 if task.device == "cpu" or task.device == "mps" else 1
        reply = self._remote.options(num_gpus=gpus).remote(
            self._setting,
            [self._parcel],
            [self._key(task.exercise, task.device)],
            task.exercise.id,
            task.text.encode("utf-8", "surrogatepass"),
            task.device,
        )
        found: Future[Judgement] = Future()
        found.set_running_or_notify_cancel()  # Ray has it: what was submitted is finished
        reply.future().add_done_callback(lambda done: _settle(found, done))
        return found

    def close(self) -> None:
        """Leave the cluster; it goes on without us."""
        self._ray.shutdown()

    def _key(self, exercise: Exercise, device: str) -> Any:
        """The exercise's key in Ray's store: made here once, so that every node judges by the same numbers."""
        if (exercise.id, device) not in self._keys:
            frames = (
                {}
                if exercise.info.kind is Kind.TESTS
                else self.judge.keysmith.frames(exercise, self.judge.seed, device)
            )
            self._keys[exercise.id, device] = self._ray.put(frames)
        return self._keys[exercise.id, device]


def _remote(
    setting: str, parcel: list[Any], keys: list[Any], exercise: str, text: bytes, device: str
) -> dict[str, Any]:
    """One task on a node. References come in lists: Ray fetches what they name only when it is asked to."""
    import ray

    return node.answer(setting, lambda: ray.get(parcel[0]), lambda: ray.get(keys[0]), exercise, text, device)


def _places(wanted: str, offered: list[str]) -> tuple[list[Place], str]:
    try:
        return resolve(wanted, offered), ""
    except UsageError as wrong:
        return [], str(wrong)


def _settle(found: Future[Judgement], done: Future[dict[str, Any]]) -> None:
    try:
        reply = done.result()
        if "trouble" in reply:
            raise GraderError(reply["trouble"])
        found.set_result(Judgement(Result.model_validate_json(reply["result"]), reply["answers"]))
    except GraderError as wrong:
        found.set_exception(wrong)
    except Exception as wrong:  # Ray's: a node died under the task once too often, or the cluster went away
        said = str(wrong).strip().splitlines() or [type(wrong).__name__]
        found.set_exception(MachineError(f"the cluster did not judge it: {type(wrong).__name__}: {said[0]}"))


def _connected(address: str) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise MachineError("--cluster needs Ray", remedy="pip install 'cnn-grader[cluster]'") from None
    try:
        with _quiet():
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as wrong:
        said = str(wrong).strip().splitlines() or [type(wrong).__name__]
        raise MachineError(
            f"no Ray cluster at {address}: {said[0]}",
            remedy="start one with `ray start --head`, or name its address",
        ) from None
    return ray


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Ray speaks of its start on stdout, which belongs to the command."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield
