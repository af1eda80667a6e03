"""Marking a typed number with its tolerance and unit."""

from __future__ import annotations

import math

from grader.errors import CourseError
from grader.quiz.draw import Drawn
from grader.quiz.expression import ExpressionError, number
from grader.quiz.kinds import Numeric, NumericKey
from grader.quiz.marking.quantity import Quantity, read_quantity, scaled
from grader.quiz.marking.verdict import Mark, Response, verdict
from grader.quiz.model import AnyItem
from grader.quiz.parts import Scalar, Unit
from grader.quiz.show import text_of


def mark_numeric(item: Numeric, drawn: Drawn, response: Response) -> Mark:
    """Response: the number as typed, with its unit if any; a JSON number will do."""
    return mark_number(item, item, drawn, response)


def mark_number(item: AnyItem, key: NumericKey, drawn: Drawn, response: Response) -> Mark:
    """Mark one number of `item` (the item itself, or a blank of it)."""
    typed = _typed(response)
    right = _number(item, drawn, key.answer)
    shown = _shown(right, key.unit)
    if not typed:
        return verdict(0, answered=False, key=shown)
    quantity = read_quantity(typed)
    if quantity is None:
        return verdict(
            0, answered=True, key=shown, given=typed, feedback=(f"{typed[:60]!r} is not read as a number.",)
        )
    value, worth, said = _in_unit(quantity, key.unit)
    if value is None:
        return verdict(0, answered=True, key=shown, given=typed, feedback=said)
    given = _shown(value, key.unit if worth == 1 and key.unit and quantity.rest else None)
    if is_near(value, right, key):
        return verdict(worth, answered=True, key=shown, given=given, feedback=said)
    foreseen = tuple(
        text_of(item, drawn, mistake.feedback)
        for mistake in key.mistakes
        if is_near(value, _number(item, drawn, mistake.answer), key)
    )
    return verdict(0, answered=True, key=shown, given=given, feedback=(*foreseen[:1], *said))


def is_near(value: float, right: float, key: NumericKey) -> bool:
    """Whether `value` lies within the larger of both tolerances around `right`."""
    # A billionth of slack keeps a tolerance of 0.1 from refusing 1.1 for 1.0 by a rounding error.
    return abs(value - right) <= max(key.abs_tol, key.rel_tol * abs(right)) * (1 + 1e-9)


def shown_key(key: NumericKey, text: str) -> str:
    """A mark's key for people: with one decimal more than the tolerance lets count."""
    right = read_quantity(text)
    tolerance = 0.0 if right is None else max(key.abs_tol, key.rel_tol * abs(right.value))
    if right is None or tolerance <= 0:
        return text
    return _shown(round(right.value, max(0, 1 - math.floor(math.log10(tolerance)))), key.unit)


def _in_unit(quantity: Quantity, unit: Unit | None) -> tuple[float | None, float, tuple[str, ...]]:
    """The value in the unit asked for (None when the unit is another), what it is worth, and what to say."""
    if unit is None:
        plain = scaled(quantity)
        note = (f"The words {plain.rest[:40]!r} after the number were not read.",) if plain.rest else ()
        return plain.value, 1.0, note
    if not quantity.rest:
        worth = 0.5 if unit.required else 1.0
        return quantity.value, worth, (f"The unit is missing: {unit.symbol}.",) if unit.required else ()
    size = _size_of(quantity.rest, unit)
    if size is not None:
        return quantity.value * size, 1.0, ()
    return None, 0.0, (f"{quantity.rest[:40]!r} is not a unit this item knows: answer in {unit.symbol}.",)


def _size_of(spelling: str, unit: Unit) -> float | None:
    """How large the unit `spelling` is in `unit`. All in one case will do (`mib`), but `Mb` is not `MB`."""
    sizes = {**unit.convert, **dict.fromkeys((unit.symbol, *unit.also), 1.0)}
    if spelling in sizes:
        return sizes[spelling]
    folded = {"".join(name.split()).casefold(): size for name, size in sizes.items()}
    plain = "".join(spelling.split())
    return folded.get(plain.casefold()) if plain.islower() or (plain.isupper() and len(plain) > 2) else None


def _typed(response: Response) -> str:
    if isinstance(response, bool):
        return ""
    return str(response).strip() if isinstance(response, str | int | float) else ""


def _shown(value: float, unit: Unit | None) -> str:
    text = f"{value:.10g}"
    return f"{text} {unit.symbol}" if unit else text


def _number(item: AnyItem, drawn: Drawn, expression: Scalar) -> float:
    try:
        return float(number(expression, drawn.values))
    except (ExpressionError, OverflowError) as wrong:
        raise CourseError(
            f"the key of {item.id} has no value: {wrong}", remedy="run `grader quiz lint`"
        ) from None
