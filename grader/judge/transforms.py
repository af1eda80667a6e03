"""Mistakes that need no author: what a wrong value is, in terms of the right one.

Each transform says whether it turns the expected values into the observed ones, and names what a learner would call it.
It is a diagnosis only when it explains every failing value of a check with the same parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import prod
from typing import Any

import numpy as np

from grader.judge.compare import Difference, Wrong
from grader.judge.key import Array, KeyCase, Seen
from grader.judge.report import Diagnosis


@dataclass(frozen=True)
class Failing:
    """One failing value: the case it belongs to, and how it differs."""

    case: KeyCase
    difference: Difference

    @property
    def truth(self) -> Array:
        """The expected values."""
        return np.asarray(self.difference.expected)

    @property
    def actual(self) -> Array:
        """The observed values, as float64."""
        return np.asarray(self.difference.actual).astype(np.float64)

    def close(self, values: Array) -> bool:
        """Whether `values` (what a transform makes of the truth) are the observed ones, to within rounding."""
        if values.shape != self.actual.shape:
            return False
        tolerance = np.asarray(self.case.expected[self.difference.name].tolerance)
        scale = float(np.max(tolerance)) if tolerance.size else 0.0
        with np.errstate(invalid="ignore", over="ignore"):
            return bool(np.all(np.abs(self.actual - values) <= 8 * scale + 1e-5 * np.abs(values)))


@dataclass(frozen=True)
class Transform:
    """A named way to be wrong: `explain` gives the parameters under which it explains one failing value.

    `doubt`: whether all failing values together, or anything else that was observed, speak against it.
    """

    name: str
    explain: Callable[[Failing], Iterator[str]]
    lesson: str
    doubt: Callable[[Sequence[Failing], Sequence[Seen]], bool] = lambda failing, observed: False


def explain(failing: list[Failing], observed: Sequence[Seen] = ()) -> Diagnosis | None:
    """The first transform (most specific first) with a parameter that explains every failing value.

    `observed`: everything that the code gave, in failing cases and others.
    """
    for transform in TRANSFORMS:
        shared: set[str] | None = None
        for one in failing:
            found = set(transform.explain(one))
            shared = found if shared is None else shared & found
            if not shared:
                break
        if shared and not transform.doubt(failing, observed):
            chosen = min(shared, key=lambda parameter: (len(parameter), parameter))
            lesson = transform.lesson.format(chosen)
            return Diagnosis(chaff=transform.name, lesson=lesson, source="transform")
    return None


# ------------------------------------------------------------------------------------------------ no values to compare


def _no_gradient(one: Failing) -> Iterator[str]:
    if one.difference.wrong is Wrong.NO_GRADIENT:
        yield ""


def _wrong_dtype(one: Failing) -> Iterator[str]:
    if one.difference.wrong is Wrong.DTYPE:
        yield str(np.asarray(one.difference.actual).dtype)


def _nonfinite(one: Failing) -> Iterator[str]:
    if one.difference.wrong is Wrong.NONFINITE:
        yield ""


# ------------------------------------------------------------------------------------------------------------- shapes


def _permuted(one: Failing) -> Iterator[str]:
    if not _numeric(one) or one.truth.ndim not in (2, 3, 4):
        return
    axes = range(one.truth.ndim)
    for order in permutations(axes):
        if order != tuple(axes) and one.close(one.truth.transpose(order)):
            moved = [axis for axis in axes if order[axis] != axis]
            yield " and ".join(map(str, moved)) if len(moved) == 2 else "order " + str(order)


def _squeezed(one: Failing) -> Iterator[str]:
    if _numeric(one) and one.actual.shape != one.truth.shape and one.actual.size == one.truth.size:
        if one.close(one.truth.reshape(one.actual.shape)):
            yield f"{one.truth.ndim} dimensions; yours has {one.actual.ndim}"


def _other_size(one: Failing) -> Iterator[str]:
    """The spatial sizes that another padding, stride, dilation or rounding would give."""
    if one.difference.wrong is not Wrong.SHAPE or one.actual.ndim != one.truth.ndim or one.truth.ndim < 3:
        return
    geometry = _geometry(one.case)
    if geometry is None:
        return
    for name, change in _SIZE_MISTAKES.items():
        sizes = tuple(_out_size(**{**axis, **change(axis)}) for axis in geometry)
        if sizes == one.actual.shape[-2:] and sizes != one.truth.shape[-2:]:
            yield name


_SIZE_MISTAKES: dict[str, Callable[[Mapping[str, int]], Mapping[str, int]]] = {
    "padding left out": lambda axis: {"padding": 0},
    "padding added on one side only": lambda axis: {"size": axis["size"] - axis["padding"]},
    "padding counted twice": lambda axis: {"padding": 2 * axis["padding"]},
    "a stride of 1": lambda axis: {"stride": 1},
    "no dilation": lambda axis: {"dilation": 1},
    "the kernel one too large": lambda axis: {"kernel": axis["kernel"] + 1},
    "the kernel one too small": lambda axis: {"kernel": axis["kernel"] - 1},
    "rounding up instead of down": lambda axis: {"ceil": 1},
}


def _out_size(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: int = 0) -> int:
    reach = size + 2 * padding - dilation * (kernel - 1) - 1
    return (reach + (stride - 1 if ceil else 0)) // stride + 1


def _geometry(case: KeyCase) -> list[dict[str, int]] | None:
    """Per spatial axis the sizes that decide the output's, where the arguments bear the usual names."""
    tensors, given = case.request.tensors, case.request.head["args"]
    if "input" not in tensors or len(tensors["input"].shape) != 4:
        return None
    kernel = tensors["weight"].shape[-2:] if "weight" in tensors else _pair(given.get("kernel_size"))
    if kernel is None or len(kernel) != 2:
        return None
    default = kernel if "kernel_size" in given else (1, 1)
    stride = _pair(given.get("stride")) or default
    padding, dilation = _pair(given.get("padding")) or (0, 0), _pair(given.get("dilation")) or (1, 1)
    return [
        {
            "size": tensors["input"].shape[2 + axis],
            "kernel": kernel[axis],
            "stride": stride[axis],
            "padding": padding[axis],
            "dilation": dilation[axis],
        }
        for axis in (0, 1)
    ]


