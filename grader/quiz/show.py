"""An item as a learner sees it: templates filled in, options in their drawn order."""

from __future__ import annotations

from dataclasses import dataclass

from grader.errors import CourseError
from grader.quiz.draw import Drawn
from grader.quiz.kinds import BLANK, Choice, Cloze, Matching, Multiple, Ordering, Output
from grader.quiz.model import AnyItem
from grader.quiz.template import TemplateProblem, fill


@dataclass(frozen=True)
class Part:
    """Something to pick or to arrange: its authored index, which a response names, and its text."""

    index: int
    text: str


@dataclass(frozen=True)
class Shown:
    """All texts of an item for one drawing. Empty where the type has no such part.

    `parts` are the options of a choice, the steps of an ordering or the right-hand sides of a matching, in the order
    shown; `lefts` the left-hand sides of a matching; `blanks` the names of a cloze's blanks as they come in `text`.
    """

    stem: str
    explanation: str
    hints: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    lefts: tuple[str, ...] = ()
    text: str = ""
    blanks: tuple[str, ...] = ()
    code: str = ""


def show(item: AnyItem, drawn: Drawn) -> Shown:
    """The texts of `item` for `drawn`. Raises: CourseError when a template cannot be filled in."""
    return Shown(
        stem=text_of(item, drawn, item.stem),
        explanation=text_of(item, drawn, item.explanation),
        hints=tuple(text_of(item, drawn, hint) for hint in item.hints),
        parts=_parts(item, drawn),
        lefts=tuple(text_of(item, drawn, pair.left) for pair in item.pairs)
        if isinstance(item, Matching)
        else (),
        text=text_of(item, drawn, item.text) if isinstance(item, Cloze) else "",
        blanks=tuple(BLANK.findall(item.text)) if isinstance(item, Cloze) else (),
        code=code_of(item, drawn) if isinstance(item, Output) else "",
    )


def text_of(item: AnyItem, drawn: Drawn, text: str) -> str:
    """Any text of `item`, filled in. Raises: CourseError when it cannot be."""
    if not item.is_template:
        return text
    try:
        return fill(text, drawn.values)
    except TemplateProblem as wrong:
        raise CourseError(
            f"a text of {item.id} cannot be filled in: {wrong}", remedy="run `grader quiz lint`"
        ) from None


def code_of(item: Output, drawn: Drawn) -> str:
    """The code of an output item as shown and run. Raises: CourseError when its template cannot be filled in."""
    return text_of(item, drawn, item.code)


def _parts(item: AnyItem, drawn: Drawn) -> tuple[Part, ...]:
    texts: tuple[str, ...] = ()
    if isinstance(item, Choice | Multiple):
        texts = tuple(option.text for option in item.options)
    elif isinstance(item, Ordering):
        texts = item.sequence
    elif isinstance(item, Matching):
        texts = item.rights
    return tuple(
        Part(index, text_of(item, drawn, texts[index])) for index in drawn.order if index < len(texts)
    )
