"""Devices found from a machine's files, and what `--device` makes of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.sandbox.devices import Present, find, resolve

CUDA = {"cuda": True}
BOTH = ("cpu", "cuda")


def machine(root: Path, gpus: dict[str, tuple[int, str]]) -> Path:
    """Files as NVIDIA's driver makes them: `gpus` is PCI address -> (minor number, UUID)."""
    (root / "dev").mkdir(parents=True)
    (root / "dev/nvidiactl").touch()
    for bus, (minor, uuid) in gpus.items():
        folder = root / "proc/driver/nvidia/gpus" / bus
        folder.mkdir(parents=True)
        (folder / "information").write_text(
            f"Model: \t\t NVIDIA Example\nIRQ:   \t\t 120\nGPU UUID: \t {uuid}\nBus Type: \t PCIe\nDevice Minor: \t {minor}\n"
        )
        (root / f"dev/nvidia{minor}").touch()
    return root


@pytest.fixture
def two_gpus(tmp_path: Path) -> Present:
    root = machine(tmp_path, {"0000:65:00.0": (0, "GPU-b"), "0000:17:00.0": (1, "GPU-a")})
    return find(root, "linux", "x86_64", CUDA)


def test_gpus_are_numbered_by_their_pci_addresses(two_gpus: Present) -> None:
    first, second = two_gpus.of_kind("cuda")
    assert (first.name, first.uuid, first.node, first.bus) == (
        "cuda:0",
        "GPU-a",
        "/dev/nvidia1",
        "0000:17:00.0",
    )
    assert (second.name, second.uuid, second.node) == ("cuda:1", "GPU-b", "/dev/nvidia0")
    assert first.model == "NVIDIA Example"


@pytest.mark.parametrize(
    ("wanted", "offered", "expected"),
    [
        ("auto", BOTH, [("cpu", None)]),
        ("auto", ("cuda",), [("cuda:0", None)]),
        ("all", BOTH, [("cpu", None), ("cuda:0", None)]),
        ("all", ("cpu",), [("cpu", None)]),
        ("cuda", BOTH, [("cuda:0", None)]),
        ("cuda:1", BOTH, [("cuda:1", None)]),
        ("cuda:2", BOTH, [("cuda:2", "this machine has no cuda:2, only cuda:0, cuda:1")]),
        ("cuda", ("cpu",), [("cuda", "this exercise is not judged on cuda")]),
        ("cpu", ("cuda",), [("cpu", "this exercise is not judged on cpu")]),
        ("mps", ("cpu", "mps"), [("mps", "this machine has no Apple GPU that PyTorch can use")]),
    ],
)
def test_what_is_asked_for(
    two_gpus: Present, wanted: str, offered: tuple[str, ...], expected: list[tuple[str, str | None]]
) -> None:
    assert resolve(wanted, offered, two_gpus, ("cpu", "cuda")) == expected


def test_a_gpu_without_workers_is_skipped_never_judged(two_gpus: Present) -> None:
    (_, (name, reason)) = resolve("all", BOTH, two_gpus, ("cpu",))
    assert name == "cuda:0" and reason is not None and "no workers for cuda yet" in reason


@pytest.mark.parametrize("word", ["tpu", "cuda:", "cuda:x", "cpu:0", "cudax", ""])
def test_words_that_mean_nothing(two_gpus: Present, word: str) -> None:
    with pytest.raises(UsageError, match="no such device"):
        resolve(word, BOTH, two_gpus)


def test_why_there_is_no_gpu(tmp_path: Path) -> None:
    assert "no NVIDIA GPU" in find(tmp_path / "bare", "linux", "x86_64", CUDA).missing["cuda"]
    root = machine(tmp_path / "gpu", {"0000:17:00.0": (0, "GPU-a")})
    assert "without CUDA" in find(root, "linux", "x86_64", {"cuda": False}).missing["cuda"]
    (root / "proc/driver/nvidia/gpus/0000:17:00.0/information").unlink()
    assert "driver is not" in find(root, "linux", "x86_64", CUDA).missing["cuda"]


def test_an_apple_gpu() -> None:
    here = find(Path("/nowhere"), "darwin", "arm64", {"mps": True})
    assert resolve("all", ("cpu", "cuda", "mps"), here, ("cpu", "mps")) == [
        ("cpu", None), ("cuda", "darwin has no CUDA"), ("mps", None),
    ]  # fmt: skip


def test_nothing_of_a_framework_is_imported_to_find_out() -> None:
    code = (
        "import sys; from grader.sandbox.devices import present; present(); assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
