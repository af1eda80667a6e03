"""IMS QTI 1.2 content packages, with the metadata that Canvas reads; Blackboard and Sakai read them too.

imsmanifest.xml
quiz/quiz.xml            one assessment with one section; pictures beside it
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from grader.quiz.exchange.carried import comment
from grader.quiz.exchange.clozecode import joined_text
from grader.quiz.exchange.fits import fit_qti
from grader.quiz.exchange.model import Exported, Loss, Packing
from grader.quiz.exchange.package import Resource, body, identifier, manifest, xml_bytes, zipped
from grader.quiz.exchange.paths import Data, data_of
from grader.quiz.exchange.prepare import Prepared, Profile, prepare_all
from grader.quiz.exchange.remarks import with_picture, with_source
from grader.quiz.exchange.shape import absolute_tolerance, balanced_credit, picture_below
from grader.quiz.kinds import BLANK
from grader.quiz.model import Bank

_NAMESPACE = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
_OPTION = frozenset({"options.text", "options.correct", "options.feedback"})
_TYPES = {
    "choice": "multiple_choice_question",
    "multiple": "multiple_answers_question",
    "true_false": "true_false_question",
    "numeric": "numerical_question",
    "short": "short_answer_question",
    "cloze": "fill_in_multiple_blanks_question",
    "matching": "matching_question",
    "recall": "essay_question",
}

QTI12 = Profile(
    held={
        "choice": _OPTION,
        "multiple": _OPTION,
        "true_false": frozenset({"answer", "feedback"}),
        "numeric": frozenset({"answer", "abs_tol"}),
        "short": frozenset({"accept"}),
        "cloze": frozenset({"text", "blanks.*.type", "blanks.*.accept", "blanks.*.answer"}),
        "matching": frozenset({"pairs.left", "pairs.right", "distractors"}),
        "recall": frozenset({"answer"}),
    },
    common=frozenset({"explanation", "source", "points", "image", "image_alt"}),
    fit=fit_qti,
    adapt=(absolute_tolerance, balanced_credit, picture_below),
    pictures=True,
    remarks={
        "short": "no typing errors are forgiven there",
        "recall": "free answers are marked by a person there",
        "multiple": "the file pays the whole answer only; Canvas and others pay parts by rules of their own",
        "cloze": "blanks are compared as texts there, numbers too",
    },
)


@dataclass(frozen=True)
class _Item:
    """The four parts of a QTI 1.2 item that an answer type fills in."""

    presentation: Element
    processing: Element
    feedback: list[Element]


def write_qti12(bank: Bank, packing: Packing) -> Exported:
    """The bank as a QTI 1.2 package."""
    ready, losses = prepare_all(bank, QTI12, packing.pictures)
    losses.append(Loss("", "topic", f"the bank's topic {bank.topic!r}"))
    originals = {item.id: item for item in bank.items}
    root = Element("questestinterop", xmlns=_NAMESPACE)
    assessment = SubElement(root, "assessment", ident=identifier("a_", bank.title), title=bank.title)
    section = SubElement(assessment, "section", ident="root_section")
    members: dict[str, bytes] = {}
    for one in ready:
        element = item_element(one)
        element.append(comment(originals[one.item.id]))
        section.append(element)
        if one.picture is not None and one.item.image is not None:
            members[f"quiz/{one.item.image}"] = one.picture
    index = [Resource("quiz", "imsqti_xmlv1p2", "quiz/quiz.xml", tuple(members))]
    head = {
        "imsmanifest.xml": manifest(bank.title, "IMS Content", "1.1.3", index),
        "quiz/quiz.xml": xml_bytes(root),
    }
    return Exported(zipped({**head, **members}, packing.now), tuple(losses))


def item_element(one: Prepared) -> Element:
    """A prepared item as QTI 1.2 has it."""
    data = data_of(one.item)
    item = Element("item", ident=identifier("", f"i-{data['id']}"), title=data["id"])
    metadata = SubElement(SubElement(item, "itemmetadata"), "qtimetadata")
    for label, entry in (
        ("question_type", _TYPES[data["type"]]),
        ("points_possible", str(data.get("points", 1.0))),
    ):
        field = SubElement(metadata, "qtimetadatafield")
        SubElement(field, "fieldlabel").text = label
        SubElement(field, "fieldentry").text = entry
    parts = _Item(SubElement(item, "presentation"), SubElement(item, "resprocessing"), [])
    outcomes = SubElement(parts.processing, "outcomes")
    SubElement(outcomes, "decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")
    _material(parts.presentation, _stem(data))
    remark = with_source(data.get("explanation", ""), data.get("source", ""))
    if remark:
        _feedback(parts, "general_fb", remark, _condition(parts, "Yes"))
    _WRITERS[data["type"]](parts, data)
    item.extend(parts.feedback)
    return item


def _stem(data: Data) -> str:
    stem: str = data["stem"]
    if data["type"] == "cloze":
        stem = joined_text(stem, BLANK.sub(lambda found: f"\\[{found[1]}\\]", data["text"]))
    return with_picture(stem, data["image"], data.get("image_alt", "")) if "image" in data else stem


def _options(parts: _Item, data: Data) -> None:
    rows = [
        (f"o{place}", one["text"], one.get("feedback", "")) for place, one in enumerate(data["options"], 1)
    ]
    right = [row[0] for row, one in zip(rows, data["options"], strict=True) if one.get("correct")]
    is_single = data["type"] == "choice"
    _lid(parts.presentation, "response1", "Single" if is_single else "Multiple", [row[:2] for row in rows])
    for name, _, feedback in rows:
        if feedback:
            shown = _condition(parts, "Yes")
            _equals(shown, "response1", name)
            _feedback(parts, f"{name}_fb", feedback, shown)
    if is_single:
        _paid(parts, "response1", right[0])
        return
    whole = _condition(parts, "No")
    every = SubElement(whole[0], "and")
    for name, _, _ in rows:
        SubElement(
            every if name in right else SubElement(every, "not"), "varequal", respident="response1"
        ).text = name
    _score(whole, 100)


def _true_false(parts: _Item, data: Data) -> None:
    key = str(data["answer"]).lower()
    _lid(parts.presentation, "response1", "Single", [("true", "True"), ("false", "False")])
    if data.get("feedback"):
        other = "false" if key == "true" else "true"
        shown = _condition(parts, "Yes")
        _equals(shown, "response1", other)
        _feedback(parts, f"{other}_fb", data["feedback"], shown)
    _paid(parts, "response1", key)


def _numeric(parts: _Item, data: Data) -> None:
    _fib(parts.presentation, "Decimal")
    paid = _condition(parts, "No")
    either = SubElement(paid[0], "or")
    SubElement(either, "varequal", respident="response1").text = str(data["answer"])
    if data.get("abs_tol"):
        within = SubElement(either, "and")
        SubElement(within, "vargte", respident="response1").text = repr(data["answer"] - data["abs_tol"])
        SubElement(within, "varlte", respident="response1").text = repr(data["answer"] + data["abs_tol"])
    _score(paid, 100)


def _short(parts: _Item, data: Data) -> None:
    _fib(parts.presentation, "String")
    paid = _condition(parts, "No")
    for text in data["accept"]:
        SubElement(paid[0], "varequal", respident="response1", case="No").text = text
    _score(paid, 100)


def _cloze(parts: _Item, data: Data) -> None:
    blanks = data["blanks"]
    for name, blank in blanks.items():
        accepted = [str(blank["answer"])] if blank["type"] == "numeric" else blank["accept"]
        rows = [(f"{name}_{place}", text) for place, text in enumerate(accepted, 1)]
        _lid(parts.presentation, f"response_{name}", "Single", rows, label=name, plain=True)
        paid = _condition(parts, "Yes")
        for row, _ in rows:
            _equals(paid, f"response_{name}", row)
        _score(paid, 100 / len(blanks), "Add")


def _matching(parts: _Item, data: Data) -> None:
    rights = list(dict.fromkeys([*(one["right"] for one in data["pairs"]), *data.get("distractors", [])]))
    rows = [(f"r{place}", text) for place, text in enumerate(rights, 1)]
    for place, one in enumerate(data["pairs"], 1):
        _lid(parts.presentation, f"response_l{place}", "Single", rows, label=one["left"])
        paid = _condition(parts, "Yes")
        _equals(paid, f"response_l{place}", f"r{rights.index(one['right']) + 1}")
        _score(paid, 100 / len(data["pairs"]), "Add")


def _essay(parts: _Item, data: Data) -> None:
    _fib(parts.presentation, "String", rows="8")
    _feedback(parts, "model_answer", data["answer"], _condition(parts, "No"), kind="Solution")


_WRITERS: dict[str, Callable[[_Item, Data], None]] = {
    "choice": _options,
    "multiple": _options,
    "true_false": _true_false,
    "numeric": _numeric,
    "short": _short,
    "cloze": _cloze,
    "matching": _matching,
    "recall": _essay,
}


def _material(parent: Element, text: str) -> None:
    shown = SubElement(SubElement(parent, "material"), "mattext", texttype="text/html")
    shown.text = tostring(body(text), encoding="unicode")


def _lid(
    parent: Element,
    ident: str,
    many: str,
    rows: list[tuple[str, str]],
    *,
    label: str = "",
    plain: bool = False,
) -> None:
    """Something to pick from; `plain` texts are compared with what is typed."""
    response = SubElement(parent, "response_lid", ident=ident, rcardinality=many)
    if label:
        SubElement(SubElement(response, "material"), "mattext", texttype="text/plain").text = label
    choices = SubElement(response, "render_choice")
    for name, text in rows:
        one = SubElement(choices, "response_label", ident=name)
        if plain:
            SubElement(SubElement(one, "material"), "mattext", texttype="text/plain").text = text
        else:
            _material(one, text)


def _fib(parent: Element, kind: str, rows: str = "1") -> None:
    response = SubElement(parent, "response_str", ident="response1", rcardinality="Single")
    render = SubElement(response, "render_fib", fibtype=kind, rows=rows)
    SubElement(render, "response_label", ident="answer1")


def _condition(parts: _Item, goes_on: str) -> Element:
    """A condition; without a test in it, it always holds."""
    one = SubElement(parts.processing, "respcondition")
    one.set("continue", goes_on)
    SubElement(one, "conditionvar")
    return one


def _equals(condition: Element, response: str, value: str) -> None:
    SubElement(condition[0], "varequal", respident=response).text = value


def _score(condition: Element, points: float, action: str = "Set") -> None:
    SubElement(condition, "setvar", action=action, varname="SCORE").text = f"{points:.2f}".removesuffix(".00")


def _paid(parts: _Item, response: str, value: str) -> None:
    condition = _condition(parts, "No")
    _equals(condition, response, value)
    _score(condition, 100)


def _feedback(parts: _Item, name: str, text: str, condition: Element, kind: str = "Response") -> None:
    if not len(condition[0]):
        SubElement(condition[0], "other")
    SubElement(condition, "displayfeedback", feedbacktype=kind, linkrefid=name)
    shown = Element("itemfeedback", ident=name)
    if kind == "Solution":
        _material(SubElement(SubElement(shown, "solution"), "solutionmaterial"), text)
    else:
        _material(SubElement(shown, "flow_mat"), text)
    parts.feedback.append(shown)
