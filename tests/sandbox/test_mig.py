"""Divided GPUs on made-up files of a driver, and what nvidia-smi says of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.errors import MachineError
from grader.sandbox import gpu_memory, lease, mig
from grader.sandbox.devices import find, resolve
from grader.sandbox.gpu import gpu_of
from grader.sandbox.mig import Part
from tests.sandbox.test_devices import CUDA, machine

#: parts of the GPU of node 1, which comes first by its PCI address: two in one instance, and one of its own
MINORS = {"gi9": 90, "gi9/ci0": 91, "gi10": 30, "gi10/ci0": 31, "gi10/ci1": 32}
LISTED = """GPU 0: NVIDIA Example (UUID: GPU-b)
GPU 1: NVIDIA Example (UUID: GPU-a)
  MIG 1c.3g.20gb  Device  0: (UUID: MIG-of-10-0)
  MIG 1c.3g.20gb  Device  1: (UUID: MIG-of-10-1)
  MIG 3g.20gb     Device  2: (UUID: MIG-of-9-0)
"""
DETAILS = """<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log><gpu id="00000000:17:00.0"><mig_devices>{}</mig_devices><processes>
<process_info><gpu_instance_id>9</gpu_instance_id><pid>17</pid><used_memory>5000 MiB</used_memory></process_info>
<process_info><gpu_instance_id>10</gpu_instance_id><pid>18</pid><used_memory>N/A</used_memory></process_info>
</processes></gpu></nvidia_smi_log>"""
DEVICE = (
    "<mig_device><index>{}</index><gpu_instance_id>{}</gpu_instance_id><compute_instance_id>{}</compute_instance_id>"
    "<fb_memory_usage><total>20096 MiB</total></fb_memory_usage></mig_device>"
)


def smi(options: Sequence[str]) -> str:
    if list(options) == ["-L"]:
        return LISTED
    assert list(options) == ["-q", "-x", "-i", "GPU-a"]
    return DETAILS.format("".join(DEVICE.format(*one) for one in [(0, 10, 0), (1, 10, 1), (2, 9, 0)]))


def silent(options: Sequence[str]) -> str:
    return ""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with a divided GPU and a whole one."""
    root = machine(tmp_path, {"0000:65:00.0": (0, "GPU-b"), "0000:17:00.0": (1, "GPU-a")})
    (root / "dev/nvidia-uvm").touch()
    (root / "dev/nvidia-caps").mkdir()
    for path, minor in MINORS.items():
        access = root / "proc/driver/nvidia/capabilities/gpu1/mig" / path / "access"
        access.parent.mkdir(parents=True, exist_ok=True)
        access.write_text(f"DeviceFileMinor: {minor}\nDeviceFileMode: 292\nDeviceFileModify: 1\n")
        (root / f"dev/nvidia-caps/nvidia-cap{minor}").touch()
    return root


def test_each_part_is_a_device_and_a_whole_gpu_is_one(root: Path) -> None:
    here = find(root, "linux", "x86_64", CUDA)
    first, *_, last = here.of_kind("cuda")
    assert [(device.name, device.part) for device in here.of_kind("cuda")] == [
        ("cuda:0", Part(9, 0)), ("cuda:1", Part(10, 0)), ("cuda:2", Part(10, 1)), ("cuda:3", None),
    ]  # fmt: skip
    assert (first.model, last.model, last.uuid) == ("NVIDIA Example, part 9/0", "NVIDIA Example", "GPU-b")
    assert resolve("cuda:2", ("cuda",), here) == [("cuda:2", None)]
    assert resolve("cuda:4", ("cuda",), here)[0][1] is not None


