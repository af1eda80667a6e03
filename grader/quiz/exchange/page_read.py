"""A page read: ours whole; others' `<details>` with a `<summary>`, and `<dl>` lists, as questions and answers."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from grader.errors import CourseError, InputError
from grader.quiz.exchange.build import Gather
from grader.quiz.exchange.carried import EDITED, add_whole, item_in
from grader.quiz.exchange.htmlscan import HtmlScanner
from grader.quiz.exchange.markup import to_markdown
from grader.quiz.exchange.model import Imported, Packing
from grader.quiz.exchange.page import CARRIER, article
from grader.quiz.exchange.remarks import split_source
from grader.quiz.exchange.secure import decode

_BLOCKS = frozenset({"article", "details", "dl"})
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_HIDDEN = frozenset({"script", "style", "template"})
_DATA = re.compile(r"data:image/[\w.+-]+;base64,")
_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
_NEST = 200


@dataclass(frozen=True)
class _Event:
    """A tag that opens or closes, or a text (no tag)."""

    tag: str
    given: tuple[tuple[str, str], ...] = ()
    text: str = ""
    closes: bool = False

    def get(self, name: str) -> str:
        return next((value for key, value in self.given if key == name), "")


class _Events(HtmlScanner):
    """The page as events, texts that touch joined, everything that is not shown left out."""

    def __init__(self) -> None:
        self.found: list[_Event] = []
        self._hidden = 0

    def opened(self, tag: str, given: dict[str, str]) -> None:
        self._hidden += tag in _HIDDEN
        if not self._hidden:
            self.found.append(_Event(tag, tuple(sorted(given.items()))))

    def closed(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag not in _VOID and not self._hidden:
            self.found.append(_Event(tag, closes=True))

    def said(self, text: str) -> None:
        if not self._hidden:
            self.found.append(_Event("", text=text))


def read_html(data: bytes, name: str) -> Imported:
    """The questions of a page. Raises: InputError for what is no text, or has no question."""
    events = _events(decode(data, name))
    gather = Gather()
    count = 0
    for block in _blocks(events):
        count += 1
        if block[0].tag == "article":
            _add_article(gather, block)
        elif block[0].tag == "details":
            _add_details(gather, block, f"block {count}")
        else:
            _add_list(gather, block)
    if not count:
        raise InputError(
            f"{name} holds no question: no <article> of ours, no <details>, no <dl>",
            remedy="give each question as <details><summary>question</summary>answer</details>",
        )
    title = next((_words(part) for tag in ("h1", "title") for part in _all(events, tag)), "")
    return gather.result(title or name.rsplit(".", 1)[0] or "Imported")


def _events(text: str) -> list[_Event]:
    reader = _Events()
    reader.scan(text)
    return reader.found


def _blocks(events: list[_Event]) -> Iterator[list[_Event]]:
    """The outermost blocks that hold questions; one that is never closed ends with the page."""
    start, depth = 0, 0
    tag = ""
    for place, one in enumerate(events):
        is_ours = one.tag != "article" or bool(one.get(CARRIER))
        if depth == 0 and one.tag in _BLOCKS and not one.closes and is_ours:
            start, depth, tag = place, 1, one.tag
        elif depth and one.tag == tag:
            depth += -1 if one.closes else 1
            if depth == 0:
                yield events[start : place + 1]
    if depth:
        yield events[start:]


def _add_article(gather: Gather, block: list[_Event]) -> None:
    """An item of ours: as it was, or what the page shows where that was edited."""
    picture = _picture(block)
    try:
        item = item_in(block[0].get(CARRIER))
        again = _events(article(item, Packing(lambda path: picture, _EPOCH), []))
        if list(_shown(again)) == list(_shown(block)):
            add_whole(gather, item, lambda path: picture)
            return
    except (ValueError, CourseError):
        pass
    label = block[0].get("id") or "a question"
    gather.lost(label, "", EDITED)
    gather.lost(label, "type", "what a page shows is read as a free answer")
    parts = list(_all(block, "details"))
    named = {_words(next(_all(part, "summary"), [])): _after_summary(part) for part in parts}
    answer = named.pop("Answer", "")
    front = [part for part in _outside(block[1:], "details") if part]
    stem = to_markdown(_html(_outside(front, "p", class_="id")))
    _free(gather, label, stem, answer, [text for name, text in named.items() if name.startswith("Hint")])


def _add_details(gather: Gather, block: list[_Event], place: str) -> None:
    summary = next(_all(block, "summary"), [])
    stem = to_markdown(_html(summary[1:-1]))
    if stem:
        _free(gather, stem, stem, _after_summary(block), [])
    else:
        gather.lost(place, "stem", "left out: there is no <summary> with the question")


def _add_list(gather: Gather, block: list[_Event]) -> None:
    """Each `<dt>` is a question, the `<dd>`s up to the next one its answer."""
    stem, answers = "", list[str]()
    terms = [place for place, one in enumerate(block) if one.tag in {"dt", "dd"} and not one.closes]
    for place, end in zip(terms, [*terms[1:], len(block)], strict=False):
        inside = [one for one in block[place + 1 : end] if one.tag not in {"dt", "dd", "dl"}]
        if block[place].tag == "dd":
            answers.append(to_markdown(_html(inside)))
            continue
        if stem:
            _free(gather, stem, stem, "\n\n".join(answers), [])
        stem, answers = to_markdown(_html(inside)), []
    if stem:
        _free(gather, stem, stem, "\n\n".join(answers), [])


def _free(gather: Gather, label: str, stem: str, answer: str, hints: list[str]) -> None:
    if not answer.strip():
        gather.lost(label[:50], "answer", "left out: there is no answer after the question")
        return
    text, source = split_source(answer)
    gather.add(label, {"type": "recall", "stem": stem, "answer": text, "source": source, "hints": hints})


def _after_summary(block: list[_Event]) -> str:
    return to_markdown(_html(_outside(block[1:-1], "summary")))


def _picture(block: list[_Event]) -> bytes | None:
    """The bytes of the article's picture, which stands in the page itself."""
    for one in block:
        found = _DATA.match(one.get("src")) if one.tag == "img" else None
        if found:
            try:
                return base64.b64decode(one.get("src")[found.end() :], validate=True)
            except (binascii.Error, ValueError):
                return None
    return None


