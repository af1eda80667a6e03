"""What runs in a cluster's worker process: the course unpacked, sandboxes kept warm, one task after the other.

Only bytes and JSON come in and go out. A learner's code runs in the sandboxes that this process drives, as everywhere,
and they die with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.batch.judging import Task, judged
from grader.batch.parcel import Parcel, folder_for, unpack
from grader.course.catalog import Course, load_course
from grader.course.model import CourseInfo
from grader.errors import GraderError, MachineError
from grader.judge.judge import Judge
from grader.judge.key import save
from grader.judge.keysmith import Keysmith, code_version
from grader.sandbox import Level, Pool
from grader.worker import wire


@dataclass(frozen=True)
class Setting:
    """How a cluster's nodes judge. `info`: the course's settings under the assignment's limits, as JSON."""

    digest: str
    info: str
    seed: int
    hidden: bool
    level: str
    code: str  # of the code that judges: a node with another version would give other verdicts

    def to_json(self) -> str:
        """The setting on its way."""
        return json.dumps(asdict(self))


class Bench:
    """One process's judge under one setting."""

    def __init__(self, setting: Setting, parcel: Callable[[], bytes]) -> None:
        """`parcel` fetches the packed course, where this machine does not have it yet. Raises: `GraderError`."""
        if setting.code != code_version():
            raise MachineError(
                "this node has another version of grader than the command that uses it",
                remedy="install the same version on every node",
            )
        folder = folder_for(setting.digest)
        root = folder / "course"
        if not folder.is_dir():
            root = unpack(Parcel(setting.digest, parcel()))
        self.keys = folder / "keys"
        self.course = Course(load_course(root).root, CourseInfo.model_validate_json(setting.info))
        self.pool = Pool(Level(setting.level))
        self.judge = Judge(self.pool, Keysmith(self.keys), setting.seed, setting.hidden)

    def judged(self, exercise: str, text: str, device: str) -> dict[str, Any]:
        """The reply to a task. Raises: `GraderError`."""
        found = judged(self.judge, Task(self.course.exercise(exercise), text, device))
        return {"result": found.result.model_dump_json(), "answers": found.answers}


_bench: tuple[str, Bench] | None = None


def bench_for(setting: str, parcel: Callable[[], bytes]) -> Bench:
    """The bench of this process: kept from task to task, made anew when the setting is another."""
    global _bench
    if _bench is None or _bench[0] != setting:
        if _bench is not None:
            _bench[1].pool.close()
            _bench = None
        _bench = (setting, Bench(Setting(**json.loads(setting)), parcel))
    return _bench[1]


def answer(
    setting: str,
    parcel: Callable[[], bytes],
    keys: Callable[[], dict[str, bytes]],
    exercise: str,
    text: bytes,
    device: str,
) -> dict[str, Any]:
    """The reply to one task: `result` (JSON) and `answers` (bytes), or `trouble`. `keys` fetches the exercise's keys."""
    try:
        bench = bench_for(setting, parcel)
        _keep(bench.keys, exercise, keys)
        return bench.judged(exercise, text.decode("utf-8", "surrogatepass"), device)
    except GraderError as wrong:
        return {"trouble": str(wrong)}


_kept: set[tuple[Path, str]] = set()


def _keep(folder: Path, exercise: str, keys: Callable[[], dict[str, bytes]]) -> None:
    """Put an exercise's keys where the keysmith looks for them, once a process."""
    if (folder, exercise) in _kept:
        return
    for name, data in keys().items():
        if not (folder / name).exists():
            save(folder / name, wire.unpack_own(data))
    _kept.add((folder, exercise))