def test_a_worker_is_shown_its_own_part_and_no_other(root: Path) -> None:
    devices = find(root, "linux", "x86_64", CUDA).of_kind("cuda")
    gpus = [gpu_of(device, root, smi) for device in devices]
    assert [gpu.uuid for gpu in gpus] == ["MIG-of-9-0", "MIG-of-10-0", "MIG-of-10-1", "GPU-b"]
    assert [gpu.nodes[2:] for gpu in gpus] == [
        ("/dev/nvidia1", "/dev/nvidia-caps/nvidia-cap90", "/dev/nvidia-caps/nvidia-cap91"),
        ("/dev/nvidia1", "/dev/nvidia-caps/nvidia-cap30", "/dev/nvidia-caps/nvidia-cap31"),
        ("/dev/nvidia1", "/dev/nvidia-caps/nvidia-cap30", "/dev/nvidia-caps/nvidia-cap32"),
        ("/dev/nvidia0",),
    ]
    shown = [path for path, _ in gpus[2].files if "/mig/" in path]
    folder = "driver/nvidia/capabilities/gpu1/mig/gi10"
    assert shown == [f"{folder}/access", f"{folder}/ci1/access"]


def test_each_part_has_a_lease_and_memory_of_its_own(root: Path, tmp_path: Path) -> None:
    devices = find(root, "linux", "x86_64", CUDA).of_kind("cuda")
    gpus = [gpu_of(device, root, smi) for device in devices]
    assert [gpu.total_mib for gpu in gpus] == [20096, 10048, 10048, None]  # two share an instance's memory
    held = [lease.take(gpu.uuid, 1, tmp_path / "leases", 0.0) for gpu in gpus]
    with pytest.raises(MachineError, match="MIG-of-9-0 is taken"):
        lease.take(gpus[0].uuid, 1, tmp_path / "leases", 0.0)
    for one in held:
        one.release()


def test_what_a_process_holds_on_a_part_is_counted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_memory, "smi", smi)
    first, *_, whole = find(root, "linux", "x86_64", CUDA).of_kind("cuda")
    assert gpu_of(first, root, smi).held_mib() == {17: 5000}
    monkeypatch.setattr(gpu_memory, "smi", lambda options: "19, 3\n")
    assert gpu_of(whole, root, silent).held_mib() == {19: 3}


@pytest.mark.parametrize("said", ["", "<nvidia_smi_log>", "<a/>", "NVIDIA-SMI has failed"])
def test_without_a_word_of_nvidia_smi_a_part_has_the_older_name(root: Path, said: str) -> None:
    device = find(root, "linux", "x86_64", CUDA).of_kind("cuda")[1]
    gpu = gpu_of(device, root, lambda options: said)
    assert (gpu.uuid, gpu.total_mib) == ("MIG-GPU-a/10/0", None)
    assert mig.held_mib("GPU-a", lambda options: said) == {}


def test_a_missing_node_of_a_part_is_named_with_how_it_is_made(root: Path) -> None:
    (root / "dev/nvidia-caps/nvidia-cap91").unlink()
    device = find(root, "linux", "x86_64", CUDA).of_kind("cuda")[0]
    with pytest.raises(
        MachineError, match="cuda:0 cannot be opened: there is no /dev/nvidia-caps/nvidia-cap91"
    ) as wrong:
        gpu_of(device, root, smi)
    assert "nvidia-modprobe -f /proc/driver/nvidia/capabilities/gpu1/mig/gi9/ci0/access" in str(
        wrong.value.problems[0].remedy
    )
    assert "-u -c=0" not in str(wrong.value.problems[0].remedy)


def test_a_part_whose_file_names_no_node_is_refused_never_the_first_one_taken(root: Path) -> None:
    (root / "proc/driver/nvidia/capabilities/gpu1/mig/gi10/ci1/access").write_text("")
    device = find(root, "linux", "x86_64", CUDA).of_kind("cuda")[2]
    with pytest.raises(MachineError, match=r"part 10/1 of GPU-a.*gi10/ci1/access names no node") as wrong:
        gpu_of(device, root, smi)
    assert "--device" in str(wrong.value.problems[0].remedy)
