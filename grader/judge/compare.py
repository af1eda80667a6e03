"""One observed value against one expected value. NumPy only; nothing broadcasts, NaN never passes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from grader.judge.key import Array, Expected, Scalar, Sheet
from grader.judge.text import clean
from grader.worker.wire import Message, Tensor


class Wrong(StrEnum):
    """In what way a value is not the expected one."""

    MISSING = "missing"
    TYPE = "type"
    SHAPE = "shape"
    DTYPE = "dtype"
    NONFINITE = "nonfinite"
    VALUE = "value"
    NO_GRADIENT = "no_gradient"
    STATISTIC = "statistic"


@dataclass(frozen=True, eq=False)
class Difference:
    """How one named value of one case is wrong."""

    name: str
    wrong: Wrong
    message: str
    expected: Array | Scalar = None
    actual: Array | Scalar = None
    first: tuple[int, ...] | None = None
    bad: Array | None = None  # elementwise, for values of the right shape


@dataclass(frozen=True)
class Answer:
    """A worker's answer, unpacked: tensors stay tagged, scalars and facts are what JSON brought."""

    tensors: Mapping[str, Tensor]
    values: Mapping[str, Any]
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, message: Message) -> Answer:
        """The parts of an `ok` answer; what has the wrong type counts as absent, since the worker is not trusted."""
        values, facts = message.head.get("values"), message.head.get("facts")
        return cls(
            message.tensors,
            values if isinstance(values, dict) else {},
            facts if isinstance(facts, dict) else {},
        )


def compare(name: str, expected: Expected, answer: Answer) -> Difference | None:
    """How `name` in `answer` differs from `expected`; None when it does not."""
    types = answer.facts.get("types")
    if isinstance(types, dict) and name in types:
        wanted = "a tensor" if expected.is_tensor else type(expected.value).__name__
        return Difference(
            name,
            Wrong.TYPE,
            f"{name} should be {wanted}, but is a {clean(str(types[name]), limit=80)}",
            expected.value,
        )
    if expected.is_tensor:
        return _compare_tensor(name, expected, answer)
    return _compare_scalar(name, expected, answer)


def right_at_once(sheet: Sheet, answer: Answer) -> bool:
    """Whether every tensor of the sheet is there and right; if not, `compare` finds which is wrong, and how."""
    if "types" in answer.facts:
        return False
    parts = []
    for name, shape in sheet.tensors:
        tensor = answer.tensors.get(name)
        if tensor is None or tensor.dtype != sheet.dtype or tensor.shape != shape:
            return False
        parts.append(tensor.data)
    actual = np.frombuffer(b"".join(parts), sheet.dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        return bool((np.abs(actual - sheet.truth) <= sheet.tolerance).all())


def _compare_tensor(name: str, expected: Expected, answer: Answer) -> Difference | None:
    truth = np.asarray(expected.value)
    tensor = answer.tensors.get(name)
    if tensor is None:
        return _no_tensor(name, truth, answer)
    actual = tensor.numpy()
    if actual.shape != truth.shape:
        message = f"{name} should have shape {_shape(truth)}, but has {_shape(actual)}"
        return Difference(name, Wrong.SHAPE, message, truth, actual)
    if tensor.dtype not in (expected.dtype, expected.or_dtype):
        wanted = f"{expected.dtype}, like the input," if expected.or_dtype is None else expected.dtype
        other = "" if expected.or_dtype is None else f" or {expected.or_dtype},"
        message = f"{name} should be {wanted}{other} but is {tensor.dtype}"
        return Difference(name, Wrong.DTYPE, message, truth, actual)
    return compare_arrays(name, truth, actual, np.asarray(expected.tolerance))


def compare_arrays(name: str, truth: Array, actual: Array, tolerance: Array) -> Difference | None:
    """Elementwise comparison of equal shapes: an element is right when |actual - truth| <= tolerance."""
    wide = actual.astype(np.float64) if actual.dtype.kind in "fiub" else actual
    with np.errstate(invalid="ignore", over="ignore"):
        good = np.abs(wide - truth) <= tolerance if truth.dtype.kind != "b" else wide == truth
    if good.all():
        return None
    bad = np.logical_not(good)  # NaN compares false, hence is bad
    first = tuple(int(axis[0]) for axis in np.nonzero(bad)) if bad.ndim else ()
    finite = np.isfinite(wide[bad]).all() if wide.dtype.kind in "fc" else True
    count = f"{int(bad.sum())} of {bad.size} values"
    if not finite:
        return Difference(
            name, Wrong.NONFINITE, f"{name} has NaN or infinity in {count}", truth, actual, first, bad
        )
    return Difference(name, Wrong.VALUE, f"{name} is wrong in {count}", truth, actual, first, bad)


def _no_tensor(name: str, truth: Array, answer: Answer) -> Difference:
    if name in answer.values and name.startswith("gradient of "):
        what = name.removeprefix("gradient of ")
        message = f"no gradient reaches {what}: backward() leaves {what}.grad at None"
        return Difference(name, Wrong.NO_GRADIENT, message, truth)
    if name.startswith("gradient of "):
        return Difference(name, Wrong.NO_GRADIENT, f"{name} could not be computed", truth)
    if name in answer.values:
        value = answer.values[name]
        message = f"{name} should be a tensor of shape {_shape(truth)}, but is {_short(value)}"
        return Difference(name, Wrong.TYPE, message, truth, value)
    return Difference(name, Wrong.MISSING, _missing(name, answer), truth)


def _compare_scalar(name: str, expected: Expected, answer: Answer) -> Difference | None:
    truth = expected.value
    if name in answer.tensors and answer.tensors[name].shape == () and _is_number(truth):
        actual: Any = answer.tensors[name].numpy().item()  # a 0-d tensor is as good as the number
    elif name in answer.values:
        actual = answer.values[name]
    elif name in answer.tensors:
        shape = answer.tensors[name].shape
        message = f"{name} should be {_short(truth)}, but is a tensor of shape {shape}"
        return Difference(name, Wrong.TYPE, message, truth, answer.tensors[name].numpy())
    else:
        return Difference(name, Wrong.MISSING, _missing(name, answer), truth)
    if _equal(truth, actual, float(np.asarray(expected.tolerance))):
        return None
    return Difference(
        name, Wrong.VALUE, f"{name} should be {_short(truth)}, but is {_short(actual)}", truth, actual
    )


def _equal(truth: Any, actual: Any, tolerance: float) -> bool:
    if _is_number(truth) and _is_number(actual):
        if type(truth) is int and type(actual) is not int and tolerance == 0:
            return False  # a size is a whole number: 5.0 is no size
        return math.isfinite(actual) and abs(actual - truth) <= tolerance
    return type(truth) is type(actual) and bool(truth == actual)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _missing(name: str, answer: Answer) -> str:
    if f"len({name})" in answer.values:
        return f"{name} is a list or a tuple, where a single value is expected"
    present = [n for n in (*answer.tensors, *answer.values) if not n.startswith(("gradient", "again"))]
    return f"there is no {name}" + (f"; returned was {', '.join(present[:4])}" if present else "")


def _shape(array: Array) -> str:
    return str(tuple(int(size) for size in array.shape))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
