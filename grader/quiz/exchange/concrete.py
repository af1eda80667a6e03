"""An item with one drawing filled in: no variables, no expressions left. Other programs know neither."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from grader.errors import CourseError
from grader.quiz.draw import Drawn, draw
from grader.quiz.exchange.model import Loss
from grader.quiz.exchange.paths import Data, data_of, dotted, item_of
from grader.quiz.expression import ExpressionError, evaluate, truth
from grader.quiz.kinds import Output, Shape
from grader.quiz.linting.walk import found_in
from grader.quiz.mark import mark
from grader.quiz.model import AnyItem
from grader.quiz.outputs import hash_of
from grader.quiz.show import code_of, text_of

SEED = 0
"""The drawing that is exported."""


def concrete(item: AnyItem) -> tuple[AnyItem, list[Loss]]:
    """`item` as drawn with seed 0, and what that loses.

    Raises: CourseError when the item cannot be drawn.
    """
    drawn = draw(item, SEED)
    data = data_of(item)
    losses = []
    for steps, kind, value in found_in(item):
        if steps[0] in {"id", "type", "let", "where", "vars"}:
            continue
        said: Any = text_of(item, drawn, value) if kind == "text" else _value(item, kind, value, drawn.values)
        _put(data, steps, said)
        if kind != "text" and not item.vars:
            losses.append(
                Loss(item.id, dotted(steps), f"the expression {value!r}: its value {said} is written")
            )
    if isinstance(item, Shape) and item.vars:
        data["answer"] = _shape(item, item.answer, drawn)
        for mistake, shown in zip(item.mistakes, data.get("mistakes", []), strict=True):
            shown["answer"] = _shape(item, mistake.answer, drawn)
    if item.vars:
        for key in ("vars", "let", "where"):
            data.pop(key, None)
        losses.append(Loss(item.id, "vars", "fresh numbers at every showing: one drawing is written"))
    try:
        return _relocked(item, data, drawn), losses
    except ValidationError as wrong:
        raise CourseError(
            f"one drawing of {item.id} is no item: {wrong.errors()[0]['msg']}",
            remedy="run `grader quiz lint`",
        ) from None


def _relocked(item: AnyItem, data: Data, drawn: Drawn) -> AnyItem:
    """The item, its output still known where it was."""
    fixed = item_of(data)
    if isinstance(item, Output) and isinstance(fixed, Output):
        key = hash_of(code_of(item, drawn))
        return fixed.with_locked({key: item.locked[key]}) if key in item.locked else fixed
    return fixed


def _shape(item: Shape, answer: str, drawn: Drawn) -> str:
    """A shape whose dimensions are worked out."""
    return mark(item.model_copy(update={"answer": answer}), drawn, None).key


def _value(item: AnyItem, kind: str, expression: str, values: Any) -> float | int | bool | str:
    try:
        return truth(expression, values) if kind == "truth" else evaluate(expression, values)
    except ExpressionError as wrong:
        remedy = "run `grader quiz lint`"
        raise CourseError(
            f"{expression!r} of {item.id} has no value: {wrong}", key=item.id, remedy=remedy
        ) from None


def _put(data: Data, steps: tuple[str | int, ...], value: Any) -> None:
    place: Any = data
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
