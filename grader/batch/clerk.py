"""Keeps the books of a class: what is known already, what a text's verdict goes by, what is recorded."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from grader.batch.judging import Judgement
from grader.batch.notebook import is_notebook, source_from
from grader.batch.outputs import inputs_of, restored
from grader.batch.submission import Submission
from grader.course.catalog import Course, Exercise
from grader.errors import InputError
from grader.gradebook.store import Gradebook, Judged, Output, content_of
from grader.judge.judge import Judge, read_submission
from grader.judge.keysmith import code_version
from grader.judge.report import Result, Status
from grader.judge.verdict import uniform_result


class Clerk:
    """Threads share one. `now` is asked for when something is recorded."""

    def __init__(
        self, course: Course, judge: Judge, gradebook: Gradebook, now: Callable[[], datetime]
    ) -> None:
        self.course, self.judge, self.gradebook, self.now = course, judge, gradebook, now
        self._inputs: dict[str, str] = {}
        self._lock = threading.Lock()

    def record(self, judged: Sequence[Judged]) -> list[bool]:
        """Put results into the gradebook, all or none of them; which were news. Raises: `MachineError`."""
        level = self.judge.pool.level.value
        return self.gradebook.record_all(self.now(), judged, self.course.info.id, self.course.version, level)

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

    def output(self, exercise: Exercise, device: str, judgement: Judgement) -> Output | None:
        """What is kept of a judgement for a regrade without a rerun."""
        answers = judgement.answers
        return None if answers is None else Output(self.inputs(exercise, device), answers)

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


def entry_of(
    submission: Submission, text: str, key: str, device: str, result: Result | None, output: Output | None
) -> Judged:
    """A submission's line in the gradebook; `result` None: the verdict under this key is there already."""
    return Judged(
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


def untouched(exercise: Exercise, device: str) -> Result:
    """The result of the stub itself."""
    return uniform_result(exercise, device, Status.NOT_IMPLEMENTED, "Not written yet.")


def read_text(path: Path, exercise: Exercise) -> str:
    """What was handed in for an exercise: a file's text, or a notebook's part. Raises: `InputError`, `MachineError`."""
    return source_from(path, exercise) if is_notebook(path) else read_submission(path)
