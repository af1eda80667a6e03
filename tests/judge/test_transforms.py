"""Generic diagnoses: each names its own mistake, and none is made up for another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.judge.compare import Answer, compare
from grader.judge.key import Expected, Form, KeyCase, Seen
from grader.judge.transforms import Failing, explain
from grader.worker.wire import Message, Tensor

SHAPES = [(2, 3, 4, 5), (3, 2, 5, 4)]


def failing(
    make, *, bias: bool = False, args: dict | None = None, name: str = "output", dtype: str = "float32"
):
    """Two failing cases whose observed values `make(truth, bias)` gives."""
    found = []
    for seed, shape in enumerate(SHAPES):
        rng = np.random.default_rng(seed)
        truth, shift = rng.standard_normal(shape), rng.standard_normal(shape[1]) + 2
        tensors = {"input": Tensor.of(np.zeros(shape, np.float32))}
        if bias:
            tensors["bias"] = Tensor.of(shift)
        expected = {name: Expected(truth, np.full(shape, 1e-6), "float32")}
        case = KeyCase("forward", Form.PLAIN, "", Message({"args": args or {}}, tensors), expected)
        actual = np.asarray(make(truth, shift.reshape(1, -1, 1, 1)), dtype=dtype)
        difference = compare(name, expected[name], Answer({name: Tensor.of(actual)}, {}, {}))
        assert difference is not None
        found.append(Failing(case, difference))
    return found


@pytest.mark.parametrize(
    ("name", "make", "word"),
    [
        ("flipped", lambda y, b: y[..., ::-1], "-1"),
        ("flipped", lambda y, b: y[..., ::-1, :], "-2"),
        ("swapped_axes", lambda y, b: y.swapaxes(2, 3), "2 and 3"),
        ("swapped_axes", lambda y, b: y.swapaxes(0, 1), "0 and 1"),
        ("off_by_factor", lambda y, b: y * y.shape[0], "N"),
        ("off_by_factor", lambda y, b: y / y.shape[1], "1/(C)"),
        ("off_by_factor", lambda y, b: -y, "-1"),
        ("off_by_factor", lambda y, b: y / 2, "1/2"),
        ("off_by_constant", lambda y, b: y + 0.25, "0.25"),
        ("all_zero", lambda y, b: y * 0, ""),
        ("nonfinite", lambda y, b: y * np.nan, ""),
        ("shifted", lambda y, b: np.roll(y, 1, axis=-1), "along axis -1"),
        ("wrong_rank", lambda y, b: y.reshape(-1), "4 dimensions"),
        ("low_precision", lambda y, b: y.astype(np.float16), ""),
    ],
)  # fmt: skip
def test_each_transform_names_its_mistake(name, make, word) -> None:
    diagnosis = explain(failing(make))
    assert diagnosis is not None
    assert (diagnosis.chaff, diagnosis.source) == (name, "transform")
    assert word in diagnosis.lesson


def test_missing_bias() -> None:
    diagnosis = explain(failing(lambda y, b: y - b, bias=True))
    assert diagnosis is not None and diagnosis.chaff == "missing_bias"


def test_wrong_dtype() -> None:
    diagnosis = explain(failing(lambda y, b: y, dtype="float64"))
    assert diagnosis is not None and diagnosis.chaff == "wrong_dtype" and "float64" in diagnosis.lesson


def test_one_unexplained_case_takes_the_diagnosis_back() -> None:
    good, bad = failing(lambda y, b: y[..., ::-1]), failing(lambda y, b: y[..., ::-1] + 0.3 * y)
    assert explain([good[0], bad[1]]) is None


def test_different_factors_in_different_cases_are_no_factor() -> None:
    half, seventh = failing(lambda y, b: y / 2), failing(lambda y, b: y / 7)
    assert explain([half[0], seventh[1]]) is None


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6))
def test_unrelated_values_get_no_diagnosis(seed: int) -> None:
    rng = np.random.default_rng(seed + 1000)
    assert explain(failing(lambda y, b: rng.standard_normal(y.shape))) is None


def test_the_size_that_another_geometry_gives() -> None:
    def case(size: int, stride: int, padding: int) -> Failing:
        right = (size + 2 * padding - 3) // stride + 1
        wrong = (size - 3) // stride + 1
        tensors = {
            "input": Tensor.of(np.zeros((1, 1, size, size))),
            "weight": Tensor.of(np.zeros((1, 1, 3, 3))),
        }
        truth = np.zeros((1, 1, right, right))
        expected = {"output": Expected(truth, np.zeros_like(truth), "float64")}
        key = KeyCase(
            "f", Form.PLAIN, "", Message({"args": {"stride": stride, "padding": padding}}, tensors), expected
        )
        observed = Answer({"output": Tensor.of(np.zeros((1, 1, wrong, wrong)))}, {}, {})
        return Failing(key, compare("output", expected["output"], observed))

    diagnosis = explain([case(7, 2, 2), case(8, 1, 1)])
    assert diagnosis is not None and "padding left out" in diagnosis.lesson


def test_zeros_are_no_empty_buffer_where_the_code_fills_one_elsewhere() -> None:
    zero = failing(lambda y, b: y * 0)
    filled = Seen({"output": np.ones((2, 3))})
    assert explain(zero, [Seen({"output": np.zeros((2, 3))})]) is not None
    assert explain(zero, [filled]) is None


def test_a_zero_gradient_is_no_empty_buffer() -> None:
    assert explain(failing(lambda y, b: y * 0, name="gradient of input")) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda y, b: np.where(np.abs(y) > 1.5, y * 0.9999, y),  # a few values, as clipping makes them
        lambda y, b: y * 0.9999,  # all of them, and all too small
    ],
)
def test_small_errors_that_are_no_rounding_are_no_lower_precision(make) -> None:
    assert explain(failing(make)) is None
