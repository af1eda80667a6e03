"""Random exercises are judged by statistics, each with a stated false-alarm rate.

A measure maps the outputs and inputs of one case to a number. Under a correct implementation it is (nearly) normal
with the author's mean and deviation, so a bound of `SIGMAS` standard deviations fails a right answer with probability
below 4e-8 per statistic, 1e-6 for up to 25 of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from grader.judge.compare import Answer, Difference, Wrong
from grader.judge.key import Array

SIGMAS = 5.5
_MAX_POINTS = 1 << 16

Measure = Callable[[Array, Mapping[str, Array], Mapping[str, Any]], float]


def _fraction_equal(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    return float(np.mean(output == options.get("value", 0.0)))


def _fraction_outside(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """The share of elements that are none of `values` (each times the input named `scale_by`, if given)."""
    scale = inputs[options["scale_by"]] if "scale_by" in options else np.ones_like(output)
    if scale.shape != output.shape:
        raise ValueError("one scale for each of the output")
    near = [np.isclose(output, value * scale, rtol=1e-4, atol=1e-6) for value in options["values"]]
    return float(1.0 - np.mean(np.any(near, axis=0)))


def _axis_spread(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """The mean over `axis` of the standard deviation: 0 when all slices along it are the same."""
    return float(np.mean(np.std(output, axis=options.get("axis", 0))))


def _lag_correlation(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """Correlation between neighbours of the flattened output: 0 for independent draws."""
    flat = output.reshape(-1).astype(np.float64)
    return float(np.corrcoef(flat[:-1], flat[1:])[0, 1]) if flat.std() > 0 else 1.0


def _accuracy(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """The share of predicted classes that are the `labels`, of which negative ones do not count.

    They stay with the judge: the worker gets no options.
    """
    labels = np.asarray(options["labels"])
    if output.shape != labels.shape:
        raise ValueError("one prediction per label")
    counted = labels >= 0
    return float(np.mean(output[counted] == labels[counted]))


def _unequal_groups(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """The share of groups of `size` neighbours, from `start` on, that are not all equal: 0 where equals are treated alike."""
    groups = output[int(options.get("start", 0)) :].reshape(-1, int(options["size"]))
    if not groups.size:
        raise ValueError("no group to look at")
    return float(np.mean((groups != groups[:, :1]).any(axis=1)))


def _largest_share(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """The share of the most frequent value: 1 when all are the same."""
    return float(np.max(np.unique(output, return_counts=True)[1]) / output.size)


def _correlation(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """Correlation with the array named `with` (an input, or another output of the case): 1 when they are the same."""
    other = inputs[options["with"]].reshape(-1).astype(np.float64)
    flat = output.reshape(-1)
    return float(np.corrcoef(flat, other)[0, 1]) if flat.std() > 0 and other.std() > 0 else 1.0


def _share_like(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """The share of the batch's entries that are, to within rounding, the corresponding ones of `like`."""
    like = np.asarray(options["like"], np.float64)
    if output.shape != like.shape:
        raise ValueError("one entry of `like` for each of the output")
    alike = np.isclose(output, like, rtol=1e-4, atol=1e-5)
    return float(np.mean(alike.reshape(len(like), -1).all(axis=1)))


