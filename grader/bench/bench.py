"""A submission timed against the reference, side by side in turns, each in a worker of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.author import Case, Draw
from grader.bench.ceilings import measured
from grader.bench.measure import Run, Timing, calls_needed, per_call, timing
from grader.bench.roofline import Ceilings, Cost, position
from grader.bench.runner import Runner, Stopped, fresh_start, trusted
from grader.course.catalog import Exercise
from grader.course.model import Kind
from grader.errors import CourseError, UsageError
from grader.judge.casesmith import CaseSmith
from grader.judge.judge import Judge
from grader.judge.key import Form
from grader.judge.report import Status
from grader.worker.serve import entries_of
from grader.worker.wire import Message

ROUNDS = 9
#: two right implementations differ by rounding, the last call of a wrong one by much more
_CLOSE = 1e-3
#: GPU caches are small and shared by all; a processor's is found warm by every caller, so it stays warm
_FLUSH_MIB = {"cuda": 256}


@dataclass(frozen=True)
class Speed:
    """What was measured. Where the submission is not `passed` there are no figures: a wrong answer has no speed."""

    exercise: str
    device: str
    status: Status
    message: str = ""
    call: str = ""
    calls: int | None = None
    rounds: int | None = None
    yours: Timing | None = None
    reference: Timing | None = None
    ratio: Timing | None = None
    "yours over the reference's, round by round"
    cost: Cost | None = None
    ceilings: Ceilings | None = None
    roofline: str = ""


@dataclass(frozen=True)
class Subject:
    """What is timed: one call, and what it must cost at least (None: the course does not say)."""

    call: str
    request: Message
    cost: Cost | None


def bench(judge: Judge, exercise: Exercise, source: str, device: str = "cpu", rounds: int = ROUNDS) -> Speed:
    """Judge, then time. Raises: `UsageError` for an exercise that has no speed, `CourseError`, `MachineError`."""
    subject = subject_of(judge, exercise, device)
    result = judge.judge(exercise, source, device)
    if result.status is not Status.PASSED:
        worst = next((check for check in result.checks if check.status is result.status), None)
        return Speed(exercise.id, device, result.status, result.message or (worst.message if worst else ""))
    text = exercise.solution.reference.source
    with (
        judge.pool.reserved(device),  # three workers at once, and nobody else's beside them
        trusted(judge.pool, exercise, text, subject.request) as reference,
        trusted(
            judge.pool, exercise, text, subject.request
        ) as blank,  # so that both others only do one thing
    ):
        try:
            with Runner(judge.pool, exercise, source, subject.request) as yours:
                return _timed(judge, exercise, device, subject, yours, reference, blank, rounds)
        except Stopped as why:
            return Speed(exercise.id, device, Status.FAILED, f"It cannot be timed: {why}", subject.call)


def _timed(
    judge: Judge,
    exercise: Exercise,
    device: str,
    subject: Subject,
    yours: Runner,
    reference: Runner,
    blank: Runner,
    rounds: int,
) -> Speed:
    calls = {runner: calls_needed(runner.run, _emptied(blank, runner)) for runner in (yours, reference)}
    took: dict[Runner, list[float]] = {yours: [], reference: []}
    for _ in range(rounds):
        for runner, samples in took.items():
            samples.append(per_call(runner.run, _emptied(blank, runner), calls[runner]))
        if not _agree(yours, reference, calls[yours]):
            message = (
                "Its answers become wrong when it is called often: a result is kept that should be computed."
            )
            return Speed(exercise.id, device, Status.FAILED, message, subject.call)
    times = {runner: timing(samples) for runner, samples in took.items()}
    pairs = zip(took[yours], took[reference], strict=True)
    ratio = timing([own / other if other > 0 else 1.0 for own, other in pairs])
    ceilings = measured(judge.pool, exercise, subject.request.head["device"]) if subject.cost else None
    words = ""
    if subject.cost and ceilings:
        words = position(subject.cost, ceilings, times[yours].median_s, times[reference].median_s)
    return Speed(
        exercise.id,
        device,
        Status.PASSED,
        call=subject.call,
        calls=calls[yours],
        rounds=rounds,
        yours=times[yours],
        reference=times[reference],
        ratio=ratio,
        cost=subject.cost,
        ceilings=ceilings,
        roofline=words,
    )


def _emptied(blank: Runner, runner: Runner) -> Run:
    """A run of everything but the calls of `runner`, its last answer's size included."""
    return lambda calls: blank.empty(calls, runner.output)


