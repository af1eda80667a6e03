"""What a call must leave alone: the global random generators and the framework's global switches."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def snapshot(framework: str) -> dict[str, Any]:
    """The present value of each watched piece of global state, by the name a learner knows it under."""
    return {name: read() for name, read in _watched(framework).items()}


def touched(before: dict[str, Any], framework: str) -> list[str]:
    """The names of what has changed since `before`."""
    return [name for name, read in _watched(framework).items() if not _equal(before[name], read())]


def _equal(one: Any, other: Any) -> bool:
    return bool(np.array_equal(one, other)) if isinstance(one, np.ndarray) else bool(one == other)


def _watched(framework: str) -> dict[str, Callable[[], Any]]:
    watched: dict[str, Callable[[], Any]] = {
        "Python's random state": random.getstate,
        "NumPy's global random state": _numpy_random,
        "NumPy's error settings": np.geterr,
        "the recursion limit": sys.getrecursionlimit,
    }
    if framework == "torch":
        import torch

        watched |= {
            "torch's global random state": lambda: torch.get_rng_state().numpy(),
            "torch's default dtype": lambda: str(torch.get_default_dtype()),
            "torch's grad mode": torch.is_grad_enabled,
            "torch's number of threads": torch.get_num_threads,
            "torch's deterministic setting": torch.are_deterministic_algorithms_enabled,
            "torch's default device": lambda: str(torch.get_default_device()),
        }
    return watched


def _numpy_random() -> Any:
    state = np.random.get_state(legacy=False)
    return (state["state"]["pos"], state["state"]["key"].tobytes(), state["has_gauss"])
