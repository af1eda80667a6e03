"""One item as a QTI 2.1 assessmentItem: declarations, body, how a response is scored, feedback."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from grader.quiz.exchange.package import body, identifier
from grader.quiz.exchange.paths import Data
from grader.quiz.exchange.remarks import with_source
from grader.quiz.kinds import BLANK

_NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"


def assessment_item(data: Data) -> Element:
    """The item that prepared data describe."""
    root = Element(
        "assessmentItem",
        xmlns=_NAMESPACE,
        identifier=identifier("", f"i-{data['id']}"),
        title=data["id"],
        adaptive="false",
        timeDependent="false",
    )
    build = _Build(root, data)
    build.head()
    _KINDS[data["type"]](build)
    return build.finished()


class _Build:
    """The parts of one item; they are put in the order the schema wants at the end."""

    def __init__(self, root: Element, data: Data) -> None:
        self.root, self.data = root, data
        self.points = float(data.get("points", 1.0))
        self.outcomes = [_outcome("SCORE", "float", normalMaximum=str(self.points))]
        self.body = Element("itemBody")
        self.processing = Element("responseProcessing")
        self.feedback: list[Element] = []

    def head(self) -> None:
        """The question and its picture."""
        self.body.append(body(self.data["stem"]))
        if "image" in self.data:
            paragraph = SubElement(SubElement(self.body, "div"), "p")
            SubElement(paragraph, "img", src=self.data["image"], alt=self.data.get("image_alt", ""))

    def declare(self, name: str, cardinality: str, base: str, correct: Iterable[str]) -> Element:
        """A response, and what is right."""
        one = SubElement(
            self.root, "responseDeclaration", identifier=name, cardinality=cardinality, baseType=base
        )
        values = SubElement(one, "correctResponse")
        for value in correct:
            SubElement(values, "value").text = value
        return one

    def mapped(self, declaration: Element, scores: list[tuple[str, float]], **extra: str) -> None:
        """Points for each value of a response, together never below 0 or above all."""
        mapping = SubElement(
            declaration, "mapping", lowerBound="0", upperBound=str(self.points), defaultValue="0"
        )
        for key, share in scores:
            given = {"mapKey": key, "mappedValue": f"{share * self.points!r}", **extra}
            SubElement(mapping, "mapEntry", given)
        score = SubElement(self.processing, "setOutcomeValue", identifier="SCORE")
        SubElement(score, "mapResponse", identifier="RESPONSE")

    def say(self, outcome: str, name: str, text: str) -> None:
        """Feedback that is shown when `outcome` has the value `name`."""
        one = Element("modalFeedback", outcomeIdentifier=outcome, showHide="show", identifier=name)
        one.append(body(text))
        self.feedback.append(one)

    def finished(self) -> Element:
        """The item, the explanation shown after every answer."""
        remark = with_source(self.data.get("explanation", ""), self.data.get("source", ""))
        if remark:
            self.outcomes.append(_outcome("EXPLANATION", "identifier"))
            self.say("EXPLANATION", "shown", remark)
            _set(self.processing, "EXPLANATION", "identifier", "shown")
        self.root.extend(self.outcomes)
        self.root.append(self.body)
        if len(self.processing):
            self.root.append(self.processing)
        self.root.extend(self.feedback)
        return self.root


def _options(build: _Build) -> None:
    options = build.data["options"]
    names = [f"o{place}" for place in range(1, len(options) + 1)]
    right = {name for name, one in zip(names, options, strict=True) if one.get("correct")}
    is_single = build.data["type"] == "choice"
    wrong = len(options) - len(right)
    declared = build.declare("RESPONSE", "single" if is_single else "multiple", "identifier", sorted(right))
    cost = 0.0 if is_single or not wrong else -1 / wrong
    build.mapped(declared, [(name, 1 / len(right) if name in right else cost) for name in names])
    rows = [(name, one["text"], one.get("feedback", "")) for name, one in zip(names, options, strict=True)]
    _choices(build, rows, is_single, build.data.get("shuffle", True))


def _true_false(build: _Build) -> None:
    key = str(build.data["answer"]).lower()
    declared = build.declare("RESPONSE", "single", "identifier", [key])
    build.mapped(declared, [(key, 1.0)])
    said = build.data.get("feedback", "")
    _choices(
        build,
        [(name, name.capitalize(), "" if name == key else said) for name in ("true", "false")],
        True,
        False,
    )


def _choices(build: _Build, rows: list[tuple[str, str, str]], is_single: bool, shuffle: bool) -> None:
    ask = SubElement(
        build.body,
        "choiceInteraction",
        responseIdentifier="RESPONSE",
        shuffle=str(shuffle).lower(),
        maxChoices=str(int(is_single)),
    )
    for name, text, _ in rows:
        SubElement(ask, "simpleChoice", identifier=name).append(body(text))
    said = [(name, feedback) for name, _, feedback in rows if feedback]
    if said:
        build.outcomes.append(
            _outcome("FEEDBACK", "identifier", cardinality="single" if is_single else "multiple")
        )
        SubElement(
            SubElement(build.processing, "setOutcomeValue", identifier="FEEDBACK"),
            "variable",
            identifier="RESPONSE",
        )
        for name, feedback in said:
            build.say("FEEDBACK", name, feedback)


def _numeric(build: _Build) -> None:
    data = build.data
    build.declare("RESPONSE", "single", "float", [str(data["answer"])])
    _entry(build.body, "RESPONSE", 10)
    condition = SubElement(build.processing, "responseCondition")
    case = SubElement(condition, "responseIf")
    _equal(case, "RESPONSE", data.get("abs_tol", 0))
    _set(case, "SCORE", "float", str(build.points))
    _mistakes(build, condition, "float")


def _short(build: _Build) -> None:
    data = build.data
    declared = build.declare("RESPONSE", "single", "string", data["accept"][:1])
    case = str(bool(data.get("case_sensitive"))).lower()
    build.mapped(declared, [(text, 1.0) for text in data["accept"]], caseSensitive=case)
    _entry(build.body, "RESPONSE", 30)
    if data.get("mistakes"):
        _mistakes(build, SubElement(build.processing, "responseCondition"), "string")


def _mistakes(build: _Build, condition: Element, base: str) -> None:
    """Feedback on wrong answers the author foresaw, as further branches of a condition."""
    answers = [
        (text, one["feedback"]) for one in build.data.get("mistakes", []) for text in _listed(one["answer"])
    ]
    if answers:
        build.outcomes.append(_outcome("FEEDBACK", "identifier"))
    for place, (answer, feedback) in enumerate(answers, 1):
        case = SubElement(condition, "responseElseIf" if len(condition) else "responseIf")
        name = "equal" if base == "float" else "stringMatch"
        extra = {"toleranceMode": "exact"} if base == "float" else {"caseSensitive": "false"}
        test = SubElement(case, name, extra)
        SubElement(test, "variable", identifier="RESPONSE")
        SubElement(test, "baseValue", baseType=base).text = str(answer)
        _set(case, "FEEDBACK", "identifier", f"m{place}")
        build.say("FEEDBACK", f"m{place}", feedback)


def _cloze(build: _Build) -> None:
    blanks = build.data["blanks"]
    marked = BLANK.sub(
        lambda found: f"QTIGAP{found[1]}PAGITQ" if found[1] in blanks else found[0], build.data["text"]
    )
    shown = tostring(body(marked), encoding="unicode")
    total = SubElement(SubElement(build.processing, "setOutcomeValue", identifier="SCORE"), "sum")
    for name, blank in blanks.items():
        response = f"RESPONSE_{name}"
        entry = f'<textEntryInteraction responseIdentifier="{response}" expectedLength="15"/>'
        shown = shown.replace(f"QTIGAP{name}PAGITQ", entry)
        _blank(build, response, blank, build.points / len(blanks))
        SubElement(total, "variable", identifier=f"SCORE_{name}")
        build.outcomes.append(_outcome(f"SCORE_{name}", "float"))
    build.body.append(fromstring(shown))
    build.processing.remove(score := build.processing[0])
    build.processing.append(score)


def _blank(build: _Build, response: str, blank: dict[str, Any], worth: float) -> None:
    """Declares one blank and scores it into an outcome of its own."""
    is_number = blank["type"] == "numeric"
    right = [str(blank["answer"])] if is_number else blank["accept"]
    declared = build.declare(response, "single", "float" if is_number else "string", right[:1])
    outcome = response.replace("RESPONSE", "SCORE", 1)
    if is_number:
        case = SubElement(SubElement(build.processing, "responseCondition"), "responseIf")
        _equal(case, response, blank.get("abs_tol", 0))
        _set(case, outcome, "float", f"{worth!r}")
        return
    mapping = SubElement(declared, "mapping", defaultValue="0")
    for text in right:
        case_mark = str(bool(blank.get("case_sensitive"))).lower()
        SubElement(mapping, "mapEntry", mapKey=text, mappedValue=f"{worth!r}", caseSensitive=case_mark)
    SubElement(
        SubElement(build.processing, "setOutcomeValue", identifier=outcome),
        "mapResponse",
        identifier=response,
    )


def _ordering(build: _Build) -> None:
    steps = [(f"s{place}", text) for place, text in enumerate(build.data["sequence"], 1)]
    build.declare("RESPONSE", "ordered", "identifier", [name for name, _ in steps])
    ask = SubElement(build.body, "orderInteraction", responseIdentifier="RESPONSE", shuffle="true")
    for name, text in sorted(steps, key=lambda step: step[1]):
        SubElement(ask, "simpleChoice", identifier=name).append(body(text))
    case = SubElement(SubElement(build.processing, "responseCondition"), "responseIf")
    test = SubElement(case, "match")
    SubElement(test, "variable", identifier="RESPONSE")
    SubElement(test, "correct", identifier="RESPONSE")
    _set(case, "SCORE", "float", str(build.points))


def _matching(build: _Build) -> None:
    pairs = build.data["pairs"]
    rights = list(dict.fromkeys([*(one["right"] for one in pairs), *build.data.get("distractors", [])]))
    names = [f"l{place} r{rights.index(one['right']) + 1}" for place, one in enumerate(pairs, 1)]
    declared = build.declare("RESPONSE", "multiple", "directedPair", names)
    build.mapped(declared, [(name, 1 / len(pairs)) for name in names])
    ask = SubElement(
        build.body,
        "matchInteraction",
        responseIdentifier="RESPONSE",
        shuffle="true",
        maxAssociations=str(len(pairs)),
    )
    for letter, texts, most in (("l", [one["left"] for one in pairs], 1), ("r", rights, len(pairs))):
        group = SubElement(ask, "simpleMatchSet")
        for place, text in enumerate(texts, 1):
            SubElement(
                group, "simpleAssociableChoice", identifier=f"{letter}{place}", matchMax=str(most)
            ).append(body(text))


def _recall(build: _Build) -> None:
    SubElement(
        build.root, "responseDeclaration", identifier="RESPONSE", cardinality="single", baseType="string"
    )
    SubElement(build.body, "extendedTextInteraction", responseIdentifier="RESPONSE", expectedLines="6")
    SubElement(build.body, "rubricBlock", view="scorer").append(body(build.data["answer"]))


_KINDS: dict[str, Callable[[_Build], None]] = {
    "choice": _options,
    "multiple": _options,
    "true_false": _true_false,
    "numeric": _numeric,
    "short": _short,
    "cloze": _cloze,
    "ordering": _ordering,
    "matching": _matching,
    "recall": _recall,
}


def _outcome(name: str, base: str, cardinality: str = "single", **extra: str) -> Element:
    given = {"identifier": name, "cardinality": cardinality, "baseType": base, **extra}
    return Element("outcomeDeclaration", given)


def _entry(parent: Element, response: str, length: int) -> None:
    paragraph = SubElement(SubElement(parent, "div"), "p")
    SubElement(paragraph, "textEntryInteraction", responseIdentifier=response, expectedLength=str(length))


def _equal(parent: Element, response: str, near: float) -> None:
    extra = (
        {"toleranceMode": "absolute", "tolerance": f"{near} {near}"} if near else {"toleranceMode": "exact"}
    )
    test = SubElement(parent, "equal", extra)
    SubElement(test, "variable", identifier=response)
    SubElement(test, "correct", identifier=response)


def _set(parent: Element, outcome: str, base: str, value: str) -> None:
    SubElement(
        SubElement(parent, "setOutcomeValue", identifier=outcome), "baseValue", baseType=base
    ).text = value


def _listed(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]
