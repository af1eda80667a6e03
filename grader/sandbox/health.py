"""Whether a GPU can be trusted with the next submission. One that ended badly must not cost another learner a point.

A device is tried before its first submission and after each that ended badly: a fresh process opens it and runs a small
kernel. Where that fails three times it is ill, and nothing is judged on it any more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from grader.errors import MachineError

TRIES, PAUSE_S = 3, 2.0
"the driver needs a moment to clear away what a killed process left running"


class Health:
    """What is known of each device, by its UUID. Threads may share one."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._lock = threading.Lock()
        self._well: set[str] = set()
        self._ill: dict[str, str] = {}

    def suspect(self, uuid: str) -> None:
        """A process ended badly there: it is tried before it is used again."""
        with self._lock:
            self._well.discard(uuid)

    def ensure(self, uuid: str, probe: Callable[[], None]) -> None:
        """Return when the device works; `probe` tries it, and raises `MachineError`. Raises: `MachineError`."""
        with self._lock:
            if uuid in self._well:
                return
            for attempt in range(TRIES if uuid not in self._ill else 0):
                if attempt:
                    self._sleep(PAUSE_S)
                try:
                    probe()
                except MachineError as wrong:
                    said = str(wrong)
                else:
                    self._well.add(uuid)
                    return
                if attempt == TRIES - 1:
                    self._ill[uuid] = said
            raise MachineError(
                f"the GPU {uuid} does not work: {self._ill[uuid]}", remedy="see `nvidia-smi`, or --device cpu"
            )
