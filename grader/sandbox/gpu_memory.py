"""Memory that processes hold on a GPU, by the driver's own count: PyTorch's limit binds only who goes through PyTorch."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence

EVERY_S = 1.0
_MIB_OF = "--format=csv,noheader,nounits"


def total_mib(uuid: str, ask: Callable[[Sequence[str]], str] | None = None) -> int | None:
    """A device's memory; None where nobody says."""
    said = (ask or smi)(["--query-gpu=memory.total", _MIB_OF, "-i", uuid]).strip()
    return int(said) if said.isdigit() else None


def held_mib(uuid: str, ask: Callable[[Sequence[str]], str] | None = None) -> dict[int, int]:
    """Process -> MiB held on the device."""
    said = (ask or smi)(["--query-compute-apps=pid,used_memory", _MIB_OF, "-i", uuid])
    pairs = (line.split(",") for line in said.splitlines())
    return {
        int(pair[0]): int(pair[1])
        for pair in pairs
        if len(pair) == 2 and pair[0].strip().isdigit() and pair[1].strip().isdigit()
    }


class GpuWatcher:
    """Looks, at most once in `EVERY_S`, at what process `pid` holds."""

    def __init__(
        self,
        pid: int,
        limit_mib: int,
        held: Callable[[], dict[int, int]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pid, self._limit_mib, self._held, self._now = pid, limit_mib, held, now
        self._looked = now()

    def over(self) -> bool:
        """Whether it holds more than the limit."""
        if self._now() - self._looked < EVERY_S:
            return False
        held = self._held().get(self._pid, 0)
        self._looked = self._now()
        return held > self._limit_mib


def smi(options: Sequence[str]) -> str:
    """What nvidia-smi says; nothing where it is not there, fails or hangs."""
    try:
        return subprocess.run(
            ["nvidia-smi", *options], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
