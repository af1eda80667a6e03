"""The report: what a judge says of a submission. Its JSON is the published contract (`grader schema report`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1


class Status(StrEnum):
    """What became of a check, mildest first; a result's status is its worst check's."""

    PASSED = "passed"
    SKIPPED = "skipped"  # by the grader, with a reason; never by the learner
    FAILED = "failed"
    NOT_IMPLEMENTED = "not_implemented"
    ERROR = "error"
    FORBIDDEN = "forbidden"
    OUTPUT_LIMIT = "output_limit"
    MEMORY_LIMIT = "memory_limit"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    GRADER_ERROR = "grader_error"  # not the learner's fault: costs no points, is retried


_SEVERITY = {status: rank for rank, status in enumerate(Status)}


def worst(statuses: Sequence[Status]) -> Status:
    """The gravest of the statuses; `passed` when there is none. A skipped check beside a passed one is `skipped`."""
    return max(statuses, key=_SEVERITY.__getitem__, default=Status.PASSED)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Diagnosis(_Model):
    """Why it is wrong: a chaff that behaves the same on every failing case, or a transform that explains them."""

    chaff: str
    lesson: str
    source: Literal["chaff", "transform"] = "chaff"


class CaseInfo(_Model):
    """The input of the case that a message shows. Absent where cases are hidden."""

    seed: int | None = None
    args: dict[str, Any] = {}
    shapes: dict[str, list[int]] = {}
    dtype: str = "float32"
    device: str = "cpu"
    call: str = ""


class Place(_Model):
    """A line of the learner's file."""

    line: int
    function: str = ""
    text: str = ""


class Heat(_Model):
    """Where a large tensor is wrong: the share of wrong elements in each cell of a small grid, row by row."""

    rows: list[list[float]]


class CheckVerdict(_Model):
    """One named, pointed statement about the exercise."""

    name: str
    status: Status
    points: float
    max_points: float
    message: str = ""
    case: CaseInfo | None = None
    expected: str | None = None
    actual: str | None = None
    first_difference: list[int] | None = None
    diagnosis: Diagnosis | None = None
    places: list[Place] = []
    heat: Heat | None = None
    cases: int = 0
    failing: int = 0


class Result(_Model):
    """One exercise of one submission on one device."""

    exercise: str
    device: str = "cpu"
    status: Status
    score: float
    max_score: float
    wall_s: float | None = None
    cpu_s: float | None = None
    peak_mib: float | None = None
    message: str = ""
    output: str = ""
    checks: list[CheckVerdict] = []


class Report(_Model):
    """A submission's results."""

    format: Annotated[int, Field(ge=1)] = FORMAT
    course: str
    course_version: str
    sandbox: Literal["strong", "basic", "none"]
    score: float
    max_score: float
    results: list[Result]

    @property
    def passed(self) -> bool:
        """Whether every exercise was judged somewhere, and got full marks wherever it was."""
        judged = [result for result in self.results if result.status is not Status.SKIPPED]
        somewhere = {result.exercise for result in judged}
        return all(result.status is Status.PASSED for result in judged) and all(
            result.exercise in somewhere for result in self.results
        )


def make_report(course: str, version: str, sandbox: str, results: Sequence[Result]) -> Report:
    """A report whose totals are the sums over the results, an exercise counted once, by its worst device.

    A device on which it was skipped counts only where it was judged on none.
    """
    lowest: dict[str, Result] = {}
    for result in sorted(results, key=lambda result: result.status is Status.SKIPPED):
        held = lowest.get(result.exercise)
        if held is None or (result.status is not Status.SKIPPED and result.score < held.score):
            lowest[result.exercise] = result
    fields: Mapping[str, Any] = {
        "course": course,
        "course_version": version,
        "sandbox": sandbox,
        "score": round(sum(result.score for result in lowest.values()), 4),
        "max_score": round(sum(result.max_score for result in lowest.values()), 4),
        "results": list(results),
    }
    return Report(**fields)


def report_schema() -> dict[str, Any]:
    """JSON Schema of a report."""
    return Report.model_json_schema()
