"""Whether what a parametrised item takes for right is what another computation of the same values gives."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grader.quiz.bank import load_banks
from grader.quiz.draw import draw
from grader.quiz.mark import mark
from grader.quiz.model import AnyItem, Numeric, Shape

SEEDS = range(12)
V = dict[str, Any]


@functools.cache
def items() -> Mapping[str, AnyItem]:
    """All items of the course's banks."""
    return load_banks([Path(__file__).parents[2] / "quizzes"]).items


def number_agrees(name: str, compute: Callable[[V], float], near: float = 1e-6) -> None:
    """The item's answer is `compute` of the drawn values, within 1e-4 of itself or `near`, for every seed."""
    item = items()[name]
    assert isinstance(item, Numeric)
    for seed in SEEDS:
        drawn = draw(item, seed)
        truth = compute(drawn.values)
        key = float(mark(item, drawn, "").key.split()[0])
        assert math.isclose(key, truth, rel_tol=1e-4, abs_tol=near), (drawn.values, key, truth)


def shape_agrees(name: str, compute: Callable[[V], tuple[int, ...]]) -> None:
    """The shape that `compute` gives is marked as right, for every seed; `N` stays a letter where the answer has it."""
    item = items()[name]
    assert isinstance(item, Shape)
    for seed in SEEDS:
        drawn = draw(item, seed)
        sizes = compute(drawn.values)
        typed = ["N" if place == 0 and "(N" in item.answer else str(size) for place, size in enumerate(sizes)]
        said = ", ".join(typed) + ("," if len(typed) == 1 else "")
        assert mark(item, drawn, f"({said})").correct, (drawn.values, sizes)
