"""Why an answer is wrong: the chaff that behaves the same, or else a transform that explains it.

A diagnosis is given only if it explains all failing cases of the check, and says nothing false about its passing ones:
a wrong diagnosis is worse than none.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from grader.judge.compare import Answer
from grader.judge.key import Array, Expected, KeyCase, Scalar, Seen
from grader.judge.outcome import CaseOutcome, Part, part_of
from grader.judge.report import Diagnosis, Status
from grader.judge.statistics import check_statistic
from grader.judge.text import error_signature
from grader.judge.transforms import Failing, explain
from grader.worker.wire import Tensor

Judged = Sequence[
    tuple[int, CaseOutcome, Part]
]  # index in the key, outcome, the part that the check is about

#: measured values of two draws of one mistake differ by less, in standard deviations of a right answer
SAME_MISTAKE_SIGMAS = 8.0

_CONDUCT = {
    "mutated": "Work on a copy (clone()), or write to a new tensor: an argument is the caller's, who may need it again.",
    "globals": "Use only the generator and settings you were given; restore whatever you must change.",
    "again": "Nothing may be remembered between calls: the result must depend on the arguments alone.",
    "attached": "State that outlives the step must be detached, or be updated under torch.no_grad().",
    "leaks": "Cut the graph before the model that is not trained (detach(), or torch.no_grad() around its call).",
    "devices": "Create new tensors on the input's device (input.new_zeros, device=input.device).",
}


def diagnose(
    judged: Judged,
    chaffs: Mapping[str, list[Seen]],
    lessons: Mapping[str, str],
    everything: Judged | None = None,
) -> Diagnosis | None:
    """The reason behind one check's failures, or None when nothing known explains all of them.

    `chaffs`: what each chaff gave on every case; `lessons`: chaff -> what it teaches; `everything`: all checks, where
    `judged` is one of them. Then chaffs that explain it with different lessons explain nothing.
    """
    failing = [(index, outcome, part) for index, outcome, part in judged if outcome.fails(part)]
    if not failing:
        return None
    explaining = [name for name, seen in chaffs.items() if name in lessons and _explains(judged, seen)]
    if explaining and (everything is None or len({lessons[name] for name in explaining}) == 1):
        return Diagnosis(chaff=explaining[0], lesson=lessons[explaining[0]])
    if any(outcome.status is not Status.FAILED for _, outcome, _ in failing):
        return None
    if all(part is Part.MANNERS for _, _, part in failing):
        return _conduct(failing)
    values = [
        Failing(outcome.case, difference) for _, outcome, part in failing for difference in outcome.of(part)
    ]
    known = [one for one in values if one.difference.name in one.case.expected]
    observed = [outcome.seen for _, outcome, _ in everything or judged]
    return explain(known, observed) if known and len(known) == len(values) else None


def uncontradicted(everything: Judged, chaffs: Mapping[str, list[Seen]]) -> dict[str, list[Seen]]:
    """The chaffs that do right wherever the learner's code does: it does not make the mistake of any other."""
    right = [(index, outcome, part) for index, outcome, part in everything if not outcome.fails(part)]
    return {name: seen for name, seen in chaffs.items() if _explains(right, seen)}


def _explains(judged: Judged, chaff: Sequence[Seen]) -> bool:
    return all(_agrees(outcome, part, chaff[index]) for index, outcome, part in judged)


def _agrees(outcome: CaseOutcome, part: Part, chaff: Seen) -> bool:
    """Whether the chaff did on this case, as far as `part` goes, what the learner's code did."""
    if outcome.error_type is not None or chaff.error is not None:
        return (
            outcome.error_type is not None
            and error_signature(outcome.error_type, outcome.message) == chaff.error
        )
    if outcome.status not in (Status.PASSED, Status.FAILED):
        return False
    if outcome.case.statistics and part is Part.FORWARD:
        return _statistics_alike(outcome, chaff)
    if _is_random(outcome.seen) and _is_random(chaff):
        return True  # two draws of one mistake share the drawing, not the values
    if part is Part.MANNERS:
        return _manners(outcome.seen) == _manners(chaff)
    if part in (Part.HOST, Part.WAITS, Part.PEAK):
        return not outcome.of(part)  # chaffs are run on the CPU, and teach what to compute
    names = {difference.name for difference in outcome.of(part)}
    wrong_alike = all(
        _alike(outcome.case.expected.get(n), outcome.seen.values, chaff.values, n) for n in names
    )
    return wrong_alike and _passes_what_passed(outcome, part, chaff, names)


