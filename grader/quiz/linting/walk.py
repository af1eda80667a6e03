"""Every text and every expression of an item, with the keys that lead to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import BaseModel

from grader.quiz.kinds import NumericKey, TrueFalse
from grader.quiz.linting.finding import Steps
from grader.quiz.model import AnyItem
from grader.quiz.parts import Mistake, Option

# Keys that hold neither a template nor an expression, and those that `vars` rules look at themselves.
_OTHERS = frozenset(
    "id type source tags exercises image image_alt symbols unit credit vars let where patterns contradicted_by "
    "examples".split()
)
_TRUTHS = ((Option, "correct"), (TrueFalse, "answer"))
_NUMBERS = ((NumericKey, "answer"), (Mistake, "answer"))


class Found(NamedTuple):
    """A text (`kind` "text") or an expression (`kind` "number" or "truth"), and its keys within the item."""

    steps: Steps
    kind: str
    value: str


def found_in(item: AnyItem) -> list[Found]:
    """All texts and expressions of `item` that are not empty, as they come in the model."""
    return list(_walk(item, ()))


def texts_of(item: AnyItem) -> list[Found]:
    """The texts of `item` alone."""
    return [one for one in found_in(item) if one.kind == "text"]


def _walk(value: object, steps: Steps, kind: str = "text") -> Iterator[Found]:
    if isinstance(value, str):
        if value.strip():
            yield Found(steps, kind, value)
    elif isinstance(value, tuple):
        for index, part in enumerate(value):
            yield from _walk(part, (*steps, index), kind)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _walk(part, (*steps, str(name)), kind)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name not in _OTHERS:
                yield from _walk(getattr(value, name), (*steps, name), _kind(value, name))


def _kind(model: BaseModel, name: str) -> str:
    if any(isinstance(model, kind) and name == key for kind, key in _TRUTHS):
        return "truth"
    return "number" if any(isinstance(model, kind) and name == key for kind, key in _NUMBERS) else "text"
