"""Statistics of a stream: memory does not grow with the number of values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

MIN_CORRELATED = 3
"""Pairs below which a correlation says nothing at all."""


@dataclass
class Moments:
    """Means, variances and the correlation of pairs, updated pair by pair.

    Formulas: B. P. Welford, Note on a Method for Calculating Corrected Sums of Squares and Products, Technometrics 4(3), 1962.
    """

    count: int = 0
    mean_x: float = 0.0
    mean_y: float = 0.0
    _xx: float = 0.0
    _yy: float = 0.0
    _xy: float = 0.0

    def add(self, x: float, y: float = 0.0) -> None:
        """One more pair."""
        self.count += 1
        dx, dy = x - self.mean_x, y - self.mean_y
        self.mean_x += dx / self.count
        self.mean_y += dy / self.count
        self._xx += dx * (x - self.mean_x)
        self._yy += dy * (y - self.mean_y)
        self._xy += dx * (y - self.mean_y)

    @property
    def deviation(self) -> float | None:
        """Standard deviation of x over the population; None without a value."""
        return math.sqrt(max(self._xx, 0.0) / self.count) if self.count else None

    @property
    def correlation(self) -> float | None:
        """Pearson's r; with a 0/1 variable the point-biserial. None below 3 pairs or where one side is constant."""
        if self.count < MIN_CORRELATED or self._xx < 1e-12 or self._yy < 1e-12:
            return None
        return max(-1.0, min(1.0, self._xy / math.sqrt(self._xx * self._yy)))


@dataclass
class Histogram:
    """Counts in equal bins over [low, high]; what lies outside is counted in the first or last bin."""

    low: float
    high: float
    bins: int
    counts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counts = self.counts or [0] * self.bins

    @property
    def total(self) -> int:
        """How many values there are."""
        return sum(self.counts)

    def add(self, value: float) -> None:
        """One more value."""
        place = math.floor((value - self.low) / (self.high - self.low) * self.bins + 1e-9)
        self.counts[min(max(place, 0), self.bins - 1)] += 1

    def quantile(self, share: float) -> float | None:
        """The value below which `share` of all lie, interpolated within its bin (off by a bin's width at most)."""
        total = self.total
        if not total:
            return None
        wanted, below = share * total, 0
        width = (self.high - self.low) / self.bins
        for place, count in enumerate(self.counts):
            if count and below + count >= wanted:
                return self.low + width * (place + max(wanted - below, 0.0) / count)
            below += count
        return self.high

    def merged(self, bins: int) -> tuple[int, ...]:
        """The same counts in fewer bins; `bins` must divide the number there is."""
        size = self.bins // bins
        return tuple(sum(self.counts[place : place + size]) for place in range(0, self.bins, size))
