"""Judge many submissions: what was judged before is not judged again, what is judged is recorded at once."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime

from grader.batch.collect import Submission
from grader.course.catalog import Course
from grader.errors import GraderError
from grader.gradebook.store import Gradebook, Judged
from grader.judge.ask import Interview
from grader.judge.judge import Judge
from grader.judge.report import Result, Status
from grader.judge.verdict import uniform_result
from grader.worker.wire import pack

MAX_OUTPUT_BYTES = 4 << 20  # of one submission's stored outputs, compressed


@dataclass
class Tally:
    """What a run did."""

    judged: int = 0
    kept: int = 0  # judged before, taken from the gradebook
    troubles: list[tuple[Submission, str]] = field(default_factory=list)
    statuses: dict[Status, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Submissions that have their result."""
        return self.judged + self.kept


def grade(
    course: Course,
    submissions: Sequence[Submission],
    judge: Judge,
    gradebook: Gradebook,
    *,
    jobs: int,
    on_done: Callable[[Submission, Result], None],
    stop: Callable[[], bool],
) -> Tally:
    """Judge every submission into the gradebook, `jobs` at a time.

    One bad submission never stops the rest; a fault of the grader or the course is retried once, then recorded as
    `grader_error`, never as a zero of the learner's. When `stop()` turns true, what is running is finished and kept.
    """
    tally = Tally()
    clerk = _Clerk(course, judge, gradebook)
    waiting = iter(submissions)
    with ThreadPoolExecutor(max_workers=jobs) as executor:
        running: dict[Future[tuple[Result, bool]], Submission] = {}
        for submission in _take(waiting, 2 * jobs):
            running[executor.submit(clerk.settle, submission)] = submission
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                submission = running.pop(future)
                result, was_known = future.result()
                tally.kept += was_known
                tally.judged += not was_known
                tally.statuses[result.status] = tally.statuses.get(result.status, 0) + 1
                if result.status is Status.GRADER_ERROR:
                    tally.troubles.append((submission, result.message))
                on_done(submission, result)
            for submission in _take(waiting, 0 if stop() else len(finished)):
                running[executor.submit(clerk.settle, submission)] = submission
    return tally


def _take(waiting: Iterator[Submission], count: int) -> list[Submission]:
    return [submission for _, submission in zip(range(count), waiting, strict=False)]


class _Clerk:
    """Settles one submission: from the gradebook where it can, by judging where it must."""

    def __init__(self, course: Course, judge: Judge, gradebook: Gradebook) -> None:
        self.course, self.judge, self.gradebook = course, judge, gradebook

    def settle(self, submission: Submission, device: str = "cpu") -> tuple[Result, bool]:
        """The submission's result, recorded; and whether it was known already."""
        key = self._key(submission, device)
        known = self.gradebook.verdict(key)
        answers: list[Interview] = []
        result = known if known is not None else self._judge(submission, device, answers)
        judged = Judged(
            submission.learner,
            submission.exercise.id,
            device,
            str(submission.path),
            key,
            result,
            submission.submitted_at,
            _packed(answers[0]) if answers else None,
        )
        level = self.judge.pool.level.value
        if result.status is not Status.GRADER_ERROR:
            self.gradebook.record(datetime.now(UTC), judged, self.course.info.id, self.course.version, level)
        return result, known is not None

    def _judge(self, submission: Submission, device: str, answers: list[Interview]) -> Result:
        if submission.source is None:
            return uniform_result(submission.exercise, device, Status.GRADER_ERROR, submission.trouble)
        if submission.source == submission.exercise.stub:
            return uniform_result(submission.exercise, device, Status.NOT_IMPLEMENTED, "Not written yet.")
        judge = Judge(
            self.judge.pool,
            self.judge.keysmith,
            self.judge.seed,
            self.judge.hidden,
            lambda _, interview: answers.append(interview),
        )
        for attempt in (1, 2):
            try:
                return judge.judge(submission.exercise, submission.source, device)
            except GraderError as wrong:
                if attempt == 2:
                    return uniform_result(submission.exercise, device, Status.GRADER_ERROR, str(wrong))
        raise AssertionError("unreachable")

    def _key(self, submission: Submission, device: str) -> str:
        """Content x exercise (statement, solution, limits) x seed x device."""
        parts = (submission.source or "", submission.exercise.fingerprint, str(self.judge.seed), device)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _packed(interview: Interview) -> bytes | None:
    """The worker's answers, compressed; None when they are beyond the bound (a regrade then runs it again)."""
    frames = b"".join(b"\0" if answer is None else b"\1" + pack(answer) for answer in interview.answers)
    data = zlib.compress(frames, 1)
    return data if len(data) <= MAX_OUTPUT_BYTES else None
