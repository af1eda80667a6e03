"""Which widget takes the answer to an item."""

from __future__ import annotations

from textual.widget import Widget

from grader.quiz.show import Shown
from grader.quiz.tui.picking import Arrange, Judge, Match, PickMany, PickOne
from grader.quiz.tui.writing import Blanks, ManyLines, OneLine

AnswerWidget = PickOne | PickMany | Arrange | Match | OneLine | ManyLines | Blanks


def answer_widget(kind: str, shown: Shown, given: object = None) -> AnswerWidget:
    """The widget for an item's type, holding the response `given` before (an exam's may be changed)."""
    match kind:
        case "choice":
            parts = shown.parts
            return PickOne([part.text for part in parts], [part.index for part in parts], given)
        case "true_false":
            return PickOne(["True", "False"], [True, False], given)
        case "multiple":
            return PickMany(shown.parts, given)
        case "ordering":
            return Arrange(shown.parts, given)
        case "matching":
            return Match(shown.lefts, shown.parts, given)
        case "cloze":
            return Blanks(shown, given)
        case "output" | "recall":
            return ManyLines(given)
    return OneLine(given)


def draft(widget: Widget) -> object:
    """What a widget holds that is not confirmed yet, as a response; None where nothing is to be answered."""
    return None if isinstance(widget, Judge) else getattr(widget, "draft", None)


def confirm(widget: Widget) -> None:
    """Confirm what a widget holds, as Enter does."""
    if isinstance(widget, PickOne | PickMany | Arrange | Match | OneLine | ManyLines | Blanks | Judge):
        widget.confirm()
