"""A QTI 2.1 item taken apart: what is asked, its responses and rules, what is said, the question as Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement

from grader.quiz.exchange.gift_read import number_of
from grader.quiz.exchange.qti21_parts import Declared, Rule, declared, rules
from grader.quiz.exchange.qtifiles import Say, inner_text, marked

TYPED = frozenset({"textEntryInteraction", "inlineChoiceInteraction"})
"""Interactions that stand within a text."""
_ASIDE = frozenset(
    {"rubricBlock", "feedbackBlock", "feedbackInline", "printedVariable", "templateBlock", "templateInline"}
)


@dataclass
class Question:
    """An item taken apart. `stem` holds `QTIGAP0PAGITQ` where the first interaction stood in the text."""

    asks: list[Element]
    responses: dict[str, Declared]
    rules: list[Rule]
    said: dict[tuple[str, str], str]
    stem: str
    rubric: str
    say: Say
    used: set[tuple[str, str]] = field(default_factory=set)

    @property
    def one(self) -> Declared:
        """The response of the only interaction."""
        return self.response(self.asks[0])

    def response(self, ask: Element) -> Declared:
        """The response of an interaction."""
        name = ask.get("responseIdentifier", "")
        return self.responses.get(name) or Declared(name, "single", "", (), {}, True)

    def explanation(self) -> str:
        """The remark that everyone reads, or else the solution."""
        always = [(rule.outcome, rule.value) for rule in self.rules if rule.always and not rule.follows]
        told = [key for key in self.said if "solution" in key[0].lower()]
        return next((self.take(key) for key in [*always, *told] if key in self.said), "")

    def take(self, key: tuple[str, str]) -> str:
        """A remark, which thereby has its place."""
        if key in self.said:
            self.used.add(key)
        return self.said.get(key, "")

    def feedback_on(self, response: Declared, value: str) -> str:
        """What is said to a single value of a response."""
        for rule in self.rules:
            if rule.follows and rule.value == response.ident:
                key = (rule.outcome, value)
            elif rule.when and (rule.when.response, rule.when.value) == (response.ident, value):
                key = (rule.outcome, rule.value)
            else:
                continue
            if key in self.said:
                return self.take(key)
        return ""

    def paid(self, response: Declared) -> list[str]:
        """The values of a response that are paid in full."""
        by_rule = [
            rule.when.value
            for rule in self.rules
            if rule.when and rule.when.response == response.ident and rule.outcome == "SCORE" and rule.when.value
            if not rule.follows and (number_of(rule.value)[0] or 0) > 0
        ]  # fmt: skip
        return response.right or list(dict.fromkeys(by_rule))


def question_of(item: Element, body: Element, say: Say) -> Question:
    """The parts of an item; `body`, its itemBody, is changed."""
    asks = [one for one in body.iter() if isinstance(one.tag, str) and one.tag.endswith("Interaction")]
    said = {
        (one.get("outcomeIdentifier", ""), one.get("identifier", "")): text
        for one in item.findall("modalFeedback")
        if one.get("showHide", "show") == "show" and (text := marked(one, say))
    }
    rubric = "\n\n".join(text for one in body.iter("rubricBlock") if (text := marked(one, say)))
    for one in body.iter("feedbackBlock"):
        say("feedback", f"a remark within the question: {inner_text(one)[:60]!r}")
    _without_asides(body, asks)
    return Question(asks, declared(item), rules(item), said, marked(body, say), rubric, say)


def _without_asides(body: Element, asks: list[Element]) -> None:
    """Leaves in `body` what is the question: prompts in place of interactions, a mark where something is typed."""
    places = {id(ask): place for place, ask in enumerate(asks)}
    inside = {id(one) for ask in asks for one in ask.iter()}
    for parent in [one for one in body.iter() if id(one) not in inside]:
        for at, child in enumerate(list(parent)):
            if id(child) in places:
                parent[at] = _standing_for(child, places[id(child)])
            elif child.tag in _ASIDE:
                parent[at] = fresh = Element("span")
                fresh.tail = child.tail
    for one in body.iter("object"):
        if one.get("type", "").startswith("image/") and one.get("data"):
            one.tag = "img"
            one.attrib.update(src=one.get("data", ""), alt=inner_text(one))


def _standing_for(ask: Element, place: int) -> Element:
    is_inline = ask.tag in TYPED
    fresh = Element("span" if is_inline else "div")
    fresh.tail = ask.tail
    if is_inline:
        fresh.text = gap_mark(place)
    elif ask.tag == "gapMatchInteraction":
        fresh.extend(one for one in ask if one.tag not in {"gapText", "gapImg"})
        gaps = [(parent, at) for parent in fresh.iter() for at, one in enumerate(parent) if one.tag == "gap"]
        for number, (parent, at) in enumerate(gaps):
            name, tail = parent[at].get("identifier", ""), parent[at].tail
            parent[at] = one = Element("span", gap=name)
            one.text, one.tail = gap_mark(number), tail
            SubElement(ask, "found", identifier=name)
    else:
        fresh.extend(one for one in ask if one.tag == "prompt")
    for one in fresh.iter("prompt"):
        one.tag = "div"
    return fresh


def gap_mark(place: int) -> str:
    """Stands in the question where something is typed."""
    return f"QTIGAP{place}PAGITQ"
