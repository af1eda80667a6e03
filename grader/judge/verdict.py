"""From the outcomes of all cases to the checks a learner reads, and their points."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.course.catalog import Exercise
from grader.judge import autocast
from grader.judge.checks import Check
from grader.judge.compare import Wrong
from grader.judge.diagnose import diagnose, uncontradicted
from grader.judge.key import AUTOCAST, Key, KeyCase, Seen
from grader.judge.outcome import CONDUCT, CaseOutcome, Part
from grader.judge.picture import expected_and_actual, heat
from grader.judge.report import CaseInfo, CheckVerdict, Diagnosis, Result, Status, worst
from grader.judge.text import clean

#: asks for the chaffs' behaviour, only when something failed
Chaffs = Callable[[], dict[str, list[Seen]]]


@dataclass(frozen=True)
class Bench:
    """What verdicts are made from: an exercise, its key, and what its chaffs give."""

    exercise: Exercise
    key: Key
    chaffs: Chaffs
    lessons: Mapping[str, str]
    show_cases: bool = True  # False for hidden cases: say what failed, not the input


def result_of(bench: Bench, checks: Sequence[Check], outcomes: Sequence[CaseOutcome]) -> Result:
    """The exercise's result."""
    first_status = _status(_judged(checks[0], outcomes))
    diagnoses = _diagnoses(bench, checks, outcomes)
    verdicts = [_verdict(bench, check, outcomes, first_status, diagnoses.get(check.name)) for check in checks]
    if any(outcome.status is Status.FORBIDDEN for outcome in outcomes):
        verdicts = [verdict.model_copy(update={"points": 0.0}) for verdict in verdicts]
    earned = sum(check.max_points for check, verdict in zip(checks, verdicts, strict=True) if verdict.points)
    return Result(
        exercise=bench.exercise.id,
        device=bench.key.device,
        status=worst([verdict.status for verdict in verdicts]),
        score=round(earned, 4),
        max_score=round(bench.exercise.info.points, 4),
        checks=verdicts,
    )


def uniform_result(exercise: Exercise, device: str, status: Status, message: str) -> Result:
    """A result without checks run: not submitted, forbidden on reading, or the grader's own fault."""
    verdict = CheckVerdict(
        name=exercise.id, status=status, points=0.0, max_points=exercise.info.points, message=message
    )
    return Result(
        exercise=exercise.id,
        device=device,
        status=status,
        score=0.0,
        max_score=exercise.info.points,
        message=message,
        checks=[verdict],
    )


Judged = list[tuple[int, CaseOutcome, Part]]


def _judged(check: Check, outcomes: Sequence[CaseOutcome]) -> Judged:
    return [(index, outcomes[index], part) for index, part in check.about]


def _failing(judged: Judged) -> Judged:
    return [(index, outcome, part) for index, outcome, part in judged if outcome.fails(part)]


def _status(judged: Judged) -> Status:
    failing = _failing(judged)
    return (
        worst([Status.FAILED if o.status is Status.PASSED else o.status for _, o, _ in failing])
        if failing
        else Status.PASSED
    )


def _verdict(
    bench: Bench,
    check: Check,
    outcomes: Sequence[CaseOutcome],
    first_status: Status,
    diagnosis: Diagnosis | None,
) -> CheckVerdict:
    judged = _judged(check, outcomes)
    base: dict[str, Any] = {
        "name": check.name,
        "max_points": round(check.max_points, 4),
        "cases": len({i for i, _, _ in judged}),
    }
    if check.automatic and first_status is not Status.PASSED:
        if first_status is not Status.FAILED:
            message = "" if first_status is Status.NOT_IMPLEMENTED else "See the first check."
            return CheckVerdict(**base, status=first_status, points=0.0, message=message)
        return CheckVerdict(
            **base, status=Status.SKIPPED, points=0.0, message="Judged once the first check passes."
        )
    failing = _failing(judged)
    if not failing:
        return CheckVerdict(**base, status=Status.PASSED, points=round(check.max_points, 4))
    index, outcome, part = failing[0]
    return CheckVerdict(
        **base,
        status=_status(judged),
        points=0.0,
        failing=len({i for i, _, _ in failing}),
        diagnosis=diagnosis,
        **_shown(bench, index, outcome, part),
    )


