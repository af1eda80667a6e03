"""A bank and its items: the models that a bank file is read into, and that *are* the domain objects."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from grader.quiz.kinds import (
    Choice,
    Cloze,
    Matching,
    Multiple,
    Numeric,
    Ordering,
    Output,
    Shape,
    Short,
    TrueFalse,
)
from grader.quiz.modelling import Field
from grader.quiz.parts import Many, Strict, Text
from grader.quiz.recall import Recall

__all__ = [
    "ITEM_TYPES",
    "Bank",
    "Choice",
    "Cloze",
    "Item",
    "Matching",
    "Multiple",
    "Numeric",
    "Ordering",
    "Output",
    "Recall",
    "Shape",
    "Short",
    "TrueFalse",
    "fingerprint",
]

AnyItem = (
    Choice | Multiple | TrueFalse | Numeric | Shape | Short | Cloze | Ordering | Matching | Output | Recall
)

Item = Annotated[AnyItem, Field(discriminator="type")]

ITEM_TYPES = (
    "choice",
    "multiple",
    "true_false",
    "numeric",
    "shape",
    "short",
    "cloze",
    "ordering",
    "matching",
    "output",
    "recall",
)

# Keys whose change leaves what is asked and what is right as it was.
_COSMETIC = frozenset(
    "explanation source hints tags points exercises image_alt feedback not_chosen shuffle credit weight cost "
    "mistakes typos exact abs_tol rel_tol patterns contradicted_by negation misconceptions examples".split()
)
# Keys whose own keys are names the author chose.
_NAMED = frozenset({"vars", "let", "blanks", "symbols", "convert"})


class Bank(Strict):
    """One bank file."""

    format: Literal[1]
    title: Text
    topic: Annotated[Text, Field(examples=["convolution"])]
    about: str = ""
    items: Many[Item]


def fingerprint(item: AnyItem) -> str:
    """A short hash of what is asked and what is right.

    It stays the same when explanations, hints, tags, feedback, tolerances or patterns are edited. A schedule compares
    it with the one stored at the last review and asks whether the meaning changed.
    """
    data = item.model_dump(mode="json", exclude_defaults=True)
    data.pop("id")
    text = json.dumps(_meaning(data), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _meaning(value: object, named: bool = False) -> object:
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if named or key not in _COSMETIC}
        return {key: _meaning(part, key in _NAMED and not named) for key, part in kept.items()}
    if isinstance(value, list):
        return [_meaning(part) for part in value]
    return " ".join(value.split()) if isinstance(value, str) else value
