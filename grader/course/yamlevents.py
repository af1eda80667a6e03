"""Plain data straight from libyaml's events, for files that hold nothing but lists, mappings and scalars.

That is every bank and course that people write, in less than half the time of a loader that makes a tree of nodes first.
Nesting is counted on the way, so that libyaml's composer, which recurses in C and ends the process on deep files, is
never asked for more than `MAX_DEPTH`. Whatever is out of the ordinary (anchors, tags, merge keys, a key that appears
twice) is `Unusual`: a whole loader then says what it means or what is wrong with it.
"""

from __future__ import annotations

import functools
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 100

_NO_KEY: Any = object()


class Unusual(Exception):
    """The text holds something that only a whole loader reads."""


class TooDeep(Exception):
    """The text is nested more than `MAX_DEPTH` levels deep."""


def data_of(text: str) -> Any:
    """The data of a YAML text, None when it holds none. Raises: Unusual; TooDeep; yaml.YAMLError where it is not YAML."""
    next_event = Loader(text).get_event
    data: Any = None  # the innermost list or mapping that is open, and the key whose value comes next
    key = _NO_KEY
    is_map = False
    outer: list[tuple[Any, Any, bool]] = []
    while True:
        event = next_event()
        kind = type(event)
        if kind is ScalarEvent:
            _refuse_marked(event)
            value = _plain(event.value) if event.implicit[0] else event.value
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            _refuse_marked(event)
            if is_map and key is _NO_KEY:
                raise Unusual("a list or mapping is a key")
            if len(outer) >= MAX_DEPTH:
                raise TooDeep
            outer.append((data, key, is_map))
            is_map = kind is MappingStartEvent
            data, key = {} if is_map else [], _NO_KEY
            continue
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            value = data
            data, key, is_map = outer.pop()
        elif kind is DocumentStartEvent:
            if data:
                raise Unusual("more than one document")
            data = []
            continue
        elif kind is StreamEndEvent:
            return data[0] if data else None
        elif kind is AliasEvent:
            raise Unusual("an alias")
        else:
            continue
        if not is_map:
            data.append(value)
        elif key is _NO_KEY:
            if value in data:
                raise Unusual("a key appears twice")
            key = value
        else:
            data[key] = value
            key = _NO_KEY


def refuse_deep(text: str) -> None:
    """Raises: TooDeep; yaml.YAMLError. Events come without recursion, whatever the text holds."""
    depth = 0
    for event in yaml.parse(text, Loader):
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise TooDeep
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            depth -= 1


def _refuse_marked(event: Any) -> None:
    if event.anchor is not None or event.tag is not None:
        raise Unusual("an anchor or a tag")


@functools.lru_cache(maxsize=4096)
def _plain(text: str) -> Any:
    """What a scalar without quotes stands for; the same words come again and again."""
    loader = Loader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    try:
        return loader.construct_object(yaml.ScalarNode(tag, text))
    except Exception:  # such as a merge key, or the 31st of April
        raise Unusual(f"{text!r} cannot be read") from None
