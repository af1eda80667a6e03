"""What is counted at the dispatcher. The meta device stands in for a GPU: copies to it are real, its kernels are not."""

from __future__ import annotations

import torch

from grader.worker.traffic import Traffic


def test_copies_from_the_device_are_counted_and_copies_to_it_are_not() -> None:
    host, device = torch.ones(3), torch.empty(3, device="meta")
    with Traffic("cpu") as seen:  # with the roles exchanged: nothing can be copied out of meta
        host.to("meta")
        device.copy_(host)
        host.double()
        host + 1
    assert seen.to_host == ["_to_copy", "copy_"]
    with Traffic("meta") as other:
        host.to("meta")
    assert other.to_host == []


def test_waits_are_counted_however_they_are_spelled() -> None:
    values = torch.tensor([1.0, -1.0])
    with Traffic("cpu") as seen:
        values.sum().item()
        values[values > 0]
        if values.sum() > 5:
            raise AssertionError
        torch.where(values > 0, values, 0.0)
    assert seen.waits == ["_local_scalar_dense", "index", "_local_scalar_dense"]
    with Traffic("cuda") as other:
        values.sum().item()
    assert other.waits == []  # the host's own values are there at once


def test_the_peak_is_what_lives_at_once() -> None:
    values = torch.ones(1000)
    with Traffic("cpu") as freed:
        for _ in range(10):
            values.exp()
    with Traffic("cpu") as kept:
        held = [values.exp() for _ in range(10)]
        held[0].view(10, 100)  # shares its memory
    assert 4000 <= freed.peak_bytes <= 8000 and kept.peak_bytes == 40000
