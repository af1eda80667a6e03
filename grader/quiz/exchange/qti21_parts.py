"""A QTI 2.1 item's declarations, rules and remarks: what is right, what is paid, what is said to which answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from grader.quiz.exchange.qtifiles import finite, inner_text

_COMPARED = frozenset({"match", "stringMatch", "equal", "member", "contains", "equalRounded"})


@dataclass(frozen=True)
class Declared:
    """One response. `mapped` has the points of single values."""

    ident: str
    cardinality: str
    base: str
    correct: tuple[str, ...]
    mapped: dict[str, float]
    case: bool

    @property
    def right(self) -> list[str]:
        """The values that are paid in full: all of them where several belong to the answer."""
        top = max(self.mapped.values(), default=0.0)
        is_set = self.cardinality == "multiple"
        paid = [
            value
            for value, points in self.mapped.items()
            if points > 0 and (is_set or points >= top - 1e-9 * top)
        ]
        known = [] if self.cardinality == "single" and self.base == "identifier" and self.correct else paid
        return list(dict.fromkeys([*self.correct, *known]))

    @property
    def partly(self) -> list[str]:
        """The values that are paid in part."""
        return [value for value, points in self.mapped.items() if points > 0 and value not in self.right]


@dataclass(frozen=True)
class Test:
    """A response compared with a value; None stands for the right one. `near` is absolute, `share` relative to it."""

    __test__ = False  # no test of pytest's

    response: str
    value: str | None
    near: float = 0.0
    share: float = 0.0


@dataclass(frozen=True)
class Rule:
    """An outcome set to a value: always, or when the test holds; `when` is None where the test is no simple one."""

    when: Test | None
    always: bool
    outcome: str
    value: str
    follows: bool
    """Whether `value` names a response whose value the outcome takes."""


def declared(item: Element) -> dict[str, Declared]:
    """The responses by identifier."""
    return {one.get("identifier", ""): _declared(one) for one in item.findall("responseDeclaration")}


def rules(item: Element) -> list[Rule]:
    """What responseProcessing sets, in order."""
    processing = item.find("responseProcessing")
    return list(_rules(processing, None, True)) if processing is not None else []


def points_text(item: Element) -> str:
    """The points of an item, as the file has them; empty where it has none."""
    outcomes = {one.get("identifier"): one for one in item.findall("outcomeDeclaration")}
    score = outcomes.get("SCORE")
    told = score.get("normalMaximum", "") if score is not None else ""
    return told or inner_text(outcomes.get("MAXSCORE"))


def _declared(element: Element) -> Declared:
    correct = element.find("correctResponse")
    entries = [one for one in element.iter("mapEntry") if one.get("mapKey")]
    return Declared(
        element.get("identifier", ""),
        element.get("cardinality", "single"),
        element.get("baseType", ""),
        tuple(inner_text(one) for one in correct.findall("value")) if correct is not None else (),
        {one.get("mapKey", ""): finite(one.get("mappedValue", "")) or 0.0 for one in entries},
        any(one.get("caseSensitive", "true") == "true" for one in entries) or not entries,
    )


def _rules(parent: Iterable[Element], when: Test | None, always: bool) -> Iterator[Rule]:
    for one in parent:
        if one.tag == "setOutcomeValue":
            yield _rule(one, when, always)
        elif one.tag == "responseCondition":
            for branch in _elements(one):
                test, *rest = _elements(branch) if branch.tag != "responseElse" else [None, *branch]
                yield from _rules(rest, _test(test), False)
        elif one.tag == "responseProcessingFragment":
            yield from _rules(one, when, always)


def _rule(element: Element, when: Test | None, always: bool) -> Rule:
    outcome = element.get("identifier", "")
    value = next(element.iter("baseValue"), None)
    if value is not None:
        return Rule(when, always, outcome, inner_text(value), False)
    taken = next(element.iter("variable"), None)
    return Rule(when, always, outcome, taken.get("identifier", "") if taken is not None else "", True)


def _test(element: Element | None) -> Test | None:
    if element is None:
        return None
    parts = _elements(element)
    if element.tag in {"and", "or"}:
        return _test(parts[0]) if len(parts) == 1 else _within(element, parts)
    variable = next((one for one in parts if one.tag == "variable"), None)
    if element.tag not in _COMPARED or len(parts) != 2 or variable is None:
        return None
    other = next((one for one in parts if one.tag in {"baseValue", "correct"}), None)
    if other is None:
        return None
    near, share = _tolerance(element)
    value = inner_text(other) if other.tag == "baseValue" else None
    return Test(variable.get("identifier", ""), value, near, share)


def _tolerance(element: Element) -> tuple[float, float]:
    """Absolute and relative; QTI gives the latter in percent."""
    widths = [abs(finite(part) or 0.0) for part in element.get("tolerance", "").split()]
    width = max(widths, default=0.0)
    mode = element.get("toleranceMode", "exact")
    return (width, 0.0) if mode == "absolute" else (0.0, width / 100) if mode == "relative" else (0.0, 0.0)


def _within(element: Element, parts: list[Element]) -> Test | None:
    """A number between two bounds: the middle, and how far the bounds are from it."""
    bounds = {}
    for one in parts:
        kids = _elements(one)
        if len(kids) == 2 and kids[0].tag == "variable" and kids[1].tag == "baseValue":
            bounds[one.tag] = (kids[0].get("identifier", ""), finite(inner_text(kids[1])))
    low, high = (bounds.get(name, bounds.get(other)) for name, other in (("gte", "gt"), ("lte", "lt")))
    if element.tag != "and" or len(parts) != 2 or low is None or high is None or low[0] != high[0]:
        return None
    if low[1] is None or high[1] is None:
        return None
    return Test(low[0], repr((low[1] + high[1]) / 2), abs(high[1] - low[1]) / 2)


def _elements(parent: Element) -> list[Element]:
    return [one for one in parent if isinstance(one.tag, str)]
