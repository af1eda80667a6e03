"""A confined worker's one device context: opened after the fork and behind every wall, before a learner's byte is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

#: exit status of a worker whose device refuses to go on
POISONED = 97
_SIDE = 64


def open_device(kind: str, uuid: str, device_mib: int) -> Callable[[], None]:
    """Open the device, bound what PyTorch takes of it, run a small kernel. Raises: whatever the driver says.

    `kind`: cuda, or cpu in tests. Gives what to call before an answer goes out: it waits until the device has done all that
    was asked of it, on every stream, and ends this process where the device refuses: after an illegal access nothing works
    in it any more, and a fresh process gets the next case.
    """
    import torch

    if kind == "cuda":
        _open_cuda(torch, uuid, device_mib)
    prove(torch, kind)
    return _settler(torch.cuda.synchronize if kind == "cuda" else lambda: None)


def _open_cuda(torch: Any, uuid: str, device_mib: int) -> None:
    from grader.worker.steady import steady

    os.environ.update(CUDA_VISIBLE_DEVICES=uuid, CUDA_DEVICE_ORDER="PCI_BUS_ID", CUDA_CACHE_DISABLE="1")
    steady("cuda")
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(0.9, (device_mib << 20) / total))


def prove(torch: Any, kind: str) -> None:
    """Raises: `RuntimeError` when the device computes a product wrongly."""
    row = torch.arange(_SIDE, dtype=torch.float32, device=kind)
    product = row.outer(row) @ torch.ones(_SIDE, 1, device=kind)
    if float(product.sum()) != float((_SIDE * (_SIDE - 1) // 2) ** 2):
        raise RuntimeError(f"the {kind} device computes wrongly")


def _settler(wait: Callable[[], None]) -> Callable[[], None]:
    leave, say = os._exit, os.write  # taken now: a learner may replace them

    def settle() -> None:
        try:
            wait()
        except Exception as wrong:
            say(2, f"\nthe GPU: {str(wrong).splitlines()[0] if str(wrong) else wrong!r}\n".encode()[:500])
            leave(POISONED)

    return settle
