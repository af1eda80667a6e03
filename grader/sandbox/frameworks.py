"""Which frameworks this installation has: PyTorch and NumPy always, Triton where somebody asked for it."""

from __future__ import annotations

import importlib.util

_OPTIONAL = {"triton": "Triton is not installed here (pip install 'cnn-grader[kernels]')"}


def lacking(framework: str) -> str | None:
    """Why exercises of this framework cannot be judged here; None when they can. Imports nothing."""
    reason = _OPTIONAL.get(framework)
    return reason if reason and importlib.util.find_spec(framework) is None else None


def without(framework: str, places: list[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """The places to judge at, all to be skipped where the framework is lacking."""
    reason = lacking(framework)
    return places if reason is None else [(device, reason) for device, _ in places]
