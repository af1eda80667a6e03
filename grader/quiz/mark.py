"""Marking: an item, its drawing and a response make a mark. Pure; no text a learner can type makes it fail.

A response is plain JSON data:

    choice       the authored index of the option picked          ordering   authored indices, as ordered
    multiple     list of authored indices                         matching   for each left side an index in `rights`
    true_false   bool                                             cloze      {blank: text}
    numeric, shape, short, output, recall   the text as typed

Anything else, None included, is no answer: score 0, `answered` false, and the key to show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.quiz.draw import Drawn
from grader.quiz.marking.arrange import mark_cloze, mark_matching, mark_ordering
from grader.quiz.marking.freely import confirmed, mark_recall
from grader.quiz.marking.numeric import mark_numeric
from grader.quiz.marking.pick import mark_choice, mark_multiple, mark_true_false
from grader.quiz.marking.printed import mark_output
from grader.quiz.marking.shape import mark_shape
from grader.quiz.marking.verdict import Mark, PartMark, Rating, Response, Status
from grader.quiz.marking.wording import mark_short
from grader.quiz.model import AnyItem

__all__ = ["Mark", "PartMark", "Rating", "Response", "Status", "confirmed", "mark"]

_MARKERS: dict[str, Callable[[Any, Drawn, Response], Mark]] = {
    "choice": mark_choice,
    "multiple": mark_multiple,
    "true_false": mark_true_false,
    "numeric": mark_numeric,
    "shape": mark_shape,
    "short": mark_short,
    "cloze": mark_cloze,
    "ordering": mark_ordering,
    "matching": mark_matching,
    "output": mark_output,
    "recall": mark_recall,
}


def mark(item: AnyItem, drawn: Drawn, response: Response) -> Mark:
    """The mark of `response` to `item` as drawn.

    Raises: CourseError only when the item itself is broken for this drawing (what `quiz lint` finds beforehand).
    """
    return _MARKERS[item.type](item, drawn, response)
