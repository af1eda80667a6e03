"""Tolerances follow the arithmetic: any order of summation passes, a lower precision inside does not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.judge.tolerance import STEP, error, is_jump, is_steep, sensitivity, tolerance


def _dot_case(n: int, seed: int, shift: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of a float32 matrix and a vector, with the tolerance of their products."""
    rng = np.random.default_rng(seed)
    a = (rng.standard_normal((6, n)) + shift).astype(np.float32)
    b = rng.standard_normal(n).astype(np.float32)
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    truth = wide_a @ wide_b
    moved = [
        (wide_a * (1 + STEP * rng.choice((-1, 1), a.shape)))
        @ (wide_b * (1 + STEP * rng.choice((-1, 1), b.shape)))
        for _ in range(4)
    ]
    bound = tolerance(
        truth, sensitivity(truth, moved), error(truth, (a @ b).astype(np.float64)), "float32", n
    )
    return a, b, np.stack([truth, bound])


@settings(deadline=None, max_examples=60)
@given(n=st.integers(1, 600), seed=st.integers(0, 10**6), shift=st.sampled_from([0.0, 1.0, 100.0]))
def test_every_order_of_summation_passes(n: int, seed: int, shift: float) -> None:
    a, b, (truth, bound) = _dot_case(n, seed, shift)
    order = np.random.default_rng(seed + 1).permutation(n)
    naive = np.zeros(6, np.float32)
    for index in order:
        naive = naive + a[:, index] * b[index]
    assert np.all(np.abs(naive.astype(np.float64) - truth) <= bound)


@settings(deadline=None, max_examples=40)
@given(n=st.integers(8, 600), seed=st.integers(0, 10**6))
def test_half_precision_inside_fails(n: int, seed: int) -> None:
    a, b, (truth, bound) = _dot_case(n, seed, 0.0)
    half = (a.astype(np.float16) * b.astype(np.float16)).sum(axis=1, dtype=np.float16).astype(np.float64)
    assert np.any(np.abs(half - truth) > bound)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zeros_never_pass_for_a_value_of_any_size(dtype: str) -> None:
    for scale in (1e-6, 1.0, 1e6):
        truth = np.array([1.0, -2.0, 0.5]) * scale
        bound = tolerance(truth, np.abs(truth), 0.0, dtype, 1000)
        assert np.all(np.abs(0 - truth) > bound)


def test_the_reference_itself_always_passes() -> None:
    truth, near = np.array([1.0, 2.0]), np.array([1.001, 2.0])
    assert np.all(np.abs(near - truth) <= tolerance(truth, np.zeros(2), error(truth, near), "float32", 4))


def _spread_of(function: Callable[[float], float], at: float, step: float) -> np.ndarray:
    return sensitivity(np.array(function(at)), [np.array(function(at * (1 + step)))], step)


@pytest.mark.parametrize("distance", [1e-9, 0.3 * STEP, 0.9 * STEP])
def test_a_jump_is_noticed(distance: float) -> None:
    def jumps(x: float) -> float:
        return float(x > 1.0 + distance)

    truth, spread = np.array(jumps(1.0)), _spread_of(jumps, 1.0, STEP)
    assert is_steep(truth, spread)
    assert is_jump(truth, spread, _spread_of(jumps, 1.0, STEP / 16))


def test_a_sum_that_cancels_to_zero_is_no_jump() -> None:
    truth, spread = np.array(0.0), _spread_of(lambda x: 5 * x - 5.0, 1.0, STEP)
    assert is_steep(truth, spread)
    assert not is_jump(truth, spread, _spread_of(lambda x: 5 * x - 5.0, 1.0, STEP / 16))


def test_an_ordinary_slope_is_not_steep() -> None:
    assert not is_steep(np.array([3.0]), _spread_of(lambda x: 3 * x, 1.0, STEP))
