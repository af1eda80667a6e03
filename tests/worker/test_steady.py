"""Settings for judging, and our own code kept away from GPUs."""

from __future__ import annotations

import subprocess
import sys

import pytest

_POISONED = """
import torch

def reached(*_, **__):
    raise SystemExit("a driver would have been started")

torch.cuda.is_available = torch.cuda.device_count = torch.cuda._lazy_init = torch.cuda.current_device = reached
torch.cuda.get_device_capability = torch.cuda.synchronize = reached
"""


def run(code: str) -> str:
    """What a process of its own prints: all of this is global."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_warming_up_starts_no_driver() -> None:
    code = _POISONED + (
        "from grader.worker.warm import warm\n"
        "warm('torch')\n"
        "assert torch.cuda.is_available is reached\n"
        "print(torch.cuda.is_initialized())\n"
    )
    assert run(code) == "False"


def test_the_poison_works() -> None:
    with pytest.raises(AssertionError, match="a driver would have been started"):
        run(_POISONED + "torch.cuda.is_available()")


def test_making_a_key_starts_no_driver() -> None:
    code = _POISONED + (
        "from grader.judge.quiet import quiet\n"
        "with quiet():\n"
        "    assert not torch.cuda.is_available()\n"
        "    weight = torch.nn.Parameter(torch.ones(1)); weight.grad = torch.ones(1)\n"
        "    torch.optim.Adam([weight]).step()\n"
        "print(torch.cuda.is_initialized())\n"
    )
    assert run(code) == "False"


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_what_is_set(device: str) -> None:
    code = f"""
import os, torch
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.benchmark = True
from grader.worker.steady import steady
steady({device!r})
first = torch.rand(1).item()
steady({device!r})
print(
    torch.get_float32_matmul_precision(), torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32,
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic, torch.rand(1).item() == first,
    torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled(),
    os.environ.get("CUBLAS_WORKSPACE_CONFIG"), bool(torch.empty(64).isnan().all()), torch.cuda.is_initialized(),
)
"""
    both = "highest False False False True True"
    there = "True True :4096:8 True False" if device == "cuda" else "False False None"
    assert run(code).startswith(f"{both} {there}")


@pytest.mark.cuda
def test_two_runs_on_a_gpu_give_the_same_bits() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("this machine has no GPU that PyTorch can use")
    code = (
        "import torch\nfrom grader.worker.steady import steady\nsteady('cuda')\n"
        "index = torch.randint(64, (1 << 16,), device='cuda')\n"
        "total = torch.zeros(64, device='cuda').index_add_(0, index, torch.rand(1 << 16, device='cuda'))\n"
        "print(total.cpu().numpy().tobytes().hex())\n"
    )
    assert run(code) == run(code)
