"""Moodle XML: https://docs.moodle.org/en/Moodle_XML_format, and the writer in Moodle's source.

Texts are given as Markdown, which Moodle knows, so that nothing is translated and nothing is lost.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from grader.quiz.exchange.clozecode import normal_cloze, with_codes
from grader.quiz.exchange.fits import fit_moodle
from grader.quiz.exchange.gift_write import percent
from grader.quiz.exchange.model import Exported, Loss, Packing
from grader.quiz.exchange.paths import Data, data_of
from grader.quiz.exchange.prepare import Prepared, Profile, prepare_all
from grader.quiz.exchange.remarks import with_picture, with_source
from grader.quiz.exchange.secure import xml_text
from grader.quiz.exchange.shape import (
    Lost,
    absolute_tolerance,
    balanced_credit,
    merged_mistakes,
    picture_below,
    readable_picture,
    readable_source,
)
from grader.quiz.exchange.wildcard import starred
from grader.quiz.model import Bank

_OPTION = frozenset({"options.text", "options.correct", "options.feedback", "shuffle"})
_KINDS = {
    "choice": "multichoice",
    "multiple": "multichoice",
    "true_false": "truefalse",
    "numeric": "numerical",
    "short": "shortanswer",
    "cloze": "cloze",
    "ordering": "ordering",
    "matching": "matching",
    "recall": "essay",
}
_BLANK_KEYS = ("type", "answer", "abs_tol", "accept", "reject", "case_sensitive", "mistakes")


def _units(data: Data) -> Lost:
    """Moodle keeps how many of a unit make one; that is 1 / size, in 12 digits."""
    unit = data.get("unit") if data["type"] == "numeric" else None
    if not unit:
        return []
    lost: Lost = []
    for name, size in list(unit.get("convert", {}).items()):
        unit["convert"][name] = size_of(multiplier_of(size))
        if unit["convert"][name] != size:
            lost.append(("unit.convert.*", f"the size of {name} is kept to 12 digits"))
    known = [unit["symbol"], *unit.get("also", []), *unit.get("convert", {})]
    if len({name.strip() for name in known}) < len(known) or 1.0 in unit.get("convert", {}).values():
        data.pop("unit")
        lost.append(("unit", "units of one name or size cannot be told apart"))
    return lost


def multiplier_of(size: float) -> str:
    """Moodle's multiplier of a unit that is `size` of the asked ones."""
    return f"{1 / size:.15g}"


def size_of(multiplier: str) -> float:
    """What `multiplier_of` was made from, in 12 digits."""
    return float(f"{1 / float(multiplier):.12g}")


MOODLE = Profile(
    held={
        "choice": _OPTION,
        "multiple": _OPTION,
        "true_false": frozenset({"answer", "feedback"}),
        "numeric": frozenset({"answer", "abs_tol", "mistakes", "unit"}),
        "short": frozenset({"accept", "reject", "mistakes", "case_sensitive"}),
        "cloze": frozenset({"text", *(f"blanks.*.{key}" for key in _BLANK_KEYS)}),
        "ordering": frozenset({"sequence"}),
        "matching": frozenset({"pairs.left", "pairs.right", "distractors"}),
        "recall": frozenset({"answer"}),
    },
    common=frozenset({"explanation", "source", "hints", "tags", "points", "image", "image_alt"}),
    fit=fit_moodle,
    adapt=(
        absolute_tolerance,
        balanced_credit,
        merged_mistakes,
        readable_source,
        normal_cloze,
        _units,
        picture_below,
        readable_picture,
    ),
    pictures=True,
    remarks={
        "short": "Moodle forgives no typing errors",
        "cloze": "Moodle forgives no typing errors in blanks",
        "recall": "free answers are marked by a person there",
        "ordering": "Moodle knows ordering questions from version 4.4 on, before with a plug-in",
    },
)


def write_moodle(bank: Bank, packing: Packing) -> Exported:
    """The bank as Moodle XML, its pictures inside."""
    ready, losses = prepare_all(bank, MOODLE, packing.pictures)
    quiz = Element("quiz")
    category = SubElement(quiz, "question", type="category")
    _text(SubElement(category, "category"), f"$course$/{xml_text(bank.title).replace('/', '//')}")
    for one in ready:
        _question(quiz, one)
    indent(quiz)
    data = b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(quiz, encoding="utf-8") + b"\n"
    if bank.topic != bank.title:
        losses.append(Loss("", "topic", f"the bank's topic {bank.topic!r}"))
    return Exported(data, tuple(losses))


def _question(quiz: Element, one: Prepared) -> None:
    data = data_of(one.item)
    question = SubElement(quiz, "question", type=_KINDS[data["type"]])
    _text(SubElement(question, "name"), data["id"])
    stem = with_codes(data) if data["type"] == "cloze" else data["stem"]
    if one.picture is not None and "image" in data:
        stem = with_picture(stem, f"@@PLUGINFILE@@/{data['image']}", data.get("image_alt", ""))
    _file(_marked_up(question, "questiontext", stem), data, one.picture)
    _marked_up(question, "generalfeedback", with_source(data.get("explanation", ""), data.get("source", "")))
    SubElement(question, "defaultgrade").text = str(data.get("points", 1.0))
    SubElement(question, "hidden").text = "0"
    SubElement(question, "idnumber").text = data["id"]
    _WRITERS[data["type"]](question, data)
    for hint in data.get("hints", []):
        _marked_up(question, "hint", hint)
    if data.get("tags"):
        tags = SubElement(question, "tags")
        for tag in data["tags"]:
            _text(SubElement(tags, "tag"), tag)


