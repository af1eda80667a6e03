"""What a call must leave alone: the global random generators and the framework's global switches."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np


def snapshot(framework: str) -> dict[str, Any]:
    """The present value of each watched piece of global state, by the name a learner knows it under."""
    return {name: read() for name, read in _watched(framework).items()}


def touched(before: dict[str, Any], framework: str) -> list[str]:
    """The names of what has changed since `before`."""
    return [name for name, read in _watched(framework).items() if not _equal(before[name], read())]


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and len(one) == 2 and isinstance(one[0], np.ndarray):
        return bool(one[0].tobytes() == other[0].tobytes() and one[1] == other[1])
    return bool(one == other)


@cache
def _watched(framework: str) -> dict[str, Callable[[], Any]]:
    """Readers, taken once in the zygote: a learner who replaces `torch.get_rng_state` hides nothing from them."""
    watched: dict[str, Callable[[], Any]] = {
        "Python's random state": random.getstate,
        "NumPy's global random state": _numpy_random(),
        "NumPy's error settings": np.geterr,
        "the recursion limit": sys.getrecursionlimit,
    }
    if framework == "torch":
        import torch

        generator, read = torch.default_generator, torch.default_generator.get_state
        dtype, device, numpy = torch.get_default_dtype, torch.get_default_device, torch._C.TensorBase.numpy
        watched |= {
            "torch's global random state": lambda: (numpy(read()), torch.default_generator is generator),
            "torch's default dtype": lambda: str(dtype()),
            "torch's grad mode": torch.is_grad_enabled,
            "torch's number of threads": torch.get_num_threads,
            "torch's deterministic setting": torch._C._get_deterministic_algorithms,
            "torch's default device": lambda: str(device()),
        }
    return watched


def _numpy_random() -> Callable[[], Any]:
    read = np.random.get_state

    def state() -> Any:
        now = read(legacy=False)
        return (now["state"]["pos"], now["state"]["key"].tobytes(), now["has_gauss"])

    return state


def prepare(framework: str) -> None:
    """Take the readers now, before any learner's code can replace them."""
    _watched("numpy" if framework == "numpy" else "torch")
