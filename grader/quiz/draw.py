"""Drawing an item's variables and the order its options are shown in.

A drawing depends on the item's id and the seed alone, by SHA-256 and not by `random`, so that it is the same on every
machine and Python for ever. It is stored with the response: an attempt can be shown again and marked again after the
bank was mended.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterator
from typing import Annotated

from grader.errors import CourseError
from grader.quiz.expression import ExpressionError, evaluate, truth
from grader.quiz.kinds import Choice, Matching, Multiple, Ordering
from grader.quiz.model import AnyItem
from grader.quiz.modelling import BeforeValidator, Field
from grader.quiz.parts import Many, Scalar, Strict

_ENUMERABLE = 10_000  # combinations that are gone through one by one, so that a rare one is found for certain
_FEW, _TRIES = 64, 2000
MAX_ALL = 200


class Drawn(Strict):
    """One drawing: JSON by `model_dump_json`, back by `Drawn.model_validate_json`."""

    item: str
    seed: int
    values: Annotated[
        dict[str, bool | int | float | str], BeforeValidator(lambda value: value), Field(default_factory=dict)
    ]
    order: Many[int] = ()
    """How options, steps or right-hand sides are shown: `order[place]` is the authored index."""


class _Stream:
    """Even whole numbers from a name: the same everywhere, one independent stream a name."""

    def __init__(self, *name: object) -> None:
        self._name = "\0".join(str(part) for part in name)
        self._count = 0

    def below(self, limit: int) -> int:
        """A number from 0 to `limit - 1`; the bias is below limit / 2**128."""
        digest = hashlib.sha256(f"{self._name}\0{self._count}".encode()).digest()
        self._count += 1
        return int.from_bytes(digest[:24], "big") % limit

    def shuffled(self, count: int) -> tuple[int, ...]:
        places = list(range(count))
        for last in range(count - 1, 0, -1):
            other = self.below(last + 1)
            places[last], places[other] = places[other], places[last]
        return tuple(places)


def draw(item: AnyItem, seed: int) -> Drawn:
    """The drawing of `item` for `seed`.

    Raises: CourseError when no values meet the conditions, or a condition has no value.
    """
    values = _values(item, seed) if item.vars else {}
    return Drawn(item=item.id, seed=seed, values=values, order=_order(item, seed))


def all_draws(item: AnyItem, limit: int = MAX_ALL) -> list[Drawn]:
    """Every drawing an item can have, in one order of options. Raises: CourseError when there are more than `limit`."""
    if not item.vars:
        return [draw(item, 0)]
    if combinations(item) > _ENUMERABLE:
        raise CourseError(
            f"{item.id} can be drawn in more than {limit} ways", remedy="use fewer or smaller `vars`"
        )
    found = [Drawn(item=item.id, seed=0, values=values, order=_order(item, 0)) for values in _meeting(item)]
    if len(found) > limit:
        raise CourseError(
            f"{item.id} can be drawn in {len(found)} ways, at most {limit} are allowed",
            remedy="narrow `vars`",
        )
    return found


def combinations(item: AnyItem) -> int:
    """How many combinations of values there are before the conditions."""
    return math.prod(var.count for var in item.vars.values())


def _values(item: AnyItem, seed: int) -> dict[str, Scalar | bool]:
    """Every combination that meets the conditions is equally likely, however few there are."""
    streams = {name: _Stream(item.id, seed, name) for name in item.vars}
    enumerable = combinations(item) <= _ENUMERABLE
    for _ in range(_FEW if enumerable else _TRIES):
        drawn = {name: var.at(streams[name].below(var.count)) for name, var in item.vars.items()}
        values = _completed(item, drawn)
        if _meets(item, values):
            return values
    found = list(_meeting(item)) if enumerable else []
    if found:
        return found[_Stream(item.id, seed).below(len(found))]
    what = "no values meet" if enumerable else f"none of {_TRIES} drawings meets"
    raise CourseError(
        f"{what} the conditions of {item.id}",
        key="where",
        remedy="loosen `where` or widen the ranges in `vars`",
    )


def _meeting(item: AnyItem) -> Iterator[dict[str, Scalar | bool]]:
    names = list(item.vars)
    for combination in itertools.product(*(range(var.count) for var in item.vars.values())):
        drawn = {name: item.vars[name].at(index) for name, index in zip(names, combination, strict=True)}
        values = _completed(item, drawn)
        if _meets(item, values):
            yield values


def _completed(item: AnyItem, drawn: dict[str, Scalar]) -> dict[str, Scalar | bool]:
    values: dict[str, Scalar | bool] = dict(drawn)
    for name, expression in item.let.items():
        values[name] = _say(item, f"let.{name}", expression, values)
    return values


def _say(item: AnyItem, key: str, expression: str, values: dict[str, Scalar | bool]) -> Scalar | bool:
    try:
        return evaluate(expression, values)
    except ExpressionError as wrong:
        message = f"{key} of {item.id} has no value for {_listed(values)}: {wrong}"
        raise CourseError(
            message, key=key, remedy="mend the expression or exclude the case in `where`"
        ) from None


def _meets(item: AnyItem, values: dict[str, Scalar | bool]) -> bool:
    for condition in item.where:
        try:
            if not truth(condition, values):
                return False
        except ExpressionError as wrong:
            message = f"the condition {condition!r} of {item.id} has no value for {_listed(values)}: {wrong}"
            raise CourseError(message, key="where", remedy="mend the expression") from None
    return True


def _listed(values: dict[str, Scalar | bool]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _order(item: AnyItem, seed: int) -> tuple[int, ...]:
    stream = _Stream(item.id, seed, "order", "")
    if isinstance(item, Choice | Multiple):
        count = len(item.options)
        return stream.shuffled(count) if item.shuffle else tuple(range(count))
    if isinstance(item, Matching):
        return stream.shuffled(len(item.rights))
    if isinstance(item, Ordering):
        authored = tuple(range(len(item.sequence)))
        order = stream.shuffled(len(authored))
        while order == authored:  # never shown already solved
            order = stream.shuffled(len(authored))
        return order
    return ()
