"""Marking what is picked: single and multiple choice, true or false."""

from __future__ import annotations

from grader.errors import CourseError
from grader.quiz.draw import Drawn
from grader.quiz.expression import ExpressionError, truth
from grader.quiz.kinds import Choice, Multiple, TrueFalse
from grader.quiz.marking.verdict import Mark, PartMark, Response, Status, verdict
from grader.quiz.parts import Credit
from grader.quiz.show import text_of


def key_of(item: Choice | Multiple, drawn: Drawn) -> frozenset[int]:
    """The authored indices of the right options. Raises: CourseError when an expression has no truth value."""
    return frozenset(
        index for index, option in enumerate(item.options) if _truth(item, drawn, option.correct)
    )


def mark_choice(item: Choice, drawn: Drawn, response: Response) -> Mark:
    """Response: the authored index of the option picked, as `Shown.parts` gives it."""
    picked = {response} if _is_index(response, len(item.options)) else set()
    key = key_of(item, drawn)
    parts = _option_marks(item, drawn, picked, key)
    return verdict(
        float(bool(picked & key)),
        answered=bool(picked),
        key=_texts(item, drawn, key),
        given=_texts(item, drawn, picked),
        feedback=tuple(part.feedback for part in parts if part.given or part.expected),
        parts=parts,
    )


def mark_multiple(item: Multiple, drawn: Drawn, response: Response) -> Mark:
    """Response: the list of the authored indices of the options ticked; an empty list is no answer."""
    is_list = isinstance(response, list | tuple)
    picked = {one for one in response if _is_index(one, len(item.options))} if is_list else set()
    key = key_of(item, drawn)
    parts = _option_marks(item, drawn, picked, key)
    return verdict(
        multiple_score(item.credit, len(item.options), key, picked),
        answered=bool(picked),
        key=_texts(item, drawn, key),
        given=_texts(item, drawn, picked),
        parts=parts,
    )


def multiple_score(credit: Credit, options: int, key: frozenset[int], picked: set[int]) -> float:
    """The share of the points by the rule that `Credit` states."""
    right, wrong = len(picked & key), len(picked - key)
    if credit is Credit.ALL_OR_NOTHING:
        return float(picked == key)
    if credit is Credit.EACH:
        return (right + (options - len(key)) - wrong) / options
    share = right / len(key) if key else 0.0
    return max(0.0, share - (wrong / (options - len(key)) if wrong else 0.0))


def mark_true_false(item: TrueFalse, drawn: Drawn, response: Response) -> Mark:
    """Response: a bool."""
    key = _truth(item, drawn, item.answer)
    answered = isinstance(response, bool)
    right = answered and response == key
    said = () if right or not answered else (text_of(item, drawn, item.feedback),)
    given = str(response).lower() if answered else ""
    return verdict(float(right), answered=answered, key=str(key).lower(), given=given, feedback=said)


def _option_marks(
    item: Choice | Multiple, drawn: Drawn, picked: set[int], key: frozenset[int]
) -> tuple[PartMark, ...]:
    """One mark an option, in the order shown: right when it was rightly picked or rightly left."""
    marks = []
    for index in drawn.order if len(drawn.order) == len(item.options) else range(len(item.options)):
        option = item.options[index]
        chosen, is_key = index in picked, index in key
        text = text_of(item, drawn, option.text)
        status = Status.RIGHT if chosen == is_key else Status.WRONG if chosen else Status.MISSING
        said = text_of(item, drawn, option.feedback if chosen else option.not_chosen)
        marks.append(PartMark(text, status, said, "chosen" if chosen else "", "chosen" if is_key else ""))
    return tuple(marks)


def _texts(item: Choice | Multiple, drawn: Drawn, indices: frozenset[int] | set[int]) -> str:
    return "; ".join(text_of(item, drawn, item.options[index].text) for index in sorted(indices))


def _is_index(value: object, count: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count


def _truth(item: Choice | Multiple | TrueFalse, drawn: Drawn, expression: bool | str) -> bool:
    try:
        return truth(expression, drawn.values)
    except ExpressionError as wrong:
        raise CourseError(
            f"the key of {item.id} has no truth value: {wrong}", remedy="run `grader quiz lint`"
        ) from None
