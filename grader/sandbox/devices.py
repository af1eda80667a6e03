"""Which devices a submission can be judged on here, found out without importing PyTorch or touching a GPU.

A GPU is there when its device node is, the driver says which it is, and the PyTorch installed was built for it. The judge
never opens one.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.errors import UsageError
from grader.sandbox.mig import Part, parts

_KINDS = ("cpu", "cuda", "mps")
#: what a worker can be made for
WORKERS = ("cpu", "cuda")
_WORDS = "auto, all, cpu, cuda, cuda:N or mps"


@dataclass(frozen=True)
class Device:
    """One place to compute on. `name` is the word for it: `cpu`, `cuda:0`, `mps`."""

    name: str
    model: str = ""
    uuid: str = ""
    "the driver's own name for a GPU, the same in every process and container; empty: none is known"
    node: str = ""
    "the device node, such as /dev/nvidia0"
    bus: str = ""
    "the PCI address, such as 0000:17:00.0"
    part: Part | None = None
    "which part of a divided GPU; None: a whole one"

    @property
    def kind(self) -> str:
        """`cpu`, `cuda` or `mps`: what a worker, which sees one GPU only, calls it."""
        return kind_of(self.name)


@dataclass(frozen=True)
class Present:
    """The devices of this machine, and why it has none of the others."""

    devices: tuple[Device, ...]
    missing: dict[str, str]

    def of_kind(self, kind: str) -> list[Device]:
        """Those of one kind, in the order of their numbers."""
        return [device for device in self.devices if device.kind == kind]

    def named(self, name: str) -> Device | None:
        """The device of that name; `cuda` is the first GPU."""
        return next((d for d in self.devices if name in (d.name, d.kind)), None)


def kind_of(name: str) -> str:
    """`cuda` of `cuda:1`."""
    return name.partition(":")[0]


@cache
def present() -> Present:
    """The devices of this machine."""
    return find(Path("/"), sys.platform, platform.machine(), torch_built_for())


def find(root: Path, system: str, machine: str, built_for: dict[str, bool]) -> Present:
    """The devices of a machine whose files lie under `root`; `built_for`: what its PyTorch can use."""
    devices, missing = [Device("cpu")], {}
    gpus, why = _gpus(root) if system == "linux" else ([], f"{system} has no CUDA")
    if gpus and not built_for.get("cuda"):
        gpus, why = [], "the PyTorch installed here is built without CUDA"
    if gpus:
        devices += gpus
    else:
        missing["cuda"] = why
    if system == "darwin" and machine == "arm64" and built_for.get("mps"):
        devices.append(Device("mps", "Apple GPU"))
    else:
        missing["mps"] = "this machine has no Apple GPU that PyTorch can use"
    return Present(tuple(devices), missing)


def _gpus(root: Path) -> tuple[list[Device], str]:
    """NVIDIA GPUs in the order of their PCI addresses, which workers are told to number by too; of a divided one, each part."""
    nodes = {path.name for path in (root / "dev").glob("nvidia[0-9]*")}
    if not nodes or not (root / "dev/nvidiactl").exists():
        return [], "this machine has no NVIDIA GPU"
    found: list[tuple[str, str, dict[str, str], Part | None]] = []
    for folder in sorted((root / "proc/driver/nvidia/gpus").glob("*")):
        said = _fields(folder / "information")
        node = f"nvidia{said.get('Device Minor', '')}"
        if node in nodes:
            found += [(folder.name, node, said, part) for part in parts(root, f"/dev/{node}") or (None,)]
    gpus = [
        Device(f"cuda:{index}", _model(said, part), said.get("GPU UUID", ""), f"/dev/{node}", bus, part)
        for index, (bus, node, said, part) in enumerate(found)
    ]
    return gpus, "" if gpus else "a GPU's device node is here, but its driver is not"


def _model(said: dict[str, str], part: Part | None) -> str:
    return said.get("Model", "") + ("" if part is None else f", {part}")


def _fields(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


@cache
def torch_built_for() -> dict[str, bool]:
    """What the installed PyTorch can use, read from its files: importing it takes a second and may start a driver."""
    try:
        distribution = importlib.metadata.distribution("torch")
        text = Path(str(distribution.locate_file("torch/version.py"))).read_text()
    except (importlib.metadata.PackageNotFoundError, OSError):
        return {}
    return {"cuda": re.search(r"^cuda\b.*=\s*['\"]", text, re.MULTILINE) is not None, "mps": True}


def resolve(
    wanted: str,
    offered: Sequence[str],
    here: Present | None = None,
    workers: Sequence[str] = WORKERS,
) -> list[tuple[str, str | None]]:
    """The devices to judge an exercise on, each with the reason why it must be skipped, or None.

    `wanted`: auto (the CPU, or what the exercise is written for), all, cpu, cuda, cuda:N or mps; `offered`: what the
    exercise is written for; `workers`: the kinds a worker can be made for. Raises: `UsageError`.
    """
    here = here or present()
    kind = kind_of(wanted)
    if wanted == "auto":
        return [_on("cpu" if "cpu" in offered else offered[0], offered, here, workers)]
    if wanted == "all":
        return [_on(kind, offered, here, workers) for kind in _KINDS if kind in offered]
    if kind not in _KINDS or not re.fullmatch(r"cpu|mps|cuda(:\d+)?", wanted):
        raise UsageError(f"no such device: {wanted}", remedy=_WORDS)
    return [_on(wanted, offered, here, workers)]


def _on(name: str, offered: Sequence[str], here: Present, workers: Sequence[str]) -> tuple[str, str | None]:
    kind = kind_of(name)
    if kind not in offered:
        return name, f"this exercise is not judged on {kind}"
    device = here.named(name)
    if device is not None:
        unbuilt = f"{device.name} is here, but this version has no workers for {kind} yet"
        return device.name, None if kind in workers else unbuilt
    if here.of_kind(kind):
        return name, f"this machine has no {name}, only {', '.join(d.name for d in here.of_kind(kind))}"
    return name, here.missing.get(kind, f"this machine has no {kind}")
