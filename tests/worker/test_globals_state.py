"""What counts as touching global state."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from grader.worker import globals_state

PYTHON, NUMPY = "Python's random state", "NumPy's global random state"

TOUCHES: dict[str, tuple[Callable[[], object], list[str]]] = {
    "nothing": (lambda: np.random.default_rng(0).normal(), []),
    "reading": (lambda: (random.getstate(), np.random.get_state()), []),
    "random": (random.random, [PYTHON]),
    "random.gauss": (lambda: random.gauss(0, 1), [PYTHON]),
    "random.seed": (lambda: random.seed(1), [PYTHON]),
    "rand": (lambda: np.random.rand(), [NUMPY]),
    "seed": (lambda: np.random.seed(1), [NUMPY]),
    "another generator": (lambda: np.random.set_bit_generator(np.random.PCG64(1)), [NUMPY]),
    "error settings": (lambda: np.seterr(all="raise"), ["NumPy's error settings"]),
    "the recursion limit": (lambda: sys.setrecursionlimit(12345), ["the recursion limit"]),
}


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    generator, limit = np.random.get_bit_generator(), sys.getrecursionlimit()
    states = random.getstate(), np.random.get_state()
    with np.errstate():
        yield
    np.random.set_bit_generator(generator)
    np.random.set_state(states[1])
    random.setstate(states[0])
    sys.setrecursionlimit(limit)


@pytest.mark.parametrize("touch, names", TOUCHES.values(), ids=TOUCHES)
def test_what_was_touched_is_named(touch: Callable[[], object], names: list[str]) -> None:
    before = globals_state.snapshot("numpy")
    touch()
    assert globals_state.touched(before, "numpy") == names


def test_the_second_half_of_a_pair_of_normals_counts_too() -> None:
    random.gauss(0, 1)
    np.random.randn()
    before = globals_state.snapshot("numpy")
    random.gauss(0, 1)
    np.random.randn()
    assert globals_state.touched(before, "numpy") == [PYTHON, NUMPY]


def test_a_generator_put_in_beforehand_is_watched() -> None:
    np.random.set_bit_generator(np.random.PCG64(1))
    before = globals_state.snapshot("numpy")
    np.random.rand()
    assert globals_state.touched(before, "numpy") == [NUMPY]


TORCH_TOUCHES = {
    "nothing": ("torch.zeros(1)", []),
    "its random state": ("torch.rand(1)", ["torch's global random state"]),
    "the default dtype": ("torch.set_default_dtype(torch.float64)", ["torch's default dtype"]),
    "grad mode": ("torch.set_grad_enabled(False)", ["torch's grad mode"]),
    "the default device": ("torch.set_default_device('meta')", ["torch's default device"]),
    "a device left on": ("torch.device('meta').__enter__()", ["torch's default device"]),
}


def test_torch_s_switches_are_watched() -> None:
    """In processes of their own, since some cannot be turned back."""
    lines = [f"({code!r}, {names!r})," for code, names in TORCH_TOUCHES.values()]
    program = f"""
import os, torch
from grader.worker import globals_state
globals_state.prepare("torch")
for code, names in [{"".join(lines)}]:
    if os.fork() == 0:
        before = globals_state.snapshot("torch")
        exec(code)
        os._exit(globals_state.touched(before, "torch") != names)
    assert os.wait()[1] == 0, code
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
