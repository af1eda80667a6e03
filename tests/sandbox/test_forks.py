"""Many workers from one zygote: every one sound, none left behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest

from grader.sandbox import Limits, Pool
from tests.sandbox.conftest import descendants, private_mib, run_once

BACKWARD = """
import torch
net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(18, 2))
net(torch.ones(4, 1, 5, 5)).logsumexp(1).sum().backward()
print(sum(p.grad.isfinite().all().item() for p in net.parameters()))
"""


@pytest.fixture(scope="module")
def own() -> Iterator[Pool]:
    with Pool(jobs=2) as pool:
        yield pool


@pytest.mark.slow
@pytest.mark.parametrize("forks", [60, pytest.param(500, marks=pytest.mark.slow)])
def test_a_backward_pass_over_each_of_many_forks(own: Pool, forks: int) -> None:
    limits = Limits(wall_s=30)
    printed: list[str] = []

    def work(count: int) -> None:
        printed.extend(run_once(own, BACKWARD, "torch", limits)["printed"] for _ in range(count))

    threads = [threading.Thread(target=work, args=(forks // 2,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert printed == ["6\n"] * forks


def test_two_compute_threads_after_the_fork_do_not_hang(own: Pool) -> None:
    source = "import torch\ntorch.set_num_threads(2)\nfor _ in range(20): (torch.randn(300, 300) @ torch.randn(300, 300)).sum()"
    for _ in range(5):
        assert run_once(own, source, "torch", Limits(wall_s=20))["status"] == "ok"


@pytest.mark.slow
def test_a_thousand_submissions_leave_nothing_behind(own: Pool) -> None:
    hostile = (
        "import os, threading, time\nopen('left', 'w').write('x' * 9999)\n"
        "threading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
        "try: os.fork()\nexcept OSError: pass\n"
        "held = bytearray(8 << 20)"
    )
    for _ in range(50):
        run_once(own, hostile)
    time.sleep(1)
    processes, descriptors = descendants(os.getpid()), len(os.listdir("/proc/self/fd"))
    memory = {pid: private_mib(pid) for pid in (*processes, os.getpid())}
    for _ in range(1000):
        assert run_once(own, hostile)["status"] == "ok"
    time.sleep(1)
    assert len(descendants(os.getpid())) == len(processes)
    assert len(os.listdir("/proc/self/fd")) == descriptors
    for pid in (descendants(os.getpid()) & processes) | {os.getpid()}:
        assert private_mib(pid) < memory[pid] + 4, pid
