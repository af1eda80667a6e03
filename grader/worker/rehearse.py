"""A short session with code of our own, held in the zygote: what the first answers would set up is set up once, for every fork.

Imports inside functions, caches, tables that a framework fills on first use, and Python's specialised bytecode would otherwise
be made anew, in pages of its own, by each worker. Nothing of a learner, a course or a key takes part, and nothing of it stays.
"""

from __future__ import annotations

import linecache
import os
import random
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from grader.worker import integrity
from grader.worker.serve import serve
from grader.worker.wire import Message, Tensor, pack

_NAME = "rehearsal"
_ROUNDS = 10  # Python 3.11 specialises what has run eight times
_NUMPY = """
import numpy as np

def function(x, sizes, scale=1.0):
    out = np.zeros(x.shape, x.dtype)
    for i in range(x.shape[0]):
        out[i] = np.maximum(x[i], 0) * scale
    return out, float(out.sum()), len(sizes)
"""
_TORCH = """
import torch
from torch import nn
import torch.nn.functional as F

def function(x, sizes, scale=1.0):
    out = torch.zeros_like(x)
    for i in range(x.shape[0]):
        out[i] = x[i].clamp(min=0) * scale
    return out

class Module(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels)
        self.linear = nn.Linear(channels, 2)

    def forward(self, x):
        return self.linear(F.relu(self.norm(self.conv(x))).mean((2, 3)))
"""


def rehearse(framework: str) -> None:
    """Hold the session, where workers are forked. Raises: `OSError`."""
    if sys.platform != "linux":
        return
    states = random.getstate(), np.random.get_state()
    if framework == "numpy":
        _hold([_load(_NUMPY, ["function"]), *_calls("numpy")])
    else:
        _with_torch()
    random.setstate(states[0])
    np.random.set_state(states[1])


def _with_torch() -> None:
    import torch

    from grader.worker.steady import no_gpu

    state = torch.get_rng_state()
    with no_gpu():
        _hold([_load(_TORCH, ["function", "Module"]), *_calls("torch"), *_modules()])
    torch.set_rng_state(state)


def _hold(requests: list[Message]) -> None:
    """Serve the requests from one file to another."""
    ask, answer = (os.memfd_create(_NAME) for _ in range(2))
    try:
        os.write(ask, b"".join(map(pack, requests)))
        os.lseek(ask, 0, os.SEEK_SET)
        serve(ask, answer, integrity.seal())
    finally:
        os.close(ask)
        os.close(answer)
        sys.modules.pop(_NAME, None)
        linecache.cache.pop(f"{_NAME}.py", None)


def _load(source: str, entries: list[str]) -> Message:
    return Message({"do": "load", "name": _NAME, "source": source, "entries": entries})


def _calls(framework: str) -> Iterator[Message]:
    for count in range(_ROUNDS):
        for dtype in ("float32", "float64"):
            given = np.linspace(-1, 1, 24).reshape(2, 3, 4).astype(dtype)
            tensors = {"x": Tensor.of(given)}
            head: dict[str, Any] = {
                "do": "run",
                "name": _NAME,
                "kind": "function",
                "entry": "function",
                "framework": framework,
                "args": {
                    "x": {"tensor": "x", "layout": ("plain", "transposed", "strided")[count % 3]},
                    "sizes": {"list": [1, 2]},
                    "scale": 2.0,
                },
                "positional": ["x", "sizes"],
                "keyword": ["scale"],
                "again": True,
            }
            if framework == "torch":
                head["grads"] = ["x"]
                tensors["cotangent of output"] = Tensor.of(np.ones_like(given))
            yield Message(head, tensors)


def _modules() -> Iterator[Message]:
    shapes = {
        "conv.weight": (2, 2, 3, 3),
        "conv.bias": (2,),
        "norm.weight": (2,),
        "norm.bias": (2,),
        "norm.running_mean": (2,),
        "norm.running_var": (2,),
        "linear.weight": (2, 2),
        "linear.bias": (2,),
    }
    for count in range(_ROUNDS):
        dtype = ("float32", "float64")[count % 2]
        tensors = {f"state.{name}": Tensor.of(np.full(shape, 0.5, dtype)) for name, shape in shapes.items()}
        tensors["x"] = Tensor.of(np.linspace(-1, 1, 64).reshape(2, 2, 4, 4).astype(dtype))
        tensors["cotangent of output"] = Tensor.of(np.ones((2, 2), dtype))
        head = {
            "do": "run",
            "name": _NAME,
            "kind": "module",
            "entry": "Module",
            "framework": "torch",
            "dtype": dtype,
            "init": {"channels": 2},
            "init_positional": ["channels"],
            "args": {"x": {"tensor": "x", "layout": "plain"}},
            "positional": ["x"],
            "grads": ["x"],
            "again": True,
        }
        yield Message(head, tensors)
