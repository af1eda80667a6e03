"""An item as plain data, and the dotted names of its keys (`options.text`, `blanks.*.answer`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import TypeAdapter

from grader.quiz.model import AnyItem, Item

Data = dict[str, Any]
Steps = tuple[str | int, ...]

_ITEM: TypeAdapter[AnyItem] = TypeAdapter(Item)
# Keys whose own keys are names the author chose.
_NAMED = frozenset({"blanks", "symbols", "convert", "vars", "let"})


def data_of(item: AnyItem) -> Data:
    """The item as JSON data, without what is at its default."""
    data: Data = item.model_dump(mode="json", exclude_defaults=True)
    return data


def item_of(data: Data) -> AnyItem:
    """The item that `data` describes. Raises: pydantic.ValidationError."""
    return _ITEM.validate_python(data, strict=True)


def dotted(steps: Iterable[str | int]) -> str:
    """The name of a key: no list positions, and a star for names the author chose."""
    names: list[str] = []
    for step in steps:
        if isinstance(step, int):
            continue
        names.append("*" if names and names[-1] in _NAMED else step)
    return ".".join(names)


def leaves(value: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Every value that is no list and no mapping, with the steps to it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*steps, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from leaves(part, (*steps, index))
    else:
        yield steps, value


def is_under(name: str, keys: Iterable[str]) -> bool:
    """Whether the dotted `name` is one of `keys` or lies within one."""
    return any(name == key or name.startswith(f"{key}.") for key in keys)


def without(value: Any, keys: frozenset[str], steps: Steps = ()) -> Any:
    """A copy of `value` less everything under `keys`; mappings and lists left empty by that go too."""
    if isinstance(value, dict):
        kept = {
            name: without(part, keys, (*steps, name))
            for name, part in value.items()
            if not is_under(dotted((*steps, name)), keys)
        }
        return {name: part for name, part in kept.items() if not _is_emptied(part, value[name])}
    if isinstance(value, list):
        parts = [(without(part, keys, steps), part) for part in value]
        return [part for part, before in parts if not _is_emptied(part, before)]
    return value


def _is_emptied(after: Any, before: Any) -> bool:
    return after in ({}, []) and before not in ({}, [])


def mapped(value: Any, change: Callable[[str, str], str], steps: Steps = ()) -> Any:
    """A copy of `value` with every text put through `change(dotted key, text)`."""
    if isinstance(value, dict):
        return {name: mapped(part, change, (*steps, name)) for name, part in value.items()}
    if isinstance(value, list):
        return [mapped(part, change, steps) for part in value]
    return change(dotted(steps), value) if isinstance(value, str) else value
