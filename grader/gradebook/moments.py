"""Statistics of a stream: memory does not grow with the number of values. Those of two streams can be put together."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

MIN_CORRELATED = 3
"""Pairs below which a correlation says nothing at all."""


@dataclass
class Moments:
    """Means, variances and the correlation of pairs, updated pair by pair.

    Formulas: B. P. Welford, Note on a Method for Calculating Corrected Sums of Squares and Products, Technometrics 4(3), 1962;
    for `merge`: Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979.
    """

    count: int = 0
    mean_x: float = 0.0
    mean_y: float = 0.0
    xx: float = 0.0  # sums of squared deviations and of their products
    yy: float = 0.0
    xy: float = 0.0

    def add(self, x: float, y: float = 0.0) -> None:
        """One more pair."""
        self.count += 1
        dx, dy = x - self.mean_x, y - self.mean_y
        self.mean_x += dx / self.count
        self.mean_y += dy / self.count
        self.xx += dx * (x - self.mean_x)
        self.yy += dy * (y - self.mean_y)
        self.xy += dx * (y - self.mean_y)

    def merge(self, other: Moments) -> None:
        """All pairs of another."""
        if not other.count:
            return
        count = self.count + other.count
        dx, dy = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        between = self.count * other.count / count
        self.xx += other.xx + dx * dx * between
        self.yy += other.yy + dy * dy * between
        self.xy += other.xy + dx * dy * between
        self.mean_x += dx * other.count / count
        self.mean_y += dy * other.count / count
        self.count = count

    @property
    def deviation(self) -> float | None:
        """Standard deviation of x over the population; None without a value."""
        return math.sqrt(max(self.xx, 0.0) / self.count) if self.count else None

    @property
    def correlation(self) -> float | None:
        """Pearson's r; with a 0/1 variable the point-biserial. None below 3 pairs or where one side is constant."""
        if self.count < MIN_CORRELATED or self.xx < 1e-12 or self.yy < 1e-12:
            return None
        return max(-1.0, min(1.0, self.xy / math.sqrt(self.xx * self.yy)))


@dataclass
class Histogram:
    """Counts in equal bins over [low, high]; what lies outside is counted in the first or last bin."""

    low: float
    high: float
    bins: int
    held: Counter[int] = field(default_factory=Counter)  # by bin; the empty ones are left out

    @property
    def counts(self) -> tuple[int, ...]:
        """By bin."""
        return tuple(self.held[place] for place in range(self.bins))

    @property
    def total(self) -> int:
        """How many values there are."""
        return self.held.total()

    def add(self, value: float) -> None:
        """One more value."""
        place = math.floor((value - self.low) / (self.high - self.low) * self.bins + 1e-9)
        self.held[min(max(place, 0), self.bins - 1)] += 1

    def merge(self, other: Histogram) -> None:
        """All values of another with the same bins."""
        self.held.update(other.held)

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
        counts = self.counts
        return tuple(sum(counts[place : place + size]) for place in range(0, self.bins, size))
