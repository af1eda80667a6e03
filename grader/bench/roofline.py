"""Where a computation stands below the roofline: the best a machine can do at its arithmetic per byte of memory traffic.

Williams, Waterman, Patterson: "Roofline: An Insightful Visual Performance Model for Multicore Architectures", CACM 52(4), 2009.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What one call must do at least: floating-point operations, and bytes read or written once each."""

    flops: float
    bytes: float


@dataclass(frozen=True)
class Ceilings:
    """What this machine does, measured: a large copy, a large matrix product."""

    bytes_per_s: float
    flops_per_s: float

    @property
    def ridge(self) -> float:
        """Operations per byte at which both limits meet."""
        return self.flops_per_s / self.bytes_per_s


def least_s(cost: Cost, ceilings: Ceilings) -> float:
    """The time below which no implementation can come on this machine."""
    return max(cost.flops / ceilings.flops_per_s, cost.bytes / ceilings.bytes_per_s)


def position(cost: Cost, ceilings: Ceilings, yours_s: float, reference_s: float) -> str:
    """The roofline in words, for both implementations."""
    limit = least_s(cost, ceilings)
    by_memory = cost.bytes / ceilings.bytes_per_s >= cost.flops / ceilings.flops_per_s
    intensity = cost.flops / cost.bytes
    what = "memory traffic" if by_memory else "arithmetic"
    side = "below" if by_memory else "above"
    return (
        f"One call needs {_count(cost.flops)} operations on {_count(cost.bytes)} bytes, {intensity:.3g} operations a byte. "
        f"That is {side} {ceilings.ridge:.3g}, where this machine's copy and matrix product meet: {what} is the limit. "
        f"At that limit a call would take {limit * 1e3:.3g} ms; your code reaches {_share(limit, yours_s)} of it, "
        f"the reference {_share(limit, reference_s)}."
    )


def _share(limit_s: float, took_s: float) -> str:
    return "more than can be measured" if took_s <= 0 else f"{100 * limit_s / took_s:.2g} %"


def _count(value: float) -> str:
    for size, unit in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"