def _agree(yours: Runner, reference: Runner, calls: int) -> bool:
    """Whether the last of `calls` calls gives the same in both, on values that neither has seen before."""
    start = fresh_start()
    yours.run(calls, start)
    reference.run(calls, start)
    assert yours.output is not None and reference.output is not None
    for name, wanted in reference.output.tensors.items():
        given = yours.output.tensors.get(name)
        if given is None or given.shape != wanted.shape:
            return False
        truth, value = wanted.numpy().astype(np.float64), given.numpy().astype(np.float64)
        scale = np.abs(truth).max(initial=0.0)
        if not (np.abs(truth - value) <= _CLOSE * scale).all():  # NaN compares false
            return False
    return True


def subject_of(judge: Judge, exercise: Exercise, device: str) -> Subject:
    """The call to time: the solution's `bench(draw)`, or else its largest case. Raises: `UsageError`, `CourseError`."""
    if exercise.info.kind not in (Kind.FUNCTION, Kind.MODULE):
        raise UsageError(
            f"{exercise.id} has no speed: it is of kind {exercise.info.kind}",
            remedy="bench a function or a module",
        )
    if exercise.sealed is not None:
        raise UsageError(
            f"this kit holds no reference of {exercise.id} to compare with",
            remedy="bench it in the whole course",
        )
    make = exercise.solution.option("bench", None)
    if make is None:
        return _largest(judge, exercise, device)
    case: Case = make(Draw([judge.seed, 77]))
    source = exercise.solution.reference.source
    entries = entries_of(exercise.id, source, list(exercise.info.entry_names))
    request = CaseSmith(exercise, entries, device, steady=False).request(case, "float32")
    shapes = {name: list(tensor.shape) for name, tensor in request.tensors.items()}
    call = f"{request.head['entry']}({_described(case.args, shapes)})"
    return Subject(call, _prepared(request, device), _cost(exercise, case.args))


def _largest(judge: Judge, exercise: Exercise, device: str) -> Subject:
    cases = [
        case
        for case in judge.keysmith.key(exercise, judge.seed, device).cases
        if case.form is Form.PLAIN and not case.statistics and case.request.tensors
    ]
    if not cases:
        raise UsageError(
            f"{exercise.id} has no case to time: its answers are random",
            remedy="bench another exercise",
        )
    largest = max(cases, key=lambda case: sum(len(tensor.data) for tensor in case.request.tensors.values()))
    return Subject(largest.call, _prepared(largest.request, device), None)


def _prepared(request: Message, device: str) -> Message:
    kind = device.partition(":")[0]
    return Message(
        {**request.head, "device": kind, "flush_mib": _FLUSH_MIB.get(kind, 0)},
        request.tensors,
    )


def _cost(exercise: Exercise, args: Mapping[str, Any]) -> Cost | None:
    """What the solution's `cost(...)` says of a call: (operations, float32 values read or written). Raises: `CourseError`."""
    formula = exercise.solution.option("cost", None)
    if formula is None:
        return None
    try:
        flops, values = formula(**args)
        return Cost(float(flops), 4.0 * float(values))
    except Exception as wrong:
        raise CourseError(
            f"cost(...) fails: {type(wrong).__name__}: {wrong}", path=exercise.solution.path
        ) from wrong


def _described(args: Mapping[str, Any], shapes: dict[str, list[int]]) -> str:
    return ", ".join(
        f"{name}: {'x'.join(map(str, shapes[name]))}" if name in shapes else f"{name}={value!r}"
        for name, value in args.items()
    )
