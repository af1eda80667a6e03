"""Seconds a call, by the judge's clock around whole requests to a worker.

A run of many calls takes longer than one that does everything but the calls, in a worker of our own: both have the
request's way there, new inputs for every call, and an answer of the same size on the way back.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: calls -> seconds of the whole run
Run = Callable[[int], float]
#: a difference of runs below this is noise of the machine
LEAST_S, LEAST_CALLS, MOST_CALLS = 0.1, 4, 4096


@dataclass(frozen=True)
class Timing:
    """Seconds a call: the median over rounds, and the quartiles."""

    median_s: float
    low_s: float
    high_s: float


def timing(samples: Sequence[float]) -> Timing:
    """Median and quartiles. Raises: `ValueError` when there is none."""
    if not samples:
        raise ValueError("no sample")
    if len(samples) == 1:
        return Timing(samples[0], samples[0], samples[0])
    low, middle, high = statistics.quantiles(samples, n=4, method="inclusive")
    return Timing(middle, low, high)


def calls_needed(run: Run, empty: Run) -> int:
    """How many calls take at least `LEAST_S`, by doubling; the runs warm up what is measured."""
    calls = LEAST_CALLS
    while calls < MOST_CALLS and run(calls) - empty(calls) < LEAST_S:
        calls *= 2
    return calls


def per_call(run: Run, empty: Run, calls: int) -> float:
    """Seconds a call; 0 where the difference is lost in the noise."""
    return max(run(calls) - empty(calls), 0.0) / calls