def _file(parent: Element, data: Data, picture: bytes | None) -> None:
    if picture is None or "image" not in data:
        return
    path = PurePosixPath(data["image"])
    folder = "/" if str(path.parent) == "." else f"/{path.parent}/"
    file = SubElement(parent, "file", name=path.name, path=folder, encoding="base64")
    file.text = base64.b64encode(picture).decode("ascii")


def _options(question: Element, data: Data) -> None:
    is_single = data["type"] == "choice"
    SubElement(question, "single").text = str(is_single).lower()
    SubElement(question, "shuffleanswers").text = str(data.get("shuffle", True)).lower()
    SubElement(question, "answernumbering").text = "abc"
    right = sum(bool(one.get("correct")) for one in data["options"])
    wrong = len(data["options"]) - right
    for one in data["options"]:
        share = 1 / right if one.get("correct") else 0.0 if is_single or not wrong else -1 / wrong
        _marked_up(_answer(question, share, one["text"], "markdown"), "feedback", one.get("feedback", ""))


def _true_false(question: Element, data: Data) -> None:
    for value in (True, False):
        is_right = value is data["answer"]
        answer = _answer(question, float(is_right), str(value).lower(), "moodle_auto_format")
        _marked_up(answer, "feedback", "" if is_right else data.get("feedback", ""))


def _numeric(question: Element, data: Data) -> None:
    key = _answer(question, 1.0, str(data["answer"]), "moodle_auto_format")
    SubElement(key, "tolerance").text = str(data.get("abs_tol", 0))
    for one in data.get("mistakes", []):
        wrong = _answer(question, 0.0, str(one["answer"]), "moodle_auto_format")
        SubElement(wrong, "tolerance").text = "0"
        _marked_up(wrong, "feedback", one["feedback"])
    unit = data.get("unit")
    SubElement(question, "unitgradingtype").text = "1" if unit and unit.get("required") else "0"
    SubElement(question, "unitpenalty").text = "0.5"
    SubElement(question, "showunits").text = "0" if unit else "3"
    SubElement(question, "unitsleft").text = "0"
    if unit:
        units = SubElement(question, "units")
        for name, multiplier in _multipliers(unit):
            one = SubElement(units, "unit")
            SubElement(one, "multiplier").text = multiplier
            SubElement(one, "unit_name").text = name


def _multipliers(unit: dict[str, Any]) -> list[tuple[str, str]]:
    same = [(name, "1") for name in (unit["symbol"], *unit.get("also", []))]
    return same + [(name, multiplier_of(size)) for name, size in unit.get("convert", {}).items()]


def _short(question: Element, data: Data) -> None:
    SubElement(question, "usecase").text = "1" if data.get("case_sensitive") else "0"
    rows = [(1.0, text, "") for text in data["accept"]] + [(0.0, text, "") for text in data.get("reject", [])]
    for one in data.get("mistakes", []):
        rows += [(0.0, text, one["feedback"]) for text in one["answer"]]
    for share, text, feedback in rows:
        _marked_up(_answer(question, share, starred(text), "moodle_auto_format"), "feedback", feedback)


def _cloze(question: Element, data: Data) -> None:
    """All of a cloze stands in its text."""


def _ordering(question: Element, data: Data) -> None:
    for name, value in (
        ("layouttype", "VERTICAL"),
        ("selecttype", "ALL"),
        ("selectcount", "0"),
        ("gradingtype", "RELATIVE_ALL_PREVIOUS_AND_NEXT"),
        ("showgrading", "SHOW"),
        ("numberingstyle", "none"),
    ):
        SubElement(question, name).text = value
    for place, step in enumerate(data["sequence"], 1):
        _text(SubElement(question, "answer", fraction=str(place), format="markdown"), step)


def _matching(question: Element, data: Data) -> None:
    SubElement(question, "shuffleanswers").text = "true"
    rows = [(one["left"], one["right"]) for one in data["pairs"]]
    for left, right in [*rows, *(("", text) for text in data.get("distractors", []))]:
        sub = _marked_up(question, "subquestion", left)
        _text(SubElement(sub, "answer"), right)


def _essay(question: Element, data: Data) -> None:
    SubElement(question, "responseformat").text = "editor"
    SubElement(question, "responserequired").text = "1"
    SubElement(question, "responsefieldlines").text = "10"
    SubElement(question, "attachments").text = "0"
    SubElement(question, "attachmentsrequired").text = "0"
    _marked_up(question, "graderinfo", data["answer"])
    _marked_up(question, "responsetemplate", "")


_WRITERS: dict[str, Callable[[Element, Data], None]] = {
    "choice": _options,
    "multiple": _options,
    "true_false": _true_false,
    "numeric": _numeric,
    "short": _short,
    "cloze": _cloze,
    "ordering": _ordering,
    "matching": _matching,
    "recall": _essay,
}


def _answer(question: Element, share: float, text: str, form: str) -> Element:
    answer = SubElement(question, "answer", fraction=percent(share), format=form)
    _text(answer, text)
    return answer


def _marked_up(parent: Element, tag: str, text: str) -> Element:
    element = SubElement(parent, tag, format="markdown")
    _text(element, text)
    return element


def _text(parent: Element, text: str) -> None:
    SubElement(parent, "text").text = text