def _pair(value: Any) -> tuple[int, int] | None:
    if isinstance(value, dict):
        value = value.get("tuple") or value.get("list")
    if isinstance(value, int):
        return (value, value)
    return (int(value[0]), int(value[1])) if isinstance(value, list) and len(value) == 2 else None


# ------------------------------------------------------------------------------------------------------------- values


def _all_zero(one: Failing) -> Iterator[str]:
    if _comparable(one) and not one.actual.any() and one.actual.size > 1 and _is_output(one.difference.name):
        yield ""


def _sometimes_filled(failing: Sequence[Failing], observed: Sequence[Seen]) -> bool:
    """Whether some output is not 0: then a buffer is filled, with what is 0 here."""
    values = [value for seen in observed for name, value in seen.values.items() if _is_output(name)]
    return any(bool(np.any(value)) for value in values if isinstance(value, np.ndarray | float | int))


def _is_output(name: str) -> bool:
    return name.removeprefix("eval ").startswith("output")


def _flipped(one: Failing) -> Iterator[str]:
    if not _comparable(one) or one.truth.ndim < 1:
        return
    last = [axis for axis in (-1, -2) if one.truth.ndim >= -axis]
    for axes in ([last[0]], last[1:], last):
        if axes and one.close(np.flip(one.truth, tuple(axes))):
            yield " and ".join(str(axis) for axis in axes)


def _shifted(one: Failing) -> Iterator[str]:
    if not _comparable(one):
        return
    for axis in range(1, min(one.truth.ndim, 3)):
        for step in (1, -1):
            if one.truth.shape[-axis] > 2 and _overlap_close(one, -axis, step):
                yield f"{step:+d} along axis {-axis}"


def _overlap_close(one: Failing, axis: int, step: int) -> bool:
    """Whether the parts that overlap after a shift agree; what enters at the border is unknown."""
    size = one.truth.shape[axis]
    inner = slice(1, size) if step > 0 else slice(0, size - 1)
    outer = slice(0, size - 1) if step > 0 else slice(1, size)
    mine, theirs = _take(one.actual, axis, inner), _take(one.truth, axis, outer)
    scale = float(np.max(np.asarray(one.case.expected[one.difference.name].tolerance)))
    moved = bool(np.all(np.abs(mine - theirs) <= 8 * scale + 1e-5 * np.abs(theirs)))
    return moved and float(np.std(theirs)) > 100 * scale


def _take(values: Array, axis: int, part: slice) -> Array:
    index = [slice(None)] * values.ndim
    index[axis] = part
    return values[tuple(index)]


def _missing_bias(one: Failing) -> Iterator[str]:
    bias = one.case.request.tensors.get("bias")
    if bias is None or not _comparable(one) or one.truth.ndim < 2:
        return
    values = bias.numpy().astype(np.float64)
    for axis in (1, one.truth.ndim - 1):
        if values.shape == (one.truth.shape[axis],):
            shape = [1] * one.truth.ndim
            shape[axis] = -1
            if one.close(one.truth - values.reshape(shape)):
                yield ""


def _factor(one: Failing) -> Iterator[str]:
    """A constant factor, by every name that has this value in this case."""
    if not _comparable(one):
        return
    largest = np.unravel_index(np.argmax(np.abs(one.truth)), one.truth.shape) if one.truth.size else None
    if largest is None or one.truth[largest] == 0:
        return
    ratio = float(one.actual[largest] / one.truth[largest])
    for name, value in _named_factors(one).items():
        if abs(ratio - value) <= 1e-3 * abs(value) and value != 1 and one.close(one.truth * value):
            yield name


