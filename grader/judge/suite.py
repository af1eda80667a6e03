"""Judges a learner's tests by what they say of implementations known to be right or wrong.

Each implementation of the subject exercise is tested in turn: the tests in one fresh worker, the implementation in
another, the judge passing calls between them. The score is which wrong implementations are caught, provided that no
right one is rejected (Wrenn, Krishnamurthi and Fisler, "Who Tests the Testers?", ICER 2018).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.course.catalog import Exercise
from grader.course.solution import Variant
from grader.errors import CourseError
from grader.judge.answer import read_answer
from grader.judge.ask import Failure, failure_of
from grader.judge.limits import limits_of
from grader.judge.report import CheckVerdict, Place, Result, Status, worst
from grader.judge.text import clean
from grader.sandbox import Pool, Session, WorkerEnded
from grader.worker.wire import Message

MAX_CALLS = 2000  # of the subject, by one run of the tests

ACCEPTS = "accepts_correct"


@dataclass(frozen=True)
class Verdict:
    """What a learner's tests said of one implementation: `complaint` is None when all of them passed."""

    variant: Variant
    complaint: str | None
    place: Place | None = None
    failure: Failure | None = None


def judge_tests(exercise: Exercise, source: str, pool: Pool, seed: int, device: str) -> Result:
    """Run the tests of `source` against every implementation of the subject. Raises: `CourseError`."""
    subject = exercise.subject
    if subject is None:
        raise CourseError(
            "kind `tests` needs `subject`, the exercise whose implementations are tested", path=exercise.root
        )
    variants = [*subject.solution.wheats, *subject.solution.chaffs]
    order = random.Random(seed).sample(range(len(variants)), len(variants))  # which is which must not show
    verdicts: dict[int, Verdict] = {}
    wall_s = 0.0
    for index in order:
        trial = _Trial(exercise, subject, source, pool)
        verdicts[index] = trial.of(variants[index])
        wall_s += trial.wall_s
        if verdicts[index].failure is not None:
            return _all_alike(exercise, subject, device, verdicts[index].failure)  # type: ignore[arg-type]
    return _result(exercise, device, [verdicts[index] for index in range(len(variants))], wall_s)


class _Trial:
    """One run of the tests against one implementation."""

    def __init__(self, exercise: Exercise, subject: Exercise, source: str, pool: Pool) -> None:
        self.exercise, self.subject, self.source, self.pool = exercise, subject, source, pool
        self.wall_s = 0.0

    def of(self, variant: Variant) -> Verdict:
        limits = limits_of(self.exercise)
        with (
            self.pool.session("pytest", self.exercise.info.forbidden, limits) as tests,
            self.pool.session("torch", (), limits) as subject,
        ):
            try:
                failure = self._load(tests, self.exercise.id, self.source, [])
                if failure is not None:
                    return Verdict(variant, None, None, failure)
                answer = self._run(tests, subject, variant)
            except WorkerEnded as end:
                return Verdict(
                    variant, None, None, Failure(Status(end.outcome.ending.value), end.outcome.detail)
                )
        if answer.head.get("status") != "ok":
            return Verdict(variant, None, None, failure_of(answer, self.exercise))
        return _read(variant, answer.head.get("tests") or [])

    def _load(self, session: Session, name: str, source: str, entries: Sequence[str]) -> Failure | None:
        request = Message({"do": "load", "name": name, "source": source, "entries": list(entries)})
        answer = _ask(session, request)
        return None if answer.head.get("status") == "ok" else failure_of(answer, self.exercise)

    def _run(self, tests: Session, subject: Session, variant: Variant) -> Message:
        """Start the tests, and answer their calls until they are done."""
        self._load(subject, self.subject.id, variant.source, self.subject.info.entry_names)
        fixture = self.subject.info.entry_names[0]
        answer = _ask(tests, Message({"do": "tests", "name": self.exercise.id, "fixture": fixture}))
        for _ in range(MAX_CALLS):
            self.wall_s += tests.wall_s or 0.0
            if answer.head.get("status") != "call":
                return answer
            answer = _ask(tests, self._answered(subject, answer))
        said = {"type": "TooManyCalls", "message": f"more than {MAX_CALLS} calls"}
        return read_answer(Message({"status": "error", "error": said}))

    def _answered(self, subject: Session, call: Message) -> Message:
        """One call, carried over: only plain values and tensors pass."""
        if "refused" in call.head:
            return Message({"do": "reply", "status": "error", "error": call.head["refused"]})
        head = {
            **call.head,
            "do": "call",
            "name": self.subject.id,
            "entry": self.subject.info.entry_names[0],
        }
        try:
            answer = subject.ask(Message(head, call.tensors))
        except WorkerEnded as end:
            return Message({"do": "reply", "status": "error", "error": end.outcome.detail})
        if answer.head.get("status") != "ok":
            error = answer.head.get("error")
            said = f"{error.get('type')}: {error.get('message')}" if isinstance(error, dict) else "it failed"
            return Message({"do": "reply", "status": "error", "error": clean(said)})
        return Message({**answer.head, "do": "reply"}, answer.tensors)


