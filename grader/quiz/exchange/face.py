"""An item as two sides of a card or a place on a page: question and answer as Markdown, for programs that mark nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.quiz.exchange.remarks import with_source
from grader.quiz.exchange.simpler import key_text
from grader.quiz.kinds import BLANK, Choice, Cloze, Matching, Multiple, Ordering, Output, TrueFalse
from grader.quiz.model import AnyItem

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Face:
    """Both sides of a concrete item, and what is said after answering."""

    front: str
    back: str
    extra: str


def face_of(item: AnyItem) -> Face:
    """The two sides of a concrete item."""
    return Face(_front(item), _back(item), with_source(item.explanation, item.source))


def _front(item: AnyItem) -> str:
    if isinstance(item, Choice | Multiple):
        return _joined(
            item.stem, _lines(f"{_LETTERS[place]}. {one.text}" for place, one in enumerate(item.options))
        )
    if isinstance(item, TrueFalse):
        return _joined(item.stem, "True or false?")
    if isinstance(item, Cloze):
        return _joined(item.stem, BLANK.sub("_____", item.text).replace("_____", r"\_\_\_\_\_"))
    if isinstance(item, Output):
        return _joined(item.stem, f"```python\n{item.code.rstrip()}\n```")
    if isinstance(item, Ordering):
        return _joined(item.stem, _lines(f"- {step}" for step in sorted(item.sequence)))
    if isinstance(item, Matching):
        lefts = _lines(f"- {pair.left}" for pair in item.pairs)
        return _joined(item.stem, lefts, "to", _lines(f"- {right}" for right in sorted(item.rights)))
    return item.stem


def _back(item: AnyItem) -> str:
    if isinstance(item, Choice | Multiple):
        right = [(place, one) for place, one in enumerate(item.options) if one.correct is True]
        return _lines(f"{_LETTERS[place]}. {one.text}" for place, one in right)
    if isinstance(item, Output):
        printed = key_text(item)
        return f"```\n{printed}\n```" if printed else "Run the code to see."
    return key_text(item)


def _lines(lines: Iterable[str]) -> str:
    return "\n\n".join(lines)


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