def _share_window(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """The share of the batch's images that are the window at `row` and `column` of the input `of`, bordered by `padding` zeros."""
    row, column, border = (int(options[name]) for name in ("row", "column", "padding"))
    height, width = output.shape[2:]
    padded = np.pad(inputs[options["of"]], ((0, 0), (0, 0), (border, border), (border, border)))
    window = padded[:, :, row : row + height, column : column + width]
    if window.shape != output.shape:
        raise ValueError("one window for each of the output")
    return float(np.mean(np.isclose(output, window, rtol=1e-4, atol=1e-5).all(axis=(1, 2, 3))))


def _distances(output: Array, options: Mapping[str, Any]) -> Array:
    """Of each point (a row of the output) to each of the `centres`, which stay with the judge."""
    centres = np.asarray(options["centres"], np.float64)
    if output.ndim != 2 or output.shape[1] != centres.shape[1] or len(output) > _MAX_POINTS:
        raise ValueError("points of the centres' dimension")
    return np.asarray(np.linalg.norm(output[:, None] - centres[None], axis=2))


def _modes_covered(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """How many `centres` have at least `share` of the points within `radius`: mode collapse leaves few of them."""
    near = _distances(output, options) <= options["radius"]
    return float(np.sum(near.mean(axis=0) >= options["share"]))


def _fraction_near(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """The share of points that lie within `radius` of one of the `centres`."""
    return float(np.mean((_distances(output, options) <= options["radius"]).any(axis=1)))


def _nearest_deviation(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """The root mean square distance along one axis from each point to the nearest of the `centres`."""
    nearest = _distances(output, options).min(axis=1)
    return float(np.sqrt(np.mean(nearest**2) / output.shape[1]))


def _rows_apart(output: Array, inputs: Mapping[str, Array], options: Mapping[str, Any]) -> float:
    """The largest difference between rows that are due the same: those of the first and second index list in `rows`."""
    first, second = (np.asarray(rows, np.int64) for rows in options["rows"])
    return float(np.max(np.abs(output[first] - output[second])))


MEASURES: dict[str, Measure] = {
    "mean": lambda output, inputs, options: float(np.mean(output)),
    "deviation": lambda output, inputs, options: float(np.std(output)),
    "kurtosis": lambda output, inputs, options: float(
        np.mean(((output - output.mean()) / (output.std() + 1e-30)) ** 4)
    ),
    "minimum": lambda output, inputs, options: float(np.min(output)),
    "maximum": lambda output, inputs, options: float(np.max(output)),
    "fraction_equal": _fraction_equal,
    "fraction_outside": _fraction_outside,
    "axis_spread": _axis_spread,
    "correlation": _correlation,
    "share_like": _share_like,
    "share_window": _share_window,
    "accuracy": _accuracy,
    "largest_share": _largest_share,
    "unequal_groups": _unequal_groups,
    "lag_correlation": _lag_correlation,
    "modes_covered": _modes_covered,
    "fraction_near": _fraction_near,
    "nearest_deviation": _nearest_deviation,
    "rows_apart": _rows_apart,
    "value": lambda output, inputs, options: float(output.reshape(-1)[options.get("index", 0)]),
    "fraction_below": lambda output, inputs, options: float(np.mean(output < options["value"])),
}


def check_statistic(
    statistic: Mapping[str, Any], answer: Answer, inputs: Mapping[str, Array]
) -> Difference | None:
    """How a statistic of the outputs lies outside its bounds; None when it does not."""
    name, of = str(statistic["name"]), str(statistic["of"])
    mean, bound = float(statistic["mean"]), SIGMAS * float(statistic["deviation"])
    value = answer.values.get(of)
    if of in answer.tensors:
        raw = answer.tensors[of].numpy()
        if raw.dtype.kind == "c":
            return Difference(of, Wrong.DTYPE, f"{of} should be real, but is {raw.dtype}")
        output = raw.astype(np.float64)
    elif isinstance(value, int | float):
        output = np.asarray(float(value))
    else:
        return Difference(of, Wrong.MISSING, f"there is no {of}")
    if output.size == 0 or not np.isfinite(output).all():
        return Difference(of, Wrong.NONFINITE, f"{of} is empty, or has NaN or infinity")
    try:
        arrays = {**{label: tensor.numpy() for label, tensor in answer.tensors.items()}, **inputs}
        with np.errstate(all="ignore"):  # what overflows is outside any bounds
            measured = MEASURES[statistic["measure"]](output, arrays, statistic["options"])
    except (
        ValueError,
        IndexError,
        KeyError,
    ):  # a shape that the measure cannot take: the shape check names it
        return Difference(of, Wrong.SHAPE, f"{name} cannot be measured on an output of shape {output.shape}")
    if abs(measured - mean) <= bound:
        return None
    message = f"{name} should be {mean:.4g} (within {bound:.2g}), but is {measured:.4g}"
    return Difference(of, Wrong.STATISTIC, message, mean, measured)
