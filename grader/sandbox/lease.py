"""Who may use a GPU now: a few slots per device, each a lock on a file that all graders of this machine know.

The kernel gives a lock back when its holder dies, however it dies.

    /tmp/cnn-grader-gpu/<uuid>.<slot>       empty files; locked while in use
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grader.errors import MachineError

_EVERY_S = 0.05
WAIT_S = 600.0
#: what the driver keeps for each process beside its tensors
CONTEXT_MIB = 512
MAX_SLOTS = 4


def slots(total_mib: int | None, each_mib: int) -> int:
    """How many workers a device has room for; one where nobody says how large it is."""
    if total_mib is None:
        return 1
    return max(1, min(MAX_SLOTS, int(total_mib * 0.9) // (each_mib + CONTEXT_MIB)))


class Lease:
    """One slot of one device, until `release`; with None: of a device that is reserved, nothing to give back."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Give it back. May be called twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def take(
    uuid: str,
    count: int = 1,
    folder: Path | None = None,
    wait_s: float = WAIT_S,
    sleep: Callable[[float], None] = time.sleep,
) -> Lease:
    """A slot of the device, waited for. Raises: `MachineError` when none becomes free in `wait_s`."""
    folder = folder or Path(tempfile.gettempdir()) / "cnn-grader-gpu"
    until = time.monotonic() + wait_s
    name = re.sub(r"[^A-Za-z0-9-]", "_", uuid)
    while True:
        for slot in range(count):
            descriptor = _locked(folder, f"{name}.{slot}")
            if descriptor is not None:
                return Lease(descriptor)
        if time.monotonic() >= until:
            raise MachineError(
                f"every place on the GPU {uuid} is taken for {wait_s:g} s now", remedy="try again later"
            )
        sleep(_EVERY_S)


def _locked(folder: Path, name: str) -> int | None:
    try:
        folder.mkdir(mode=0o1777, exist_ok=True)
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as wrong:
        raise MachineError(f"a GPU cannot be reserved: {wrong.strerror}", path=folder / name) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
