"""The time a session goes by: UTC, but never back, and never slower than the machine's own steady clock.

Setting the system's clock back gains no exam time; setting it on, or closing the lid, counts as time that passed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SteadyClock:
    """Call it for the time; threads may share it."""

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`wall` is the clock that people see, `steady_s` one that nobody can set."""
        self._wall, self._steady_s = wall, steady_s
        self._lock = threading.Lock()
        self._now, self._then_s = wall(), steady_s()

    def __call__(self) -> datetime:
        """The time, in UTC."""
        with self._lock:
            then_s, self._then_s = self._then_s, self._steady_s()
            self._now = max(self._wall(), self._now + timedelta(seconds=self._then_s - then_s))
            return self._now
