"""Settles one submission: from the gradebook where it can, from stored answers where it may, by judging where it must."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.batch.notebook import is_notebook, source_from
from grader.batch.outputs import inputs_of, packed, restored
from grader.batch.submission import Submission
from grader.course.catalog import Course, Exercise
from grader.errors import GraderError, InputError, MachineError
from grader.gradebook.store import Gradebook, Judged, Output, content_of
from grader.judge.ask import Interview
from grader.judge.judge import Judge, read_submission
from grader.judge.keysmith import code_version
from grader.judge.report import Result, Status
from grader.judge.verdict import uniform_result

_TRIES = 2


@dataclass(frozen=True)
class Settled:
    """A submission's result on one device, or why there is none. `how`: known, judged, rescored or failed."""

    submission: Submission
    device: str
    how: str
    result: Result | None = None
    trouble: str = ""
    learners_file: bool = False  # the trouble is the file handed in, not ours


class Clerk:
    """Threads share one. `now` is asked for when something is recorded."""

    def __init__(
        self, course: Course, judge: Judge, gradebook: Gradebook, now: Callable[[], datetime]
    ) -> None:
        self.course, self.judge, self.gradebook, self.now = course, judge, gradebook, now
        self._inputs: dict[str, str] = {}
        self._lock = threading.Lock()

    def settle(self, submission: Submission, device: str) -> Settled:
        """The submission's result, recorded. Raises: `MachineError` only when the gradebook cannot be written."""
        try:
            text = read_text(submission.path, submission.exercise)
        except InputError as wrong:
            why = wrong.problems[0].message
            return Settled(submission, device, "failed", trouble=why, learners_file=True)
        return self.settle_text(submission, text, device)

    def settle_text(self, submission: Submission, text: str, device: str) -> Settled:
        """The same for a text at hand."""
        try:
            key = self.key(submission.exercise, text, device)
            known = self.gradebook.verdict(key)
            how, result, output = ("known", known, None) if known else self.judged(submission, text, device)
        except GraderError as wrong:
            return Settled(submission, device, "failed", trouble=str(wrong))
        except Exception as wrong:  # ours, and one submission's: it is listed, and the class goes on
            return Settled(submission, device, "failed", trouble=_as_text(wrong))
        self.record(submission, text, key, result, device, output)
        return Settled(submission, device, how, result)

    def record(
        self, submission: Submission, text: str, key: str, result: Result, device: str, output: Output | None
    ) -> None:
        """Put a result into the gradebook."""
        judged = Judged(
            submission.learner,
            submission.exercise.id,
            device,
            submission.shown,
            text,
            key,
            result,
            submission.submitted_at,
            output,
        )
        level = self.judge.pool.level.value
        self.gradebook.record(self.now(), judged, self.course.info.id, self.course.version, level)

    def key(self, exercise: Exercise, text: str, device: str) -> str:
        """Content x exercise (statement, solution, limits) x seed x device x the code that judges."""
        parts = (content_of(text), exercise.fingerprint, str(self.judge.seed), device, code_version())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def inputs(self, exercise: Exercise, device: str) -> str:
        """What a worker is asked, by name; worked out once an exercise."""
        name = f"{exercise.fingerprint}-{device}"
        with self._lock:
            if name not in self._inputs:
                key = self.judge.keysmith.key(exercise, self.judge.seed, device)
                self._inputs[name] = inputs_of(exercise, key)
            return self._inputs[name]

    def judged(self, submission: Submission, text: str, device: str) -> tuple[str, Result, Output | None]:
        """A verdict by running it. Raises: `GraderError` of the course or, twice in a row, of the machine."""
        exercise = submission.exercise
        if text == exercise.stub:
            return "judged", untouched(exercise, device), None
        held: list[Interview] = []
        judge = replace(self.judge, on_interview=lambda _, interview: held.append(interview))
        for attempt in range(_TRIES):
            try:
                result = judge.judge(exercise, text, device)
                if result.status is not Status.CRASHED:
                    break  # a crash may have been the machine's doing, which kills what uses too much of it
            except MachineError:
                if attempt == _TRIES - 1:
                    raise
        data = packed(held[-1]) if held else None
        output = None if data is None else Output(self.inputs(exercise, device), data)
        return "judged", result, output

    def rescored(self, exercise: Exercise, text: str, device: str, former: str) -> Result | None:
        """The result from the answers kept under the verdict `former`; None when it takes a new run."""
        if text == exercise.stub:
            return untouched(exercise, device)
        refused = self.judge.on_reading(exercise, text, device)
        if refused is not None:
            return refused
        output = self.gradebook.output_of(former)
        if output is None or output.inputs != self.inputs(exercise, device):
            return None
        key = self.judge.keysmith.key(exercise, self.judge.seed, device)
        try:
            return self.judge.score(exercise, key, restored(output.data, key, exercise))
        except InputError:
            return None


def untouched(exercise: Exercise, device: str) -> Result:
    """The result of the stub itself."""
    return uniform_result(exercise, device, Status.NOT_IMPLEMENTED, "Not written yet.")


def read_text(path: Path, exercise: Exercise) -> str:
    """What was handed in for an exercise: a file's text, or a notebook's part. Raises: `InputError`, `MachineError`."""
    return source_from(path, exercise) if is_notebook(path) else read_submission(path)


def _as_text(wrong: Exception) -> str:
    trace = wrong.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
    return f"{type(wrong).__name__}: {wrong}{where}"
