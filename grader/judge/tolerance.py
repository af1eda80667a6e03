"""How far a correct answer may be from the truth, element by element.

Any implementation adds up the same n terms in some order. Its rounding error is, with high probability, below
lambda * sqrt(n) * u * M, where u is the unit roundoff of the learner's dtype and M the magnitude of what is added up
(Higham and Mary, "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41(5), 2019; the
worst case is Higham's gamma_n = n u / (1 - n u), "Accuracy and Stability of Numerical Algorithms", section 3.1).

M is measured, not assumed: it is |y| plus the change of y under relative perturbations of every input, so it follows
cancellation, conditioning and depth. FFT-like algorithms spread their error over the whole tensor, hence M is at least
its root mean square. The bound is never below what the reference itself commits in that dtype, there and on neighbouring
inputs (one run may be exact by luck), so whatever is closer to the truth than the reference passes. Half precision inside a float32 exercise errs by 2^13 to 2^15 times u and fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: unit roundoff: half the distance from 1 to the next number
ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
TINIEST = {"float64": 2.0**-1022, "float32": 2.0**-126, "float16": 2.0**-24, "bfloat16": 2.0**-126}

LAMBDA = 4.0
STEP = 2.0**-20  # relative perturbation; small enough to be linear, large enough to be exact in float64
MAX_TERMS = 4096
REFERENCE_MARGIN = 4.0
UNSTEADY = 2.0**14  # roundoffs: an error so large is no rounding error
STEEP = 1e3  # a slope this many times the value is looked at more closely: it may be a jump


def sensitivity(truth: Array, perturbed: Sequence[Array], step: float = STEP) -> Array:
    """|dy| per unit of relative input perturbation: the largest change seen, divided by `step`."""
    if not perturbed:
        return np.zeros_like(truth)
    with np.errstate(invalid="ignore"):  # NaN in the reference's values is reported where they are taken
        changes = [np.abs(other - truth) for other in perturbed]
    return np.asarray(np.max(changes, axis=0) / step)


def tolerance(truth: Array, spread: Array, committed: float, dtype: str, terms: int) -> Array:
    """Elementwise absolute tolerance.

    `truth`: float64 values; `spread`: their `sensitivity`, of the same shape; `committed`: the largest error that the
    reference makes in `dtype`; `terms`: the longest sum behind an element.
    """
    if truth.size == 0:
        return np.zeros_like(truth, dtype=np.float64)
    magnitude = np.abs(truth) + spread
    typical = float(np.sqrt(np.mean(np.square(magnitude))))
    roundoff = ROUNDOFF[dtype]
    bound = LAMBDA * np.sqrt(min(max(terms, 4), MAX_TERMS)) * roundoff * np.maximum(magnitude, typical)
    return np.asarray(np.maximum(bound, REFERENCE_MARGIN * committed) + TINIEST[dtype], np.float64)


def error(truth: Array, in_dtype: Array) -> float:
    """The largest error of values computed in the learner's dtype; infinite where they are not finite."""
    if truth.size == 0:
        return 0.0
    with np.errstate(invalid="ignore"):
        largest = float(np.max(np.abs(in_dtype - truth)))
    return largest if np.isfinite(largest) else float("inf")


def is_unsteady(truth: Array, spread: Array, committed: float, dtype: str) -> bool:
    """Whether rounding in `dtype` alone makes the values jump: another order of summation may land elsewhere."""
    typical = float(np.sqrt(np.mean(np.square(np.abs(truth) + spread)))) if truth.size else 0.0
    return committed > UNSTEADY * ROUNDOFF[dtype] * typical + TINIEST[dtype]


def is_steep(truth: Array, spread: Array) -> bool:
    """Whether some value changes so much that it may jump; sums that cancel to zero are steep too, and do not."""
    return bool(np.any(spread > _steep(truth)))


def is_jump(truth: Array, spread: Array, finer: Array) -> bool:
    """Whether a steep value jumps, so that no tolerance can be measured.

    `finer`: the `sensitivity` under much smaller perturbations of the same signs. That of a slope is the same; that of
    a jump is far larger, or nothing when the jump is no longer reached.
    """
    suspects = spread > _steep(truth)
    ratio = finer[suspects] / spread[suspects]
    return bool(np.any((ratio > 4.0) | (ratio < 0.25)))


def _steep(truth: Array) -> float:
    typical = float(np.sqrt(np.mean(np.square(truth)))) if truth.size else 0.0
    return STEEP * (typical + float(np.finfo(np.float32).tiny))
