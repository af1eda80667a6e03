"""A QTI 1.2 item taken apart: the question as Markdown, what is answered where, what is paid, what is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from grader.quiz.exchange.markup import to_markdown
from grader.quiz.exchange.qtifiles import Say, finite, inner_text

_RESPONSES = frozenset({"response_lid", "response_str", "response_num"})


@dataclass(frozen=True)
class Test:
    """One comparison of a response with a value; `negated` inside a `<not>`."""

    response: str
    value: str
    relation: str
    negated: bool
    case: bool


@dataclass(frozen=True)
class Rule:
    """One respcondition: its comparisons, what it pays, the feedback it shows."""

    tests: tuple[Test, ...]
    pays: float
    shows: tuple[str, ...]


@dataclass(frozen=True)
class Response:
    """One place to answer: labels are (identifier, Markdown)."""

    ident: str
    tag: str
    many: str
    label: str
    labels: tuple[tuple[str, str], ...]
    is_number: bool


@dataclass
class Question:
    """A QTI 1.2 item taken apart."""

    kind: str
    stem: str
    responses: list[Response]
    rules: list[Rule]
    said: dict[str, str]
    say: Say
    used: set[str] = field(default_factory=set)

    def right(self, response: str) -> list[str]:
        """The values of a response that are paid, in order, each once."""
        paid = [rule for rule in self.rules if rule.pays > 0]
        values = [
            test.value
            for rule in paid
            for test in rule.tests
            if test.response == response and test.relation == "varequal" and not test.negated
        ]
        return list(dict.fromkeys(values))

    def feedback_on(self, response: str, value: str) -> str:
        """What is said to a single value of a response."""
        for rule in self.rules:
            tests = [(test.response, test.value, test.negated) for test in rule.tests]
            if tests == [(response, value, False)]:
                for name in rule.shows:
                    if name in self.said and name not in {"correct_fb", "general_incorrect_fb", "general_fb"}:
                        self.used.add(name)
                        return self.said[name]
        return ""


def question_of(item: Element, kind: str, say: Say) -> Question:
    """The parts of an item that has a `presentation`; `kind` is guessed from what there is to answer where it is empty.

    `say` is told (key, words) what cannot be read.
    """
    presentation = item.find("presentation")
    assert presentation is not None  # the caller saw to it
    responses = [_response(one, say) for one in presentation.iter() if one.tag in _RESPONSES]
    said = {one.get("ident", ""): text for one in item.findall("itemfeedback") if (text := _said(one, say))}
    rules = [_rule(one) for one in item.iter("respcondition")]
    stem = "\n\n".join(text for one in _stem_parts(presentation) if (text := _material(one, say)))
    question = Question(kind, stem, responses, rules, said, say)
    question.kind = kind or _guess(question)
    if question.kind == "choice" and len(question.right(responses[0].ident) if responses else []) > 1:
        question.kind = "multiple"
    return question


def _guess(question: Question) -> str:
    """The type by what there is to answer."""
    responses = question.responses
    if len(responses) > 1:
        return "matching" if all(one.labels and one.label for one in responses) else "cloze"
    if not responses:
        return ""
    one = responses[0]
    if one.many.lower() == "ordered":
        return "ordering"
    if one.tag == "response_lid" and one.labels:
        if [text.strip().lower() for _, text in one.labels] in (["true", "false"], ["false", "true"]):
            return "true_false"
        return "multiple" if one.many.lower() == "multiple" else "choice"
    if one.is_number:
        return "numeric"
    return "short" if question.right(one.ident) else "recall"


def _response(element: Element, say: Say) -> Response:
    labels = [
        (one.get("ident", ""), text) for one in element.iter("response_label") if (text := _said(one, say))
    ]
    inside = {id(one) for label in element.iter("response_label") for one in label.iter()}
    own = [one for one in element.iter("material") if id(one) not in inside]
    kinds = [one.get("fibtype", "") for one in element.iter("render_fib")]
    return Response(
        element.get("ident", ""),
        str(element.tag),
        element.get("rcardinality", "Single"),
        " ".join(_material(one, say) for one in own),
        tuple(labels),
        element.tag == "response_num" or any(kind in {"Decimal", "Integer", "Scientific"} for kind in kinds),
    )


def _stem_parts(presentation: Element) -> Iterator[Element]:
    """Materials outside of every place to answer."""
    if presentation.tag in _RESPONSES:
        return
    if presentation.tag == "material":
        yield presentation
        return
    for child in presentation:
        if isinstance(child.tag, str):
            yield from _stem_parts(child)


def _said(element: Element, say: Say) -> str:
    return "\n\n".join(text for one in element.iter("material") if (text := _material(one, say)))


def _material(element: Element, say: Say) -> str:
    """The texts and pictures of a material as Markdown."""
    parts = []
    for one in element.iter():
        if one.tag in {"mattext", "mat_formattedtext"}:
            text = "".join(one.itertext())
            is_html = one.tag == "mat_formattedtext" or one.get("texttype", "text/plain") == "text/html"
            parts.append(to_markdown(text) if is_html else text.strip())
        elif one.tag == "matimage" and one.get("uri"):
            parts.append(f"![{one.get('label', '')}]({one.get('uri')})")
        elif one.tag in {"mataudio", "matvideo", "matapplet"}:
            say("", f"a {str(one.tag).removeprefix('mat')} file: {one.get('uri', '')[:60]}")
    return "\n\n".join(part for part in parts if part)


def _rule(element: Element) -> Rule:
    tests = tuple(_tests(element.find("conditionvar"), False))
    pays = [_pay(one) for one in element.findall("setvar")]
    is_right = (element.get("title") or "").lower() == "correct"
    shows = tuple(one.get("linkrefid", "") for one in element.findall("displayfeedback"))
    blackboard = not pays and shows == ("correct",)
    return Rule(tests, max(pays, default=1.0 if is_right or blackboard else 0.0), shows)


def _pay(setvar: Element) -> float:
    text = inner_text(setvar)
    if setvar.get("action", "Set").lower() in {"subtract", "divide"}:
        return 0.0
    return 1.0 if text == "SCORE.max" else finite(text) or 0.0


def _tests(element: Element | None, negated: bool) -> Iterator[Test]:
    for one in element if element is not None else ():
        if one.tag == "not":
            yield from _tests(one, not negated)
        elif one.tag in {"and", "or", "unanswered", "other"}:
            yield from _tests(one, negated)
        elif isinstance(one.tag, str) and one.tag.startswith("var"):
            case = one.get("case", "No").lower() == "yes"
            yield Test(one.get("respident", ""), inner_text(one), one.tag, negated, case)
