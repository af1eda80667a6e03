"""What a call must leave alone: the global random generators and the framework's global switches.

Looked at twice a call, so cheaply: a generator's state is read as the bytes it is, 0.5 us instead of the 40 that it takes to make
hundreds of numbers of them. Where an interpreter keeps it elsewhere, it is asked for as documented.
"""

from __future__ import annotations

import array
import ctypes
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
        "Python's random state": _python_random(),
        "NumPy's global random state": _numpy_random(),
        "NumPy's error settings": np.geterr,
        "the recursion limit": sys.getrecursionlimit,
    }
    if framework == "torch":
        import torch

        generator, read = torch.default_generator, torch.default_generator.get_state
        modes = torch._C._len_torch_function_stack  # a default device is a mode that is on
        dtype, device, numpy = torch.get_default_dtype, torch.get_default_device, torch._C.TensorBase.numpy
        watched |= {
            "torch's global random state": lambda: (numpy(read()), torch.default_generator is generator),
            "torch's default dtype": lambda: str(dtype()),
            "torch's grad mode": torch.is_grad_enabled,
            "torch's number of threads": torch.get_num_threads,
            "torch's deterministic setting": torch._C._get_deterministic_algorithms,
            "torch's default device": lambda: str(device()) if modes() else "cpu",
        }
    return watched


def _python_random() -> Callable[[], Any]:
    held: Any = random.getstate.__self__  # type: ignore[attr-defined]
    read, own = _bytes_of(held, random.Random.__base__), vars(held)
    if array.array("I", random.getstate()[1][:-1]).tobytes() not in read():
        return random.getstate
    return lambda: (read(), own.get("gauss_next"))


def _numpy_random() -> Callable[[], Any]:
    ask = np.random.get_state
    held: Any = ask.__self__  # type: ignore[attr-defined]
    generator = held._bit_generator

    def asked() -> Any:
        now = ask(legacy=False)
        state = [part.tobytes() if isinstance(part, np.ndarray) else part for part in now["state"].values()]
        return (now["bit_generator"], state, now["has_gauss"])

    now = ask(legacy=False)["state"]
    key, pos = now["key"].tobytes(), int(now["pos"]).to_bytes(4, sys.byteorder)
    read, place, string_at = _bytes_of(held, type(held)), generator.ctypes.state_address, ctypes.string_at
    size = len(key) + len(pos)
    if string_at(place, size) != key + pos:
        return asked
    return lambda: (string_at(place, size), read()) if held._bit_generator is generator else asked()


def _bytes_of(held: object, kind: Any) -> Callable[[], bytes]:
    """Reads what an object holds in its own memory, without its type and how often it is referred to."""
    size, string_at = kind.__basicsize__, ctypes.string_at
    head = object.__basicsize__
    start = id(held) + head
    return lambda: string_at(start, size - head)


def prepare(framework: str) -> None:
    """Take the readers now, before any learner's code can replace them."""
    _watched("numpy" if framework == "numpy" else "torch")
