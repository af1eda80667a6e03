"""What of the system a worker on a GPU must see: that GPU's device nodes, and what the driver's library reads in /proc.

Layout (NVIDIA's driver, and its MIG user guide, "Device nodes and capabilities"):

    /dev/nvidiactl, /dev/nvidia-uvm, /dev/nvidiaN           the driver, unified memory, one GPU
    /dev/nvidia-caps/nvidia-capN                            one part of a divided GPU
    /proc/driver/nvidia/params, /proc/devices               read by the driver's library when it starts
    /proc/driver/nvidia/gpus/ADDRESS/information            which GPU has which node
    /proc/driver/nvidia/capabilities/gpuN/mig/giG/ciC/access  which capability a part is opened by
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from grader.errors import MachineError
from grader.sandbox.devices import Device, kind_of, present

_SHARED = ("/dev/nvidiactl", "/dev/nvidia-uvm")
_READ = ("driver/nvidia/params", "driver/nvidia/version", "devices", "modules", "sys/vm/mmap_min_addr")
_CAPABILITIES = "driver/nvidia/capabilities"


@dataclass(frozen=True)
class Gpu:
    """One GPU, or one part of a divided one, as a worker is given it."""

    kind: str
    "what PyTorch calls it: cuda; tests say cpu, and nothing is opened"
    uuid: str
    "by which the driver tells it from others; also the name of its lease"
    nodes: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = ()
    "path below /proc -> text: the worker's own /proc is empty but for these"


def gpu_named(name: str, root: Path = Path("/")) -> Gpu | None:
    """The GPU that a device's name means; None for the CPU. Raises: `MachineError`."""
    if kind_of(name) == "cpu":
        return None
    device = present().named(name)
    if device is None or device.kind != "cuda":
        raise MachineError(f"this machine has no workers for {name}", remedy="choose another --device")
    return gpu_of(device, root)


def gpu_of(device: Device, root: Path = Path("/")) -> Gpu:
    """What a worker on `device` is shown. Of a divided GPU: its first part. Raises: `MachineError`."""
    part = _first_part(root, device.node)
    nodes = [*_SHARED, device.node, *(() if part is None else part.nodes)]
    missing = [node for node in nodes if not (root / node.lstrip("/")).exists()]
    if missing:
        raise MachineError(
            f"{device.name} cannot be opened: there is no {', '.join(missing)}",
            remedy="load the driver's modules: `nvidia-modprobe -u -c=0`",
        )
    paths = [*_READ, f"driver/nvidia/gpus/{device.bus}/information", *(() if part is None else part.files)]
    texts = ((path, _text(root / "proc" / path)) for path in paths)
    uuid = device.uuid if part is None else f"MIG-{device.uuid}/{part.instance}/{part.compute}"
    return Gpu(device.kind, uuid, tuple(nodes), tuple((path, text) for path, text in texts if text))


@dataclass(frozen=True)
class _Part:
    instance: int
    compute: int
    nodes: tuple[str, ...]
    files: tuple[str, ...]


def _first_part(root: Path, node: str) -> _Part | None:
    """The first compute instance of a GPU that is divided (MIG); None for a whole one."""
    folder = Path(_CAPABILITIES) / f"gpu{node.removeprefix('/dev/nvidia')}" / "mig"
    found = sorted((root / "proc" / folder).glob("gi*/ci*/access"), key=_numbers)
    if not found:
        return None
    instance, compute = _numbers(found[0])
    files = (f"{folder}/gi{instance}/access", f"{folder}/gi{instance}/ci{compute}/access")
    minors = [re.search(r"DeviceFileMinor:\s*(\d+)", _text(root / "proc" / file)) for file in files]
    nodes = tuple(f"/dev/nvidia-caps/nvidia-cap{minor[1]}" for minor in minors if minor)
    return _Part(instance, compute, nodes, files)


def _numbers(access: Path) -> tuple[int, int]:
    compute, instance = access.parent.name, access.parent.parent.name
    return int(instance.removeprefix("gi")), int(compute.removeprefix("ci"))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")[:65536]
    except OSError:
        return ""
