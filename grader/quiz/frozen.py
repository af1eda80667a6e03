"""A checked bank as JSON that is read back without checking it again.

Building pydantic's validators takes longer than everything else that happens before the first question, and what is
kept was valid when it was written. Each model is stored with its name, and the whole with its hash: an entry that was
damaged is no entry.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from grader.course.keeping import opened, sealed
from grader.quiz import kinds, parts, recall
from grader.quiz.model import Bank
from grader.quiz.modelling import BaseModel

_NAMED: dict[str, type[Any]] = {
    found.__name__: found
    for module in (kinds, parts, recall)
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, BaseModel | StrEnum)
} | {"Bank": Bank}
_NAME = "\0"  # no key of an item is a control character


def freeze(bank: Bank) -> str:
    """The text that `thaw` reads."""
    payload = json.dumps(_plain(bank), ensure_ascii=True, separators=(",", ":"))
    return sealed(payload)


def thaw(text: str) -> Bank:
    """The bank from `freeze`. Raises: ValueError when a single character is not as it was written."""
    bank = _thawed(json.loads(opened(text), object_hook=_thawed))
    if not isinstance(bank, Bank):
        raise ValueError("the entry holds no bank")
    return bank


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        default = {name: info.get_default(call_default_factory=True) for name, info in _fields(value).items()}
        fields = {name: part for name, part in value.__dict__.items() if part != default[name]}
        return {_NAME: type(value).__name__, **{name: _plain(part) for name, part in fields.items()}}
    if isinstance(value, StrEnum):
        return {_NAME: type(value).__name__, "": value.value}
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _thawed(value: dict[str, Any]) -> Any:
    """Innermost first: a model, a member of an enumeration, or a dictionary that the author wrote."""
    if not isinstance(value, dict) or _NAME not in value:
        return value
    found = _NAMED[value.pop(_NAME)]
    if issubclass(found, StrEnum):
        return found(value[""])
    return found.model_construct(**{name: _tuples(part) for name, part in value.items()})


def _tuples(value: Any) -> Any:
    """What was a tuple is a list in JSON, at any depth; models have seen to theirs already."""
    if isinstance(value, list):
        return tuple(_tuples(part) for part in value)
    if isinstance(value, dict):
        return {name: _tuples(part) for name, part in value.items()}
    return value


def _fields(value: BaseModel) -> dict[str, Any]:
    return type(value).model_fields
