"""What of the system a worker on a GPU must see: that GPU's device nodes, and what the driver's library reads in /proc.

Layout (NVIDIA's driver; `mig` has that of a divided GPU's parts):

    /dev/nvidiactl, /dev/nvidia-uvm, /dev/nvidiaN           the driver, unified memory, one GPU
    /proc/driver/nvidia/params, /proc/devices               read by the driver's library when it starts
    /proc/driver/nvidia/gpus/ADDRESS/information            which GPU has which node
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.errors import MachineError
from grader.sandbox import gpu_memory, mig
from grader.sandbox.devices import Device, kind_of, present

_SHARED = ("/dev/nvidiactl", "/dev/nvidia-uvm")
_READ = ("driver/nvidia/params", "driver/nvidia/version", "devices", "modules", "sys/vm/mmap_min_addr")


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
    total_mib: int | None = None
    "a part's memory, or its share where parts have one memory together; of a whole GPU it is asked for"
    divided: str = ""
    "of a part: the UUID of the GPU that it is a part of"

    def held_mib(self) -> dict[int, int]:
        """Process -> MiB held there."""
        if self.divided:
            return mig.held_mib(self.divided, gpu_memory.smi)
        return gpu_memory.held_mib(self.uuid)


@cache
def gpu_named(name: str) -> Gpu | None:
    """The GPU that a device's name means; None for the CPU. Raises: `MachineError`."""
    if kind_of(name) == "cpu":
        return None
    device = present().named(name)
    if device is None or device.kind != "cuda":
        raise MachineError(f"this machine has no workers for {name}", remedy="choose another --device")
    return gpu_of(device)


def gpu_of(device: Device, root: Path = Path("/"), ask: mig.Ask = gpu_memory.smi) -> Gpu:
    """What a worker on `device` is shown: of a divided GPU its one part. `ask`: nvidia-smi. Raises: `MachineError`."""
    nodes, paths = [*_SHARED, device.node], [*_READ, f"driver/nvidia/gpus/{device.bus}/information"]
    if device.part is not None:
        opened = mig.opened_by(root, device.node, device.part)
        if opened.silent:
            raise MachineError(
                f"{device.name} ({device.part} of {device.uuid}) cannot be opened: /proc/{opened.silent[0]} names no node",
                remedy="see `nvidia-smi mig -lci`: was the part removed? Else choose another --device",
            )
        nodes += opened.nodes
        paths += opened.files
    missing = [node for node in nodes if not (root / node.lstrip("/")).exists()]
    if missing:
        raise MachineError(
            f"{device.name} cannot be opened: there is no {', '.join(missing)}",
            remedy=_remedy(missing, paths),
        )
    texts = ((path, mig.text_of(root / "proc" / path)) for path in paths)
    files = tuple((path, text) for path, text in texts if text)
    if device.part is None:
        return Gpu(device.kind, device.uuid, tuple(nodes), files)
    known = mig.known(device.uuid, device.part, ask)
    name = known.name or f"MIG-{device.uuid}/{device.part.instance}/{device.part.compute}"
    sharing = sum(other.instance == device.part.instance for other in mig.parts(root, device.node))
    total_mib = None if known.total_mib is None else known.total_mib // max(sharing, 1)
    return Gpu(device.kind, name, tuple(nodes), files, total_mib, device.uuid)


def _remedy(missing: list[str], paths: list[str]) -> str:
    """How the missing nodes are made: a part's by the files that speak of them."""
    makes = ["nvidia-modprobe -u -c=0"] if any("-caps/" not in node for node in missing) else []
    if any("-caps/" in node for node in missing):
        makes += [f"nvidia-modprobe -f /proc/{path}" for path in paths if path.endswith("/access")]
    return f"load the driver's modules: `{'; '.join(makes)}`"
