"""A whole item carried inside a file that shows less of it, so that our own files come back as they were.

The item stands as JSON where no reader shows it: in an XML comment, in an attribute of a page. It counts only while what
the file shows is what we would write for it; a file edited since is read as what it shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Comment, Element

from pydantic import ValidationError

from grader.errors import CourseError
from grader.quiz.draw import draw
from grader.quiz.exchange.build import Gather
from grader.quiz.exchange.concrete import SEED
from grader.quiz.exchange.package import xml_bytes
from grader.quiz.exchange.paths import data_of, item_of
from grader.quiz.exchange.prepare import Prepared, Profile, prepare
from grader.quiz.exchange.secure import parse_xml, picture_path
from grader.quiz.kinds import Output
from grader.quiz.model import AnyItem
from grader.quiz.outputs import hash_of
from grader.quiz.show import code_of

_MARK = " quiz-item "
EDITED = "was edited since it was exported: what the file shows is read"

Pictures = Callable[[str], bytes | None]


def carried(item: AnyItem) -> str:
    """The item as JSON in ASCII without `--`, which an XML comment must not hold."""
    printed = {}
    if isinstance(item, Output):
        key = hash_of(code_of(item, draw(item, SEED)))
        printed = {key: item.locked[key]} if key in item.locked else {}
    text = json.dumps({"item": data_of(item), **({"printed": printed} if printed else {})})
    return text.replace("--", "\\u002d\\u002d")


def item_in(text: str) -> AnyItem:
    """The item that `carried` wrote. Raises: ValueError."""
    try:
        found = json.loads(text)
        item = item_of(found["item"])
        printed = found.get("printed", {})
    except (KeyError, TypeError, AttributeError, RecursionError, ValidationError) as wrong:
        raise ValueError(f"carries no item: {wrong}") from None
    if isinstance(item, Output) and isinstance(printed, dict):
        return item.with_locked({str(key): str(value) for key, value in printed.items()})
    return item


def comment(item: AnyItem) -> Any:
    """The item as an XML comment: an element whose tag is no text."""
    return Comment(f"{_MARK}{carried(item)} ")


def whole_item(
    element: Element, profile: Profile, write: Callable[[Prepared], Element], pictures: Pictures
) -> tuple[AnyItem | None, bool]:
    """The item an element carries, or None; and whether there was one that the element no longer shows.

    `write` makes the element from the prepared item; `element` is one whose names have lost their namespaces.
    """
    text = next((text for text in _comments(element) if text.startswith(_MARK)), None)
    if text is None:
        return None, False
    try:
        item = item_in(text.removeprefix(_MARK))
        expected = parse_xml(xml_bytes(write(prepare(item, profile, pictures)[0])), "an item")
    except (ValueError, CourseError):
        return None, True
    is_same = list(_shown(strip_names(expected))) == list(_shown(element))
    return (item, False) if is_same else (None, True)


def add_whole(gather: Gather, item: AnyItem, pictures: Pictures) -> None:
    """Add an item that was carried, and its picture."""
    gather.add(item.id, data_of(item))
    found = pictures(item.image) if item.image else None
    if found is not None and item.image and picture_path(item.image) == item.image:
        gather.picture(item.image, found)


def strip_names(root: Element) -> Element:
    """`root`, changed: no tag or attribute has a namespace."""
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
            for name in [name for name in element.attrib if "}" in name]:
                element.attrib.setdefault(name.rpartition("}")[2], element.attrib.pop(name))
    return root


def _comments(element: Element) -> Iterator[str]:
    return (child.text or "" for child in element.iter() if callable(child.tag))


def _shown(element: Element) -> Iterator[tuple[object, ...]]:
    """Everything an element shows, in order; spaces between elements mean nothing, comments are not shown."""
    if not callable(element.tag):
        yield ("start", element.tag, tuple(sorted(element.attrib.items())))
        yield from _said(element.text)
        for child in element:
            yield from _shown(child)
            yield from _said(child.tail)
        yield ("end", element.tag)


def _said(text: str | None) -> Iterator[tuple[object, ...]]:
    if text and text.strip():
        yield ("text", " ".join(text.split()))
