"""One file judged in the sandboxes at hand, with another try where the machine failed: what every executor does, wherever it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.batch.outputs import packed
from grader.course.catalog import Exercise
from grader.errors import MachineError
from grader.judge.ask import Interview
from grader.judge.judge import Judge
from grader.judge.report import Result, Status

_TRIES = 2


@dataclass(frozen=True, slots=True)
class Task:
    """A text to judge as an answer to an exercise, on a device."""

    exercise: Exercise
    text: str
    device: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a task; `answers`: what the worker answered, packed, where it is kept."""

    result: Result
    answers: bytes | None


def judged(judge: Judge, task: Task) -> Judgement:
    """A verdict by running the text. Raises: `GraderError` of the course or, twice in a row, of the machine."""
    held: list[Interview] = []
    judge = replace(judge, on_interview=lambda _, interview: held.append(interview))
    for attempt in range(_TRIES):
        try:
            result = judge.judge(task.exercise, task.text, task.device)
            if result.status is not Status.CRASHED:
                break  # a crash may have been the machine's doing, which kills what uses too much of it
        except MachineError:
            if attempt == _TRIES - 1:
                raise
    return Judgement(result, packed(held[-1]) if held else None)
