"""QTI 2.0 to 2.2 read: our own packages whole; those of TAO, OpenOLAT and others as far as there is a counterpart."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from grader.errors import InputError
from grader.quiz.exchange.build import Gather
from grader.quiz.exchange.carried import EDITED, add_whole, whole_item
from grader.quiz.exchange.model import Imported
from grader.quiz.exchange.paths import Data
from grader.quiz.exchange.qti21 import QTI21, item_element
from grader.quiz.exchange.qti21_answers import reader_of
from grader.quiz.exchange.qti21_parts import points_text
from grader.quiz.exchange.qti21_question import question_of
from grader.quiz.exchange.qtifiles import Page, Say, pages, points_of, with_its_picture
from grader.quiz.exchange.remarks import split_source

_ROOTS = frozenset({"assessmentItem", "assessmentTest"})
_NONE = "left out: what is asked of the learner has no counterpart"


def read_qti21(data: bytes, name: str) -> Imported:
    """The questions of a QTI 2.1 package or file. Raises: InputError for what is none."""
    gather = Gather()
    found = pages(data, name, _ROOTS, lambda what: gather.lost("", "", what))
    tests = [page for page in found if page.root.tag == "assessmentTest"]
    items = [page for page in found if page.root.tag == "assessmentItem"]
    if not items:
        raise InputError(
            f"{name} holds a test, but no file with a question", remedy="export it as a QTI package"
        )
    order = {href: place for test in tests for place, href in enumerate(_listed(test))}
    for page in sorted(items, key=lambda page: order.get(page.name, len(order))):
        _add(gather, page)
    title = next((title for test in tests if (title := test.root.get("title", "").strip())), "")
    return gather.result(title or name.rsplit(".", 1)[0] or "Imported")


def _listed(test: Page) -> list[str]:
    folder = posixpath.dirname(test.name)
    hrefs = [unquote(one.get("href", "")) for one in test.root.iter("assessmentItemRef")]
    return [posixpath.normpath(posixpath.join(folder, href)) for href in hrefs]


def _add(gather: Gather, page: Page) -> None:
    item = page.root
    label = item.get("title") or item.get("identifier") or "a question"
    whole, is_edited = whole_item(item, QTI21, item_element, page.beside)
    if whole is not None:
        add_whole(gather, whole, page.beside)
        return
    say: Say = lambda key, what: gather.lost(label, key, what)  # noqa: E731
    if is_edited:
        say("", EDITED)
    body = item.find("itemBody")
    if body is None or item.find("templateDeclaration") is not None:
        what = (
            "left out: it has no itemBody"
            if body is None
            else "left out: its numbers are drawn by a template"
        )
        say("type", what)
        return
    question = question_of(item, body, say)
    read = reader_of(question)
    if read is None:
        say("type", _NONE)
        return
    explanation, source = split_source(question.explanation())
    stem, picture = with_its_picture(gather, question.stem, page, say)
    data: Data = {"stem": stem, **picture, "explanation": explanation, "source": source}
    data["points"] = points_of(points_text(item))
    data.update(read(question, data))
    for key in question.said.keys() - question.used:
        say("feedback", f"the remark {' '.join(key)}: {question.said[key][:60]!r}")
    if question.rubric and data["type"] != "recall":
        say("", f"the remark for those who mark: {question.rubric[:60]!r}")
    if data["type"] == "recall" and not str(data.get("answer", "")).strip():
        say("answer", "left out: a free answer without a model answer")
        return
    gather.add(label, data)
