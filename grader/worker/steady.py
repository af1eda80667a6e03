"""What is set before judging so that the same work gets the same answer: precision, choice of algorithms, random generators.

And a way to run our own code with no GPU in sight: a driver started before a fork is of no use to the child.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

SEED = 0
#: without it cuBLAS picks among workspaces by load, and sums in another order (NVIDIA, cuBLAS, "Results reproducibility")
_CUBLAS = ":4096:8"


def steady(device: str) -> None:
    """Settings for judging on a device of this kind; nothing here opens one.

    float32 stays float32 (no TF32), cuDNN neither tries algorithms out nor takes those that add in any order. On a GPU,
    operations that have a deterministic form take it, others stay as they are, and `torch.empty` hands out NaN instead of
    what lay there.
    """
    import torch

    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    if device != "cpu":
        os.environ["CUBLAS_WORKSPACE_CONFIG"] = _CUBLAS
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = True  # type: ignore[attr-defined]
    torch.manual_seed(SEED)  # of every device: for those not open yet, once they are


@contextlib.contextmanager
def no_gpu() -> Iterator[None]:
    """Whoever asks is told that there is no GPU: optimizers ask, and the answer alone may start a driver."""
    import torch

    kept = torch.cuda.is_available
    torch.cuda.is_available = lambda: False
    try:
        yield
    finally:
        torch.cuda.is_available = kept