def _named_factors(one: Failing) -> dict[str, float]:
    sizes: dict[str, int] = {}
    shape = (
        one.case.request.tensors["input"].shape if "input" in one.case.request.tensors else one.truth.shape
    )
    if len(shape) >= 2:
        sizes |= {"N": shape[0], "C": shape[1]}
    if len(shape) == 4:
        sizes |= {"H*W": shape[2] * shape[3], "N*H*W": shape[0] * shape[2] * shape[3]}
    geometry = _geometry(one.case)
    if geometry:
        sizes["kh*kw"] = prod(axis["kernel"] for axis in geometry)
    named = {"-1": -1.0, "2": 2.0, "1/2": 0.5, "4": 4.0, "1/4": 0.25}
    named |= {name: float(size) for name, size in sizes.items() if size}
    return named | {f"1/({name})": 1.0 / size for name, size in sizes.items() if size}


def _offset(one: Failing) -> Iterator[str]:
    if not _comparable(one) or one.truth.size < 3:
        return
    shift = float(np.median(one.actual - one.truth))
    if shift and one.close(one.truth + shift):
        yield f"{shift:.4g}"


def _low_precision(one: Failing) -> Iterator[str]:
    """An error of the size that half precision makes, in most values."""
    if not _comparable(one) or one.difference.bad is None or np.mean(one.difference.bad) <= 0.5:
        return
    typical = float(np.sqrt(np.mean(np.square(one.truth)))) if one.truth.size else 0.0
    error = float(np.sqrt(np.mean(np.square(one.actual - one.truth))))
    if typical and 2.0**-16 < error / typical < 2.0**-6:
        yield ""


def _one_sided(failing: Sequence[Failing], observed: Sequence[Seen]) -> bool:
    """Whether values are not as often too large as too small: rounding has no favourite side."""
    larger = [np.abs(one.actual) > np.abs(one.truth) for one in failing]
    signs = np.concatenate(
        [more[np.asarray(one.difference.bad)] for more, one in zip(larger, failing, strict=True)]
    )
    return signs.size < FEW or not 0.1 <= float(np.mean(signs)) <= 0.9


#: from so few values no side can be told
FEW = 6


def _other_mode(one: Failing) -> Iterator[str]:
    """The other mode's output, where a module behaves differently in training and evaluation."""
    name = one.difference.name
    other = name.removeprefix("eval ") if name.startswith("eval ") else f"eval {name}"
    swapped = one.case.expected.get(other)
    if _comparable(one) and swapped is not None and one.close(np.asarray(swapped.value)):
        yield "training" if name.startswith("eval ") else "evaluation"


def _numeric(one: Failing) -> bool:
    return (
        isinstance(one.difference.expected, np.ndarray)
        and isinstance(one.difference.actual, np.ndarray)
        and one.difference.wrong in (Wrong.SHAPE, Wrong.VALUE)
    )


def _comparable(one: Failing) -> bool:
    return _numeric(one) and one.difference.wrong is Wrong.VALUE


TRANSFORMS = (
    Transform(
        "detached_gradient",
        _no_gradient,
        "The result does not depend on this input as far as autograd can see. Something on the way cuts the graph: "
        ".detach(), .data, .item(), torch.no_grad(), NumPy, or a new tensor built from values.",
    ),
    Transform(
        "nonfinite",
        _nonfinite,
        "A NaN or infinity arises on the way. Look for exp of a large number, log or division of zero, or 0 * inf, "
        "and rearrange the formula so that no intermediate value overflows.",
    ),
    Transform(
        "wrong_dtype",
        _wrong_dtype,
        "The result is {}. Create new tensors with the input's dtype and device (torch.zeros_like, input.new_zeros, "
        "dtype=input.dtype) instead of the default's.",
    ),
    Transform(
        "other_mode",
        _other_mode,
        "This is what the module should give in {} mode. Ask self.training, and leave batch statistics to it.",
    ),
    Transform("other_size", _other_size, "Your output has the size that follows from {}."),
    Transform("swapped_axes", _permuted, "These are the right values with axes exchanged: {}."),
    Transform("wrong_rank", _squeezed, "These are the right values, but the result should have {}."),
    Transform(
        "all_zero",
        _all_zero,
        "Every value is 0: the result buffer is returned without having been filled.",
        _sometimes_filled,
    ),
    Transform("missing_bias", _missing_bias, "The bias is missing: everything else is right."),
    Transform("flipped", _flipped, "These are the right values in reverse order along axis {}."),
    Transform("off_by_factor", _factor, "Every value is off by the same factor: {}."),
    Transform("off_by_constant", _offset, "Every value is off by the same constant: {}."),
    Transform("shifted", _shifted, "These are the right values, shifted by one: {}."),
    Transform(
        "low_precision",
        _low_precision,
        "Nearly right, but not to the precision of the input's dtype: some step is computed in a lower one.",
        _one_sided,
    ),
)
