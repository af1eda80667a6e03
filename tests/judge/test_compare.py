"""One value against another: exact shapes, no broadcasting, NaN never passes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from grader.judge.compare import Answer, Wrong, compare, right_at_once
from grader.judge.key import Expected, Form, KeyCase
from grader.worker.wire import Message, Tensor


def answer(array: object = None, **values: object) -> Answer:
    tensors = {"output": Tensor.of(np.asarray(array))} if array is not None else {}
    return Answer(tensors, values, {})


EXPECTED = Expected(np.ones((2, 3)), np.full((2, 3), 1e-6), "float32")


@pytest.mark.parametrize(
    ("given_value", "wrong"),
    [
        (np.ones((2, 3), np.float32), None),
        (np.ones((2, 3), np.float32) * (1 + 1e-7), None),
        (np.ones((2, 3), np.float32) * 1.01, Wrong.VALUE),
        (np.full((2, 3), np.nan, np.float32), Wrong.NONFINITE),
        (np.full((2, 3), np.inf, np.float32), Wrong.NONFINITE),
        (np.ones((1, 3), np.float32), Wrong.SHAPE),
        (np.ones((), np.float32), Wrong.SHAPE),
        (np.ones((3, 2), np.float32), Wrong.SHAPE),
        (np.ones((2, 3)), Wrong.DTYPE),
        (np.ones((2, 3), np.int64), Wrong.DTYPE),
    ],
)
def test_tensors(given_value: np.ndarray, wrong: Wrong | None) -> None:
    difference = compare("output", EXPECTED, answer(given_value))
    assert (difference.wrong if difference else None) == wrong


def test_what_is_not_there() -> None:
    assert compare("output", EXPECTED, answer()).wrong is Wrong.MISSING
    assert compare("output", EXPECTED, answer(output=1.0)).wrong is Wrong.TYPE
    none = compare("gradient of weight", EXPECTED, Answer({}, {"gradient of weight": None}, {}))
    assert none.wrong is Wrong.NO_GRADIENT
    assert "weight.grad" in none.message


@pytest.mark.parametrize(
    ("truth", "given_value", "right"),
    [
        (5, 5, True), (5, 6, False), (5, 5.0, False), (True, 1, False), (1, True, False), ("a", "a", True),
        (None, None, True), (0.5, 0.5, True), (0.5, float("nan"), False), (0.5, "0.5", False), (2.0, 2, True),
    ],
)  # fmt: skip
def test_scalars(truth: object, given_value: object, right: bool) -> None:
    expected = Expected(truth, 1e-9 if isinstance(truth, float) else 0.0)
    assert (compare("output", expected, Answer({}, {"output": given_value}, {})) is None) == right


def test_a_tensor_without_dimensions_serves_as_a_number() -> None:
    assert compare("output", Expected(0.5, 1e-6), answer(np.array(0.5))) is None
    assert compare("output", Expected(0.5, 1e-6), answer(np.array([0.5]))).wrong is Wrong.TYPE


@settings(deadline=None, max_examples=80)
@given(arrays(np.float64, array_shapes(max_dims=4, max_side=4), elements=st.floats(-1e6, 1e6)), st.data())
def test_one_changed_element_is_found_at_its_place(truth: np.ndarray, data: st.DataObject) -> None:
    index = tuple(data.draw(st.integers(0, size - 1)) for size in truth.shape)
    changed = truth.copy()
    changed[index] += 1 + abs(changed[index])
    expected = Expected(truth, np.abs(truth) * 1e-9, "float64")
    assert compare("output", expected, answer(truth)) is None
    difference = compare("output", expected, answer(changed))
    assert difference is not None
    assert difference.first == index


def test_lying_heads_count_as_absent() -> None:
    lying = Answer.of(Message({"status": "ok", "values": [1, 2], "facts": "none"}))
    assert (lying.values, lying.facts) == ({}, {})


VALUES = {
    "right": np.ones((2, 3), np.float32),
    "nearly": np.full((2, 3), 1 + 1e-7, np.float32),
    "wrong in one place": np.array([[1, 1, 1], [1, 1, 1.01]], np.float32),
    "not a number": np.array([[1, 1, 1], [1, 1, np.nan]], np.float32),
    "infinite": np.full((2, 3), np.inf, np.float32),
    "another shape": np.ones((3, 2), np.float32),
    "another dtype": np.ones((2, 3)),
    "absent": None,
}


@pytest.mark.parametrize("types", [{}, {"types": {"gradient of input": "Odd"}}], ids=["plain", "with types"])
@pytest.mark.parametrize("second", VALUES)
@pytest.mark.parametrize("first", VALUES)
def test_at_once_as_one_by_one(first: str, second: str, types: dict[str, object]) -> None:
    """Two small tensors, and one that is compared alone."""
    names = ("output", "gradient of input")
    expected = {name: EXPECTED for name in names} | {"large": Expected(np.ones(5000), 0.1, "float32")}
    case = KeyCase("check", Form.PLAIN, "call()", Message({}), expected)
    (sheet,) = case.sheets
    assert [name for name, _ in sheet.tensors] == [*names]
    given_values = zip(names, (VALUES[first], VALUES[second]), strict=True)
    tensors = {name: Tensor.of(value) for name, value in given_values if value is not None}
    claimed = Answer(tensors, {}, types)
    each = all(compare(name, EXPECTED, claimed) is None for name in names)
    assert right_at_once(sheet, claimed) is each
