"""The whole course on a GPU: right answers pass there and on the CPU, mistakes fail in both places."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox.devices import present

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.cuda
@pytest.mark.slow
def test_verdicts_on_cpu_and_gpu_agree_on_every_wheat_and_chaff() -> None:
    if present().named("cuda") is None:
        pytest.skip(present().missing["cuda"])
    command = [sys.executable, "-m", "grader", "verify", "--fast", "--device", "all"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-4000:]
