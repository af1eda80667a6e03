"""What a command costs: wall seconds, and CPU seconds of it and of every process it waited for."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


#: one compute thread for everybody; a class is graded by several processes at once
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Cost:
    """One run: `said` is the JSON object on the last line of its output."""

    wall_s: float
    cpu_s: float
    said: Mapping[str, Any]


def meter(command: Sequence[str], cwd: Path = ROOT, timeout_s: float = 900, **environment: str) -> Cost:
    """Run `command` to its end. Raises: `RuntimeError` with what it wrote when it fails."""
    env = {**os.environ, **_ONE_THREAD, "PYTHONPATH": str(ROOT), **environment}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout_s)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, json.loads(lines[-1]))


def slope(command: Sequence[str], few: int, many: int, **environment: str) -> Cost:
    """What one more submission costs: the difference of two runs, so that starting up is nobody's burden."""
    small, large = (meter([*command, "--count", str(count)], **environment) for count in (few, many))
    share = many - few
    return Cost((large.wall_s - small.wall_s) / share, (large.cpu_s - small.cpu_s) / share, large.said)