def _all(events: list[_Event], tag: str) -> Iterator[list[_Event]]:
    """Each outermost element of a tag, its own tags included."""
    start, depth = 0, 0
    for place, one in enumerate(events):
        if one.tag != tag:
            continue
        start = place if depth == 0 else start
        depth = max(0, depth + (-1 if one.closes else 1))
        if depth == 0 and one.closes:
            yield events[start : place + 1]


def _outside(events: list[_Event], tag: str, class_: str = "") -> list[_Event]:
    """The events that lie in no element of a tag (and of a class)."""
    kept, depth = [], 0
    for one in events:
        if one.tag == tag and not one.closes and (depth or not class_ or one.get("class") == class_):
            depth += 1
        if not depth:
            kept.append(one)
        if one.tag == tag and one.closes and depth:
            depth -= 1
    return kept


def _shown(events: list[_Event]) -> Iterator[object]:
    """What an article shows: runs of spaces are one, and none where a tag begins or ends."""
    said: list[str] = []
    for one in [*events, _Event("end")]:
        if not one.tag:
            said.append(one.text)
            continue
        if text := " ".join("".join(said).split()):
            yield text
        said = []
        yield one.tag, one.closes, tuple(pair for pair in one.given if pair[0] != CARRIER)


def _html(events: list[_Event]) -> str:
    parts = []
    for one in events:
        given = "".join(
            f' {name}="{escape(value)}"' for name, value in one.given if name in {"href", "src", "alt"}
        )
        parts.append(
            escape(one.text) if not one.tag else f"</{one.tag}>" if one.closes else f"<{one.tag}{given}>"
        )
    return "".join(parts)


def _words(events: list[_Event]) -> str:
    return " ".join("".join(one.text for one in events).split())