def _diagnoses(
    bench: Bench, checks: Sequence[Check], outcomes: Sequence[CaseOutcome]
) -> dict[str, Diagnosis]:
    """The reason behind each failing check: a chaff that behaves alike in everything where there is one, else one each."""
    failing = {check.name: _judged(check, outcomes) for check in checks if _failing(_judged(check, outcomes))}
    failing = {
        name: judged for name, judged in failing.items() if not any(_is_silent(o) for _, o, _ in judged)
    }
    if not failing:
        return {}
    lessons, chaffs = bench.lessons, bench.chaffs()
    everything = [entry for check in checks for entry in _judged(check, outcomes)]
    shared = diagnose(everything, chaffs, lessons)
    if shared is not None and shared.source == "chaff":
        return dict.fromkeys(failing, shared)
    possible = uncontradicted(everything, chaffs)
    found = {name: diagnose(judged, possible, lessons, everything) for name, judged in failing.items()}
    return {name: diagnosis for name, diagnosis in found.items() if diagnosis is not None}


def _is_silent(outcome: CaseOutcome) -> bool:
    """Whether there is nothing to compare with a chaff: a limit, a crash, a stub, a forbidden operation."""
    return (
        outcome.status not in (Status.PASSED, Status.FAILED, Status.ERROR) or outcome.error_type == "missing"
    )


def _shown(bench: Bench, index: int, outcome: CaseOutcome, part: Part) -> dict[str, Any]:
    """What is said of the first failing case, which is the smallest."""
    if not bench.show_cases:
        return _hidden(index, outcome, part)
    differences = outcome.of(part)
    half = AUTOCAST.get(outcome.case.form)
    if not differences:
        why = autocast.of_error(outcome.message, half) if half and outcome.status is Status.ERROR else ""
        return {
            "message": outcome.message + why,
            "places": list(outcome.places),
            "case": _case_info(bench, outcome.case),
        }
    first, others = differences[0], len(differences) - 1
    expected, actual = expected_and_actual(first)
    return {
        "message": clean(first.message)  # it may quote the answer
        + (f"; and {others} more" if others else "")
        + (autocast.of_value(first.wrong, half) if half and part is not Part.MANNERS else ""),
        "case": _case_info(bench, outcome.case),
        "expected": expected,
        "actual": actual,
        "first_difference": None if first.first is None else list(first.first),
        "heat": heat(first),
    }


_KINDS = {
    Wrong.MISSING: "is missing",
    Wrong.TYPE: "has the wrong type",
    Wrong.SHAPE: "has the wrong shape",
    Wrong.DTYPE: "has the wrong dtype",
    Wrong.NONFINITE: "has NaN or infinity",
    Wrong.VALUE: "is wrong",
    Wrong.NO_GRADIENT: "is missing: no gradient arrives",
    Wrong.STATISTIC: "is distributed wrongly",
}


def _hidden(index: int, outcome: CaseOutcome, part: Part) -> dict[str, Any]:
    """What failed, without a value of the case: nor what the learner's code says, which may have read its inputs."""
    where = f"(hidden case {index + 1})"
    case = CaseInfo(dtype=_dtype(outcome.case))
    if part is Part.MANNERS and outcome.of(part):
        return {"message": f"Your code {CONDUCT[outcome.of(part)[0].name]} {where}", "case": case}
    if outcome.of(part):
        first = outcome.of(part)[0]
        name = clean(first.name, limit=80)  # one that was not asked for is the learner's own
        return {"message": f"{name} {_KINDS[first.wrong]} {where}", "case": case}
    places = [place.model_copy(update={"text": "", "function": ""}) for place in outcome.places]
    known = outcome.status in (Status.NOT_IMPLEMENTED, *_LIMITS) or outcome.error_type == "missing"
    message = outcome.message if known else f"{_name_only(outcome.error_type)} {where}"
    return {"message": message, "places": places, "case": case}


_LIMITS = (Status.TIMEOUT, Status.MEMORY_LIMIT, Status.OUTPUT_LIMIT, Status.CRASHED)


def _name_only(kind: str | None) -> str:
    """An exception's class name, if it is one of Python's own: any other is the learner's text."""
    known = isinstance(getattr(builtins, kind or "", None), type)
    return kind if kind is not None and known else "An exception"


def _dtype(case: KeyCase) -> str:
    return str(case.request.head.get("dtype", "float32"))


def _case_info(bench: Bench, case: KeyCase) -> CaseInfo:
    if not bench.show_cases:
        return CaseInfo(dtype=_dtype(case))
    given: dict[str, Any] = dict(case.request.head["args"])
    plain = {n: v for n, v in given.items() if not isinstance(v, dict) or "tuple" in v or "list" in v}
    own = [name for name in case.request.tensors if not name.startswith(("cotangent", "state."))]
    return CaseInfo(
        seed=bench.key.seed,
        args={name: _plain(value) for name, value in plain.items()},
        shapes={name: list(case.request.tensors[name].shape) for name in own[:32]},
        dtype=_dtype(case),
        device=bench.key.device,
        call=case.call + ("" if case.form == "plain" else f"  [{case.form}]"),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return [_plain(item) for item in value.get("tuple") or value.get("list") or ()]
    return value
