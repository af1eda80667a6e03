"""A row every few seconds while an exam is open, so that the time before a crash counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from grader.errors import GraderError
from grader.quiz.entry import Entry, Kind
from grader.quiz.store import ReviewLog
from grader.quiz.timekeeping import EVERY_S


class Heartbeat:
    """Writes while it is entered, from a thread with a connection of its own: waiting for input blocks the other."""

    def __init__(
        self, path: Path, session: str, clock: Callable[[], datetime], every_s: float = EVERY_S
    ) -> None:
        """`path` is the log's file."""
        self._path, self._session, self._clock, self._every_s = path, session, clock, every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join(timeout=15)

    def _beat(self) -> None:
        try:
            with ReviewLog(self._path) as log:
                while not self._done.wait(self._every_s):
                    log.append(Entry(Kind.TICK, self._clock(), session=self._session))
        except GraderError:
            return  # the answers themselves will meet the same trouble, and say so
