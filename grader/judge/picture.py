"""Values as text: small tensors whole, large ones as a window around the first difference, wrong elements marked."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.judge.compare import Difference
from grader.judge.key import Array
from grader.judge.report import Heat

SMALL = 64
WINDOW = 4
_GRID = 12
_FEW = 5  # significant digits, where they show a difference


def expected_and_actual(difference: Difference) -> tuple[str | None, str | None]:
    """Both sides of a difference as text; wrong elements of the actual side end in `!`."""
    expected, actual = difference.expected, difference.actual
    if expected is None and actual is None:
        return None, None
    first = difference.first if difference.bad is not None else None
    digits = _digits(expected, actual, first)
    mine = None if actual is None else show(actual, first, difference.bad, digits)
    return show(expected, first, None, digits), mine


def show(value: Any, first: tuple[int, ...] | None, bad: Array | None, digits: int = _FEW) -> str:
    """A value as text. `first`: the index of the first wrong element; `bad`: which elements to mark."""
    if not isinstance(value, np.ndarray):
        return repr(value)[:400]
    if value.size == 0:  # first: a shape of 2**28 rows of nothing comes from a worker too
        return f"empty, shape {tuple(value.shape)}"
    if value.ndim == 0:
        return _number(value.item(), digits)
    if value.size <= SMALL and value.ndim <= 2:
        return _grid(value, bad, digits)
    if value.size <= SMALL and value.ndim <= 4 and _planes(value) == 1:
        plane = value.reshape(value.shape[-2:])
        return _grid(plane, None if bad is None else bad.reshape(plane.shape), digits)
    return _window(value, first, bad, digits)


def _digits(expected: Any, actual: Any, first: tuple[int, ...] | None) -> int:
    """As few as tell the first wrong element from the right one."""
    if not (isinstance(expected, np.ndarray) and isinstance(actual, np.ndarray)):
        return _FEW
    if first is None or expected.shape != actual.shape or len(first) != expected.ndim:
        return _FEW
    one, other = expected[first].item(), actual[first].item()
    return next((few for few in (_FEW, 9) if _number(one, few) != _number(other, few)), 17)


def heat(difference: Difference) -> Heat | None:
    """The share of wrong elements over the last two axes of a large value, as a grid of at most 12 by 12 cells."""
    bad = difference.bad
    if bad is None or bad.ndim < 2 or bad.size <= SMALL:
        return None
    plane = bad.reshape(-1, *bad.shape[-2:]).mean(axis=0)
    rows = np.array_split(plane, min(_GRID, plane.shape[0]), axis=0)
    return Heat(
        rows=[
            [round(float(c.mean()), 3) for c in np.array_split(r, min(_GRID, r.shape[1]), axis=1)]
            for r in rows
        ]
    )


def _planes(value: Array) -> int:
    return int(np.prod(value.shape[:-2], dtype=int))


def _window(value: Array, first: tuple[int, ...] | None, bad: Array | None, digits: int) -> str:
    """The rows and columns around the first difference (or the corner), with the index they are taken at."""
    at = first if first is not None and len(first) == value.ndim else (0,) * value.ndim
    lead, last = at[:-2], at[-2:]
    spans = [slice(max(0, i - 1), max(0, i - 1) + WINDOW) for i in last]
    index: tuple[Any, ...] = (*lead, *spans)
    where = ", ".join(
        [
            *map(str, lead),
            *(f"{s.start}:{min(s.stop, n)}" for s, n in zip(spans, value.shape[-2:], strict=False)),
        ]
    )
    grid = _grid(np.atleast_1d(value[index]), None if bad is None else np.atleast_1d(bad[index]), digits)
    return f"[{where}] of shape {tuple(value.shape)}\n{grid}"


def _grid(values: Array, bad: Array | None, digits: int) -> str:
    rows = values.reshape(1, -1) if values.ndim == 1 else values
    marks = None if bad is None or bad.shape != values.shape else bad.reshape(rows.shape)
    cells = [
        [
            _number(item, digits) + ("!" if marks is not None and marks[r, c] else "")
            for c, item in enumerate(row)
        ]
        for r, row in enumerate(rows.tolist())
    ]
    width = max((len(cell) for row in cells for cell in row), default=1)
    return "\n".join("  ".join(cell.rjust(width) for cell in row) for row in cells)


def _number(item: Any, digits: int) -> str:
    if isinstance(item, bool | np.bool_):
        return str(bool(item))
    if isinstance(item, int):
        return str(item)
    if isinstance(item, float):
        return str(int(item)) if item.is_integer() and abs(item) < 1e6 else f"{item:.{digits}g}"
    return str(item)
