"""How long a session took, by its rows: all the time from its begin to its end, less the breaks.

An open exam writes a row every `EVERY_S` seconds. A process that was killed may have lived almost that long after its
last row, so the first `UNSEEN_S` after it count as time used: ending the program gains no time, however often it is done.
Whatever does not count is a break, and an exam's result lists it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grader.quiz.entry import Entry, Kind

EVERY_S = 10.0
UNSEEN_S = 15.0  # a row may be late on a busy machine


@dataclass(frozen=True)
class Break:
    """When a session was not open, though it was not over."""

    begun: datetime
    ended: datetime

    @property
    def length_s(self) -> float:
        """Seconds."""
        return seconds_between(self.begun, self.ended)


def breaks(rows: Iterable[Entry]) -> list[Break]:
    """The breaks of a session, from its rows in order."""
    return [
        Break(before.at + timedelta(seconds=UNSEEN_S), row.at)
        for before, row in itertools.pairwise(_until_its_end(rows))
        if row.kind is Kind.RESUME and seconds_between(before.at, row.at) > UNSEEN_S
    ]


def time_used_s(rows: Sequence[Entry]) -> float:
    """Seconds of a session, from its rows in order, breaks left out; a clock set back takes nothing away."""
    passed_s = sum(
        seconds_between(before.at, row.at) for before, row in itertools.pairwise(_until_its_end(rows))
    )
    return passed_s - sum(one.length_s for one in breaks(rows))


def seconds_between(start: datetime | None, end: datetime | None) -> float:
    """Never negative, though a clock may be set back."""
    return max(0.0, (end - start).total_seconds()) if start and end else 0.0


def _until_its_end(rows: Iterable[Entry]) -> list[Entry]:
    """What comes after a session's end is about its answers, such as a regrade, and takes no time."""
    found: list[Entry] = []
    for row in rows:
        found.append(row)
        if row.kind is Kind.END:
            break
    return found
