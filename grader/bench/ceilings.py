"""What this machine can do: a large copy and a large matrix product, each in a worker, timed as a submission is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grader.bench.measure import calls_needed, per_call, timing
from grader.bench.roofline import Ceilings
from grader.bench.runner import Runner, trusted
from grader.course.catalog import Exercise
from grader.course.model import Framework
from grader.sandbox import Pool
from grader.worker.wire import Message, Tensor

#: float32 values copied, and rows of the square matrices: a GPU is busy for milliseconds, and no cache holds the copy
SIZES = {"cpu": (1 << 24, 1024), "cuda": (1 << 27, 4096)}
_ROUNDS = 5
_SOURCES = {
    "torch": """
import functools, torch

@functools.cache
def held(device):
    return (torch.ones(COPIED, device=device), torch.ones(COPIED, device=device),
            torch.ones(ROWS, ROWS, device=device), torch.ones(ROWS, ROWS, device=device))

def copy(input):
    here, there, _, _ = held(input.device)
    there.copy_(here)
    return there[:1]

def matmul(input):
    _, _, a, b = held(input.device)
    torch.mm(a, a, out=b)
    return b[:1, :1]
""",
    "numpy": """
import numpy as np

here, there = np.ones(COPIED, np.float32), np.ones(COPIED, np.float32)
a, b = np.ones((ROWS, ROWS), np.float32), np.ones((ROWS, ROWS), np.float32)

def copy(input):
    np.copyto(there, here)
    return there[:1]

def matmul(input):
    np.matmul(a, a, out=b)
    return b[:1, :1]
""",
}


def measured(pool: Pool, exercise: Exercise, device: str) -> Ceilings:
    """The ceilings for the exercise's framework and one thread of the processor, as workers have. Raises: `MachineError`."""
    framework = "numpy" if exercise.info.framework is Framework.NUMPY else "torch"
    free = replace(
        exercise, info=exercise.info.model_copy(update={"forbidden": (), "framework": Framework(framework)})
    )
    copied, rows = SIZES[device.partition(":")[0]]
    copy_s = _seconds(pool, free, framework, "copy", device)
    matmul_s = _seconds(pool, free, framework, "matmul", device)
    return Ceilings(2 * 4 * copied / copy_s, 2 * rows**3 / matmul_s)


def _seconds(pool: Pool, exercise: Exercise, framework: str, entry: str, device: str) -> float:
    head = {
        "name": "ceiling",
        "kind": "function",
        "entry": entry,
        "framework": framework,
        "device": device,
        "args": {"input": {"tensor": "input", "layout": "plain"}},
        "positional": ["input"],
        "keyword": [],
    }
    request = Message(head, {"input": Tensor.of(np.ones(1, np.float32))})
    copied, rows = SIZES[device.partition(":")[0]]
    source = f"COPIED, ROWS = {copied}, {rows}\n{_SOURCES[framework]}"
    with trusted(pool, exercise, source, request) as runner:
        return timing([_once(runner) for _ in range(_ROUNDS)]).median_s


def _once(runner: Runner) -> float:
    calls = calls_needed(runner.run, lambda calls: runner.empty(calls, runner.output))
    return max(per_call(runner.run, lambda calls: runner.empty(calls, runner.output), calls), 1e-9)
