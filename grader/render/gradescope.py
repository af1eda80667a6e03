"""A report as Gradescope's results.json.

Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.judge.report import CheckVerdict, Report, Result, Status


def results(report: Report, notes: Sequence[str] = ()) -> dict[str, Any]:
    """The whole file. Raises: `ValueError` for a report with a fault of ours, which must not become a score."""
    if any(result.status is Status.GRADER_ERROR for result in report.results):
        raise ValueError("a report with a grader_error is no score")
    lines = [*notes, f"Course {report.course}, version {report.course_version}; sandbox: {report.sandbox}."]
    return {
        "score": report.score,
        "output": "\n".join(lines),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(result, check) for result in report.results for check in result.checks],
    }


def _test(result: Result, check: CheckVerdict) -> dict[str, Any]:
    lesson = check.diagnosis.lesson if check.diagnosis else ""
    places = [f"line {place.line}" for place in check.places]
    said = "\n".join(part for part in (check.message, ", ".join(places), lesson) if part)
    name = result.exercise if check.name == result.exercise else f"{result.exercise}: {check.name}"
    return {
        "name": name,
        "score": check.points,
        "max_score": check.max_points,
        "status": "passed" if check.status is Status.PASSED else "failed",
        "output": said or ("Right." if check.status is Status.PASSED else check.status.value),
        "output_format": "text",
        "visibility": "visible",
    }
