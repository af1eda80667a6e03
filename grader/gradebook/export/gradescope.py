"""Gradescope: the `results.json` of an autograder run, a file a learner.

Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/ ("Output format": `score` overrides the sum of the tests;
`tests` with `name`, `number`, `score`, `max_score`, `status` passed or failed, `output`, `visibility`; `output_format` text).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from grader.errors import UsageError
from grader.gradebook.current import Grade
from grader.gradebook.filenames import safe_name
from grader.gradebook.marks import mark_of, total
from grader.gradebook.reading import by_learner, with_reports
from grader.gradebook.store import Gradebook
from grader.judge.report import CheckVerdict, Result, Status


def write(book: Gradebook, out: TextIO, learner: str | None = None) -> None:
    """One learner's file. Raises: `UsageError` without a learner, for a file holds one."""
    if learner is None:
        raise UsageError(
            "a results.json is one learner's",
            remedy="--out DIR writes one per learner, or name one: --learner NAME",
        )
    found = dict(by_learner(book, learner))
    out.write(_text(book, found.get(learner, {}).values()))


def write_each(book: Gradebook, folder: Path) -> int:
    """FOLDER/<learner>/results.json for every learner; gives how many."""
    count = 0
    for name, grades in by_learner(book):
        path = folder / safe_name(name) / "results.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(book, grades.values()), encoding="utf-8")
        count += 1
    return count


def _text(book: Gradebook, grades: Iterable[Grade]) -> str:
    return json.dumps(results(with_reports(book, grades)), indent=1) + "\n"


def results(pairs: Iterable[tuple[Grade, Result]]) -> dict[str, Any]:
    """The object: every check is a test; the score is the grade's, overrides, lateness and weights included."""
    held = list(pairs)
    told = total(grade for grade, _ in held)
    tests = []
    for place, (grade, result) in enumerate(held, 1):
        checks = result.checks or [_whole(result)]
        tests += [_test(f"{place}.{n}", grade, check) for n, check in enumerate(checks, 1)]
    return {
        "score": told.score,
        "output": "\n".join(_line(grade) for grade, _ in held) or "Nothing was handed in.",
        "output_format": "text",
        "visibility": "visible",
        "tests": tests,
    }


def _test(number: str, grade: Grade, check: CheckVerdict) -> dict[str, Any]:
    lesson = f"\n{check.diagnosis.lesson}" if check.diagnosis else ""
    return {
        "name": f"{grade.exercise}: {check.name}",
        "number": number,
        "score": check.points,
        "max_score": check.max_points,
        "status": "passed" if check.status is Status.PASSED else "failed",
        "output": f"{check.status.value}. {check.message}{lesson}".strip(),
        "output_format": "text",
        "visibility": "visible",
    }


def _whole(result: Result) -> CheckVerdict:
    return CheckVerdict(
        name="whole exercise",
        status=result.status,
        points=result.score,
        max_points=result.max_score,
        message=result.message,
    )


def _line(grade: Grade) -> str:
    mark = mark_of(grade)
    said = f"{grade.exercise}: {mark.score:g}" + (
        " points of extra credit" if grade.extra_credit else f" of {mark.max_score:g} points"
    )
    if grade.late_submission_penalty:
        said += f", {grade.late_submission_penalty:g} of its own points taken off for lateness"
    return said + (f", set by hand by {grade.why}" if grade.why else "")
