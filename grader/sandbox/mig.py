"""The parts of a divided GPU (NVIDIA's MIG): which there are, what each is opened by, and what CUDA calls it.

Layout (NVIDIA, "MIG User Guide", "Device Nodes and Capabilities", "CUDA Device Enumeration"):

    /proc/driver/nvidia/capabilities/gpuN/mig/giG/access        the GPU instance G: its memory; N is the node's number
    /proc/driver/nvidia/capabilities/gpuN/mig/giG/ciC/access    a compute instance of it: some of its multiprocessors
        DeviceFileMinor: M                                      opened by /dev/nvidia-caps/nvidia-capM
    CUDA_VISIBLE_DEVICES=MIG-<UUID>                             since driver 470; only nvidia-smi knows which part that is
    CUDA_VISIBLE_DEVICES=MIG-<GPU's UUID>/<G>/<C>               before
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

_CAPABILITIES = "driver/nvidia/capabilities"
Ask = Callable[[Sequence[str]], str]


@dataclass(frozen=True, order=True)
class Part:
    """One compute instance: what a process can be given of a divided GPU."""

    instance: int
    compute: int

    def __str__(self) -> str:
        return f"part {self.instance}/{self.compute}"


@dataclass(frozen=True)
class Opened:
    """What a part is opened by: device nodes, the files below /proc that say so, and those that name no node."""

    nodes: tuple[str, ...]
    files: tuple[str, ...]
    silent: tuple[str, ...]


def parts(root: Path, node: str) -> tuple[Part, ...]:
    """The parts of the GPU behind a node such as /dev/nvidia0; none: it is whole."""
    found = (root / "proc" / _folder(node)).glob("gi*/ci*/access")
    pairs = (re.fullmatch(r"gi(\d+)/ci(\d+)", "/".join(path.parts[-3:-1])) for path in found)
    return tuple(sorted(Part(int(pair[1]), int(pair[2])) for pair in pairs if pair))


def opened_by(root: Path, node: str, part: Part) -> Opened:
    """What a worker on this part must see."""
    folder = f"{_folder(node)}/gi{part.instance}"
    files = (f"{folder}/access", f"{folder}/ci{part.compute}/access")
    minors = {file: re.search(r"DeviceFileMinor:\s*(\d+)", text_of(root / "proc" / file)) for file in files}
    nodes = tuple(f"/dev/nvidia-caps/nvidia-cap{minor[1]}" for minor in minors.values() if minor)
    return Opened(nodes, files, tuple(file for file, minor in minors.items() if not minor))


@dataclass(frozen=True)
class Known:
    """What nvidia-smi says of a part; None and "" where it does not."""

    name: str = ""
    "as in CUDA_VISIBLE_DEVICES"
    total_mib: int | None = None


def known(gpu: str, part: Part, ask: Ask) -> Known:
    """What nvidia-smi says of a part of the GPU with this UUID: the listing has names by index, the XML which index is which."""
    told = _told(ask(["-q", "-x", "-i", gpu]))
    for device in () if told is None else told.iter("mig_device"):
        if (_number(device, "gpu_instance_id"), _number(device, "compute_instance_id")) == (
            part.instance, part.compute,
        ):  # fmt: skip
            names = dict(
                re.findall(
                    r"^\s+MIG .*Device\s+(\d+): \(UUID: (MIG-[^)]+)\)", _listed(gpu, ask), re.MULTILINE
                )
            )
            return Known(
                names.get(str(_number(device, "index")), ""), _number(device, "fb_memory_usage/total")
            )
    return Known()


def held_mib(gpu: str, ask: Ask) -> dict[int, int]:
    """Process -> MiB held on a divided GPU, on whichever part: a worker has one."""
    told = _told(ask(["-q", "-x", "-i", gpu]))
    held: dict[int, int] = {}
    for process in () if told is None else told.iter("process_info"):
        pid, mib = _number(process, "pid"), _number(process, "used_memory")
        if pid is not None and mib is not None:
            held[pid] = held.get(pid, 0) + mib
    return held


def text_of(path: Path) -> str:
    """A small file's text; empty where there is none."""
    try:
        return path.read_text(errors="replace")[:65536]
    except OSError:
        return ""


def _folder(node: str) -> str:
    return f"{_CAPABILITIES}/gpu{node.removeprefix('/dev/nvidia')}/mig"


def _listed(gpu: str, ask: Ask) -> str:
    """The lines of `nvidia-smi -L` below this GPU's own."""
    blocks = re.split(r"^(?=GPU )", ask(["-L"]), flags=re.MULTILINE)
    return next((block for block in blocks if f"(UUID: {gpu})" in block), "")


def _told(text: str) -> ElementTree.Element | None:
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None


def _number(element: ElementTree.Element, path: str) -> int | None:
    said = re.match(r"\s*(\d+)\b", element.findtext(path) or "")
    return int(said[1]) if said else None
