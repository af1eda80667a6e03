"""Moodle XML read: each question type by its own function, what has no counterpart here listed."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from grader.errors import InputError
from grader.quiz.exchange.build import Gather
from grader.quiz.exchange.clozecode import CODE, without_codes
from grader.quiz.exchange.gift_read import number_of
from grader.quiz.exchange.markup import to_markdown
from grader.quiz.exchange.model import Imported
from grader.quiz.exchange.moodle_write import size_of
from grader.quiz.exchange.remarks import split_picture, split_source
from grader.quiz.exchange.secure import parse_xml, picture_path
from grader.quiz.exchange.wildcard import WILD, unstarred

Data = dict[str, Any]
Say = Callable[[str, str], None]
"""Says what is lost: a key and the reason."""

_FILES = "@@PLUGINFILE@@/"


@dataclass(frozen=True)
class _Answer:
    share: float
    text: str
    feedback: str
    tolerance: float


def read_moodle(data: bytes, name: str) -> Imported:
    """The questions of a Moodle XML file. Raises: InputError for what is none."""
    root = parse_xml(data, name)
    if root.tag != "quiz":
        raise InputError(
            f"{name} is XML, but its root is <{root.tag}>, not <quiz>", remedy="export it as Moodle XML"
        )
    gather, title = Gather(), ""
    for child in root:
        if callable(child.tag):  # a comment
            _remark(gather, child.text or "")
        elif child.tag == "question" and child.get("type") == "category":
            title = title or _category(_text(child.find("category")))
        elif child.tag == "question":
            _add(gather, child)
    return gather.result(title or name.rsplit(".", 1)[0] or "Imported")


def _remark(gather: Gather, text: str) -> None:
    """A comment, but not the question numbers that Moodle writes."""
    if not text.strip().startswith("question:") and not text.strip().startswith("resourceid:"):
        gather.comment(text)


def _category(path: str) -> str:

    return re.split(r"(?<!/)/(?!/)", path.strip())[-1].replace("//", "/").strip()


def _add(gather: Gather, question: Element) -> None:
    kind = question.get("type", "")
    label = _plain(question, "idnumber") or _text(question.find("name")) or f"a question of type {kind}"
    read = _READERS.get(kind)
    if read is None:
        gather.lost(label, "type", f"left out: the question type {kind or '(none)'} has no counterpart")
        return
    say: Say = lambda key, what: gather.lost(label, key, what)  # noqa: E731
    stem, path, alt = _stem(gather, question, say)
    explanation, source = split_source(_marked(question.find("generalfeedback")))
    data: Data = {
        "stem": stem,
        "image": path,
        "image_alt": alt,
        "explanation": explanation,
        "source": source,
        "hints": [text for hint in question.findall("hint") if (text := _marked(hint))],
        "tags": [_text(tag) for tag in question.findall("tags/tag") if _text(tag)],
        "points": _float(_plain(question, "defaultgrade"), 1.0) or None,
    }
    for tag in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
        if _marked(question.find(tag)) and kind != "truefalse":
            say(tag, f"a remark for every answer of a kind: {_marked(question.find(tag))[:60]!r}")
    data.update(read(question, data, say))
    if data["type"] == "recall" and not data.get("answer", "").strip():
        gather.lost(label, "answer", "left out: an essay without a model answer (information for graders)")
        return
    gather.add(label, data)


def _stem(gather: Gather, question: Element, say: Say) -> tuple[str, str, str]:
    """The question, and its picture where the last paragraph is one that came along."""
    element = question.find("questiontext")
    text = _marked(element, with_gaps=question.get("type") in {"cloze", "multianswer"})
    files = dict(_files(element, say))
    stem, path, alt = split_picture(text)
    name = picture_path(path.removeprefix(_FILES)) if path.startswith(_FILES) else None
    if name is not None and name in files:
        gather.picture(name, files.pop(name))
        for other in files:
            say("image", f"a further picture: {other}")
        return stem, name, alt
    for other in files:
        say("image", f"a picture within the text: {other}")
    return text.replace(_FILES, ""), "", ""


def _files(element: Element | None, say: Say) -> Iterator[tuple[str, bytes]]:
    for file in element.findall("file") if element is not None else []:
        whole = f"{file.get('path', '/')}{file.get('name', '')}"
        name = picture_path(whole)
        try:
            data = base64.b64decode(file.text or "", validate=False)
        except (binascii.Error, ValueError):
            name, data = None, b""
        if name is None or file.get("encoding") != "base64":
            say("image", f"a file that is no picture: {whole[:80]}")
            continue
        yield name, data


def _multichoice(question: Element, data: Data, say: Say) -> Data:
    answers = _answers(question)
    is_single = _plain(question, "single").lower() in {"true", "1", ""}
    right = [one.share > 0 for one in answers]
    full = [one for one in answers if one.share >= 99.9]
    shares = {round(one.share, 3) for one in answers if one.share > 0}
    if is_single and len(full) == 1:
        right = [one is full[0] for one in answers]
        if len(shares) > 1:
            say("credit", "options worth a part of the points")
    elif len(shares) > 1:
        say("credit", "right options of different weight: each counts the same")
    kind = "choice" if is_single and sum(right) == 1 else "multiple"
    if is_single and kind == "multiple":
        say("type", "several options are right and one may be picked: read as multiple")
    options = [
        {"text": one.text, "correct": is_right, "feedback": one.feedback}
        for one, is_right in zip(answers, right, strict=True)
    ]
    shuffle = _plain(question, "shuffleanswers").lower() not in {"false", "0"}
    return {"type": kind, "options": options, **({} if shuffle else {"shuffle": False})}


def _truefalse(question: Element, data: Data, say: Say) -> Data:
    answers = _answers(question)
    key = next((one for one in answers if one.share > 0), None)
    wrong = next((one for one in answers if one.share <= 0), None)
    if key and key.feedback:
        say("feedback", "the feedback on the right answer")
    answer = key.text.strip().lower() == "true" if key else None
    return {"type": "true_false", "answer": answer, "feedback": wrong.feedback if wrong else ""}


def _numerical(question: Element, data: Data, say: Say) -> Data:
    found: Data = {"type": "numeric", "mistakes": []}
    for one in _answers(question):
        number, _ = number_of(one.text)
        if number is None:
            say("feedback" if one.text == "*" else "answer", f"the answer {one.text!r}, which is no number")
        elif one.share >= 99.9 and "answer" not in found:
            found.update(answer=number, abs_tol=one.tolerance)
            if one.feedback:
                say("feedback", "the feedback on the right answer")
        elif one.share == 0 and one.feedback:
            found["mistakes"].append({"answer": number, "feedback": one.feedback})
        else:
            say("answer", f"a further answer, {one.text} for {one.share:g} %")
    return {**found, "unit": _unit(question, say)}


def _unit(question: Element, say: Say) -> Data | None:
    units = []
    for unit in question.findall("units/unit"):
        name, multiplier = _plain(unit, "unit_name"), _plain(unit, "multiplier")
        if name and _float(multiplier, 0.0) > 0:
            units.append((name, multiplier))
        else:
            say("unit", f"the unit {name!r} with the multiplier {multiplier!r}")
    same = [name for name, multiplier in units if float(multiplier) == 1]
    if not same:
        return None
    convert = {name: size_of(multiplier) for name, multiplier in units if float(multiplier) != 1}
    found: Data = {"symbol": same[0], "also": same[1:], "convert": convert}
    if _plain(question, "unitgradingtype") not in {"", "0"}:
        found["required"] = True
        if abs(_float(_plain(question, "unitpenalty"), 0.5) - 0.5) > 1e-6:
            say("unit.required", "the penalty for a missing unit: it is half here")
    return {key: value for key, value in found.items() if value}


def _shortanswer(question: Element, data: Data, say: Say) -> Data:
    accept: list[str] = []
    reject: list[str] = []
    mistakes: dict[str, list[str]] = {}
    for one in _answers(question, plain=True):
        if one.share == 0 and one.text == "*":
            say("feedback", "the feedback on every other answer")
            continue
        text = unstarred(one.text, lambda: say("accept", WILD))
        if one.share >= 99.9:
            accept.append(text)
            if one.feedback:
                say("feedback", "the feedback on a right answer")
        elif one.share > 0:
            say("accept", f"{text!r}, worth {one.share:g} % there, is worth nothing here")
        elif one.feedback:
            mistakes.setdefault(one.feedback, []).append(text)
        else:
            reject.append(text)
    told = [{"answer": texts, "feedback": feedback} for feedback, texts in mistakes.items()]
    case = {"case_sensitive": True} if _plain(question, "usecase") == "1" else {}
    return {"type": "short", "accept": accept, "reject": reject, "mistakes": told, **case}


def _matching(question: Element, data: Data, say: Say) -> Data:
    pairs, others = [], []
    for sub in question.findall("subquestion"):
        left, right = _marked(sub), _text(sub.find("answer"))
        if left and right:
            pairs.append({"left": left, "right": right})
        elif right:
            others.append(right)
    return {"type": "matching", "pairs": pairs, "distractors": others}


def _ordering(question: Element, data: Data, say: Say) -> Data:
    return {
        "type": "ordering",
        "sequence": [text for one in question.findall("answer") if (text := _marked(one))],
    }


def _essay(question: Element, data: Data, say: Say) -> Data:
    answer = _marked(question.find("graderinfo"))
    if answer or not data["explanation"]:
        return {"type": "recall", "answer": answer}
    return {"type": "recall", "answer": data["explanation"], "explanation": ""}


def _cloze(question: Element, data: Data, say: Say) -> Data:
    stem, text, blanks = without_codes(data["stem"], lambda what: say("blanks", what))
    return {"type": "cloze", "stem": stem, "text": text, "blanks": blanks}


_READERS: dict[str, Callable[[Element, Data, Say], Data]] = {
    "multichoice": _multichoice,
    "truefalse": _truefalse,
    "numerical": _numerical,
    "shortanswer": _shortanswer,
    "matching": _matching,
    "match": _matching,
    "ordering": _ordering,
    "essay": _essay,
    "cloze": _cloze,
    "multianswer": _cloze,
}


def _answers(question: Element, *, plain: bool = False) -> list[_Answer]:
    return [
        _Answer(
            _float(answer.get("fraction", "0"), 0.0),
            _text(answer) if plain else _marked(answer),
            _marked(answer.find("feedback")),
            _float(_plain(answer, "tolerance"), 0.0),
        )
        for answer in question.findall("answer")
    ]


def _marked(element: Element | None, *, with_gaps: bool = False) -> str:
    """The text of an element as Markdown, by its `format`; the codes of gaps in it are no HTML and stay as they are."""
    if element is None:
        return ""
    text, form = _text(element), element.get("format", "moodle_auto_format")
    is_html = form == "html" or (form == "moodle_auto_format" and "<" in text and ">" in text)
    if not is_html:
        return text
    codes = [found[0] for found in CODE.finditer(text)] if with_gaps else []
    for place, code in enumerate(codes):
        text = text.replace(code, f"@@gap{place}@@", 1)
    shown = to_markdown(text)
    for place, code in enumerate(codes):
        shown = shown.replace(f"@@gap{place}@@", html.unescape(code), 1)
    return shown


def _text(element: Element | None) -> str:
    return _plain(element, "text") if element is not None else ""


def _plain(element: Element | None, tag: str) -> str:
    found = element.find(tag) if element is not None else None
    return (found.text or "").strip() if found is not None else ""


def _float(text: str, default: float) -> float:
    try:
        value = float(text)
    except ValueError:
        return default
    return value if value == value and abs(value) != float("inf") else default
