"""Pay once, before any fork, for what a framework does on first use.

PyTorch imports sympy on the first backward pass and much of `torch._dynamo` on the first optimizer: together over a second.
One thread only: OpenMP started before a fork hangs the child.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from typing import Any


def warm(framework: str) -> None:
    """Import the framework and touch what exercises commonly use. Raises: `ImportError`."""
    _WARMERS[framework]()


def _numpy() -> None:
    import numpy as np

    for name in ("numpy.random", "numpy.linalg", "numpy.fft", "numpy.lib.stride_tricks"):
        importlib.import_module(name)
    grid = np.arange(16.0).reshape(4, 4)
    np.linalg.svd(grid @ grid.T + np.einsum("ij,kj->ik", grid, grid))
    np.random.default_rng(0).normal(size=3)


def _torch() -> None:
    _numpy()
    import torch

    from grader.worker.steady import no_gpu, steady

    torch.set_num_threads(1)
    steady("cpu")
    with no_gpu():
        _touch(torch)


def _touch(torch: Any) -> None:
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 4)
    )
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(2, 1, 4, 4)).logsumexp(1).sum().backward()
    optimizer.step()
    nn.functional.unfold(torch.randn(1, 1, 4, 4), 3)
    nn.functional.max_pool2d(torch.randn(1, 1, 4, 4), 2)
    nn.LSTM(2, 2)(torch.randn(2, 1, 2))[0].sum().backward()
    torch.linalg.svd(torch.randn(4, 4))
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)
    buffer.seek(0)
    torch.load(buffer, weights_only=True)


def _triton() -> None:
    from grader.worker.interpreter import interpret

    _torch()
    interpret()


def _pytest() -> None:
    _torch()
    importlib.import_module("pytest")


_WARMERS: dict[str, Callable[[], None]] = {
    "numpy": _numpy,
    "torch": _torch,
    "triton": _triton,
    "pytest": _pytest,
}
