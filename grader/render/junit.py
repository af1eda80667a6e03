"""A report as JUnit XML: a test suite per exercise, a test case per check."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from grader.judge.report import CheckVerdict, Report, Result, Status

_ERRORS = {Status.ERROR, Status.CRASHED, Status.GRADER_ERROR}


def render(report: Report) -> str:
    """The report as the XML that continuous-integration services read."""
    root = ElementTree.Element("testsuites", name=report.course)
    for result in report.results:
        root.append(suite_of(result, f"{result.exercise}.{result.device}"))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def suite_of(result: Result, name: str) -> ElementTree.Element:
    """One exercise's result as a test suite called `name`."""
    suite = ElementTree.Element("testsuite", name=valid(name))
    suite.set("tests", str(len(result.checks)))
    suite.set("skipped", str(sum(check.status is Status.SKIPPED for check in result.checks)))
    suite.set("errors", str(sum(check.status in _ERRORS for check in result.checks)))
    suite.set("failures", str(sum(_is_failure(check) for check in result.checks)))
    suite.set("time", f"{result.wall_s or 0:.3f}")
    for check in result.checks:
        _case(suite, result.exercise, check)
    return suite


def _is_failure(check: CheckVerdict) -> bool:
    return check.status not in _ERRORS and check.status not in (Status.PASSED, Status.SKIPPED)


def _case(suite: ElementTree.Element, exercise: str, check: CheckVerdict) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=exercise, name=check.name)
    if check.status is Status.PASSED:
        return
    kind = "skipped" if check.status is Status.SKIPPED else "error" if check.status in _ERRORS else "failure"
    element = ElementTree.SubElement(case, kind, message=valid(check.message))
    if kind != "skipped":
        element.set("type", check.status.value)
        element.text = valid("\n".join(filter(None, _details(check))))


def _details(check: CheckVerdict) -> Iterator[str]:
    """What was called, what was wrong, where, both sides, and why."""
    yield check.case.call if check.case else ""
    yield check.message
    yield from (f"line {place.line}: {place.text.strip()}" for place in check.places)
    if check.expected is not None or check.actual is not None:
        yield f"expected:\n{check.expected or ''}\nyours:\n{check.actual or '(nothing)'}"
    if check.diagnosis is not None:
        yield f"Why: {check.diagnosis.lesson}"


def valid(text: str) -> str:
    """Only characters that XML 1.0 allows."""
    return "".join(
        c
        for c in text
        if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000"
    )