def _statistics_alike(outcome: CaseOutcome, chaff: Seen) -> bool:
    """Two draws of one mistake fail the same statistics by the same amount, give or take their own chance."""
    mine, theirs = _failed_statistics(outcome.case, outcome.seen), _failed_statistics(outcome.case, chaff)
    if mine.keys() != theirs.keys():
        return False
    deviations = {str(s["name"]): float(s["deviation"]) for s in outcome.case.statistics}
    return all(_near(mine[name], theirs[name], deviations.get(name, 0.0)) for name in mine)


def _near(one: object, other: object, deviation: float) -> bool:
    if not isinstance(one, float) or not isinstance(other, float):
        return one == other
    scale = max(abs(one), abs(other))
    return abs(one - other) <= SAME_MISTAKE_SIGMAS * deviation + 0.02 * scale


def _make(value: object) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__


@functools.lru_cache(maxsize=512)
def _failed_statistics(case: KeyCase, seen: Seen) -> Mapping[str, object]:
    """What each statistic that these values fail was measured at, by its name; None where it could not be.

    Kept: every check asks it of every chaff again, and of the learner's values as often.
    """
    arrays = {name: Tensor.of(value) for name, value in seen.values.items() if isinstance(value, np.ndarray)}
    answer = Answer(arrays, {n: v for n, v in seen.values.items() if n not in arrays}, seen.facts)
    inputs = {name: tensor.numpy() for name, tensor in case.request.tensors.items()}
    checked = {str(s["name"]): check_statistic(s, answer, inputs) for s in case.statistics}
    failed: dict[str, object] = {name: wrong.actual for name, wrong in checked.items() if wrong is not None}
    for name, expected in case.expected.items():
        made, right = seen.values.get(name), expected.value
        if isinstance(right, np.ndarray) and _make(made) != _make(right):
            failed[f"the make of {name}"] = _make(made)
    return failed


def _passes_what_passed(outcome: CaseOutcome, part: Part, chaff: Seen, failed: set[str]) -> bool:
    if outcome.case.statistics:
        return True
    kind = outcome.case.request.head["kind"]
    return all(
        _alike(expected, {name: expected.value}, chaff.values, name)
        for name, expected in outcome.case.expected.items()
        if name not in failed and part_of(name, kind) is part
    )


def _is_random(seen: Seen) -> bool:
    """Whether it drew from a global generator."""
    return "random state" in str(seen.facts.get("globals", ""))


def _manners(seen: Seen) -> dict[str, str]:
    return {fact: str(seen.facts[fact]) for fact in _CONDUCT if seen.facts.get(fact)}


def _alike(
    expected: Expected | None,
    mine: Mapping[str, Array | Scalar],
    theirs: Mapping[str, Array | Scalar],
    name: str,
) -> bool:
    if (name in mine) != (name in theirs):
        return False
    if name not in mine:
        return True
    one, other = mine[name], theirs[name]
    scale = float(np.max(np.asarray(expected.tolerance), initial=0.0)) if expected is not None else 0.0
    if not isinstance(one, np.ndarray) or not isinstance(other, np.ndarray):
        return _scalars_alike(one, other, 8 * scale)
    if one.shape != other.shape or one.dtype.kind != other.dtype.kind:
        return False
    if expected is not None and expected.is_tensor and one.dtype != other.dtype and one.dtype != np.float64:
        return False
    return bool(np.allclose(one, other, rtol=1e-5, atol=8 * scale + 1e-30, equal_nan=True))


def _scalars_alike(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        one, other = np.asarray(one), np.asarray(other)
        real = one.dtype.kind in "fiub" and other.dtype.kind in "fiub"
        return bool(real and one.ndim == other.ndim == 0 and np.allclose(one, other))
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.isclose(one, other, rtol=1e-6, atol=tolerance, equal_nan=True))
    return type(one) is type(other) and one == other


def _conduct(failing: Judged) -> Diagnosis | None:
    facts = {difference.name for _, outcome, part in failing for difference in outcome.of(part)}
    if len(facts) != 1:
        return None
    fact = facts.pop()
    return Diagnosis(chaff=fact, lesson=_CONDUCT[fact], source="transform") if fact in _CONDUCT else None