def _ask(session: Session, request: Message) -> Message:
    return read_answer(session.ask(request))


def _read(variant: Variant, outcomes: list[dict[str, Any]]) -> Verdict:
    """The worker's claim about each test; the first that failed is the complaint."""
    if not outcomes:
        return Verdict(variant, None, None, Failure(Status.FAILED, "There are no tests in your file."))
    for test in outcomes:
        if test.get("outcome") != "passed":
            name, said, line = clean(test["name"], limit=200), clean(test["said"], limit=300), test["line"]
            place = None if line is None else Place(line=line, function=name)
            return Verdict(variant, f"{name}: {said}", place)
    return Verdict(variant, None)


def _all_alike(exercise: Exercise, subject: Exercise, device: str, failure: Failure) -> Result:
    """The same for every check: the tests could not be run at all."""
    names = [ACCEPTS, *(chaff.name for chaff in subject.solution.chaffs)]
    each = exercise.info.points / len(subject.solution.chaffs)
    checks = [
        CheckVerdict(
            name=name,
            status=failure.status,
            points=0.0,
            max_points=0.0 if name == ACCEPTS else round(each, 4),
            message=failure.message if name == ACCEPTS else "",
            places=list(failure.places) if name == ACCEPTS else [],
        )
        for name in names
    ]
    return _total(exercise, device, checks, None)


def _result(exercise: Exercise, device: str, verdicts: Sequence[Verdict], wall_s: float) -> Result:
    rejected = [v for v in verdicts if v.variant.correct and v.complaint is not None]
    chaffs = [v for v in verdicts if not v.variant.correct]
    each = round(exercise.info.points / len(chaffs), 4)
    checks = [_accepts(verdicts, rejected)]
    for verdict in chaffs:
        base = {"name": verdict.variant.name, "max_points": each, "cases": 1}
        if rejected:
            said = "Judged once every correct implementation is accepted."
            checks.append(CheckVerdict(**base, status=Status.SKIPPED, points=0.0, message=said))  # type: ignore[arg-type]
        elif verdict.complaint is not None:
            checks.append(CheckVerdict(**base, status=Status.PASSED, points=each))  # type: ignore[arg-type]
        else:
            said = f"Your tests accept an implementation of which a teacher would say: {verdict.variant.text}"
            checks.append(CheckVerdict(**base, status=Status.FAILED, points=0.0, message=said, failing=1))  # type: ignore[arg-type]
    return _total(exercise, device, checks, wall_s)


def _accepts(verdicts: Sequence[Verdict], rejected: Sequence[Verdict]) -> CheckVerdict:
    correct = sum(verdict.variant.correct for verdict in verdicts)
    base = {"name": ACCEPTS, "points": 0.0, "max_points": 0.0, "cases": correct, "failing": len(rejected)}
    if not rejected:
        return CheckVerdict(**base, status=Status.PASSED)  # type: ignore[arg-type]
    first = rejected[0]
    message = f"Your tests reject a correct implementation ({first.variant.text}): {first.complaint}"
    places = [first.place] if first.place else []
    return CheckVerdict(**base, status=Status.FAILED, message=message, places=places)  # type: ignore[arg-type]


def _total(exercise: Exercise, device: str, checks: list[CheckVerdict], wall_s: float | None) -> Result:
    worth = [check for check in checks if check.max_points]
    share = sum(check.status is Status.PASSED for check in worth) / len(worth)
    return Result(
        exercise=exercise.id,
        device=device,
        status=worst([check.status for check in checks]),
        score=round(exercise.info.points * share, 4),
        max_score=round(exercise.info.points, 4),
        wall_s=wall_s,
        checks=checks,
    )
