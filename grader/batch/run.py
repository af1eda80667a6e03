"""Judge many submissions: what was judged before is not judged again, what is judged is recorded before it is told.

The driver reads, looks up and records; an executor judges. A text is judged once for an exercise, whoever hands it in: the
second waits for the first one's verdict. Memory does not grow with the class.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from grader.batch.clerk import Clerk, entry_of, read_text, untouched
from grader.batch.executor import Executor
from grader.batch.judging import Judgement, Task
from grader.batch.submission import Aside, Submission, Trouble
from grader.errors import GraderError, InputError
from grader.gradebook.store import Judged
from grader.judge.report import Status
from grader.sandbox.frameworks import without

_TOGETHER = 50  # results recorded in one transaction where they come faster than the disk takes them
_PATIENCE_S = 1.0  # how soon a wish to stop is noticed
_WAITING = 1000  # submissions that wait for the verdict of a text being judged

Work = tuple[Submission, str]  # and on which device


@dataclass(frozen=True)
class Settled:
    """A submission's result on one device, or why there is none.

    `how`: `judged` now, `shared` (another's text, judged once), `known` from before, or `failed`.
    """

    submission: Submission
    device: str
    how: str
    status: Status | None = None
    trouble: str = ""
    learners_file: bool = False  # the trouble is the file handed in, not ours


@dataclass
class Tally:
    """What a run did; counts are of submissions x devices."""

    judged: int = 0
    shared: int = 0  # the same text as another's, which was judged once
    kept: int = 0  # recorded before
    failed: int = 0  # could not be judged
    skipped: int = 0  # on devices that are not here
    stopped: bool = False  # before the end, because somebody asked
    statuses: dict[Status, int] = field(default_factory=dict)

    def count(self, settled: Settled) -> None:
        """Note one result."""
        self.judged += settled.how == "judged"
        self.shared += settled.how == "shared"
        self.kept += settled.how == "known"
        self.failed += settled.how == "failed"
        if settled.status is not None:
            self.statuses[settled.status] = self.statuses.get(settled.status, 0) + 1


def grade(
    submissions: Iterable[Submission],
    clerk: Clerk,
    executor: Executor,
    *,
    device: str = "auto",
    on_done: Callable[[Settled], None] = lambda settled: None,
    on_aside: Callable[[Aside], None] = lambda aside: None,
    stop: Callable[[], bool] = lambda: False,
) -> Tally:
    """Judge every submission into the gradebook.

    One bad submission never stops the rest. When `stop()` turns true, what is running is finished and kept.
    Raises: `MachineError` when the gradebook cannot be written, `UsageError` for a device that does not exist.
    """
    run = _Run(clerk, executor, on_done, on_aside)
    work = run.work(submissions, device)
    more = True
    while more or run.busy:
        if more and stop():
            more = False
            run.cancel()
            run.tally.stopped = True
        while more and run.has_room():
            one = next(work, None)
            more = one is not None
            if one is not None:
                run.take(*one)
        run.collect()
    return run.tally


@dataclass
class _Asked:
    """A text at an executor, and everyone who handed it in."""

    task: Task
    future: Future[Judgement]
    waiting: list[Submission]


class _Run:
    def __init__(
        self,
        clerk: Clerk,
        executor: Executor,
        on_done: Callable[[Settled], None],
        on_aside: Callable[[Aside], None],
    ) -> None:
        self.clerk, self.executor, self.on_done, self.on_aside = clerk, executor, on_done, on_aside
        self.tally = Tally()
        self.asked: dict[str, _Asked] = {}
        self.waiting = 0
        self._finished: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ready: list[tuple[Judged, Settled]] = []

    def work(self, submissions: Iterable[Submission], device: str) -> Iterator[Work]:
        """Each submission on each device that there is; the others are put aside."""
        for submission in submissions:
            info = submission.exercise.info
            for place, reason in without(info.framework, self.executor.places(device, info.devices)):
                if reason is None:
                    yield submission, place
                else:
                    self.tally.skipped += 1
                    self.on_aside(_aside(Trouble.SKIPPED, submission, f"{place}: {reason}"))

    @property
    def busy(self) -> bool:
        """Whether anything is being judged or to be recorded."""
        return bool(self.asked or self._ready)

    def has_room(self) -> bool:
        """Whether more can be taken now: enough for every slot and as much again, so that none waits for the driver."""
        busy = len(self.asked) >= 2 * self.executor.slots or self.waiting >= _WAITING
        return not busy and len(self._ready) < _TOGETHER and self._finished.empty()

    def take(self, submission: Submission, device: str) -> None:
        """Look a submission up, or have it judged."""
        exercise = submission.exercise
        try:
            text = read_text(submission.path, exercise)
            key = self.clerk.key(exercise, text, device)
            status = self.clerk.gradebook.status_of(key)
            if status is not None:
                return self._record(submission, text, key, device, status, None)
            if text == exercise.stub:
                return self._record(
                    submission, text, key, device, None, Judgement(untouched(exercise, device), None)
                )
            if key in self.asked:
                self.asked[key].waiting.append(submission)
                self.waiting += 1
                return
            task = Task(exercise, text, device)
            future = self.executor.submit(task)
        except InputError as wrong:
            why = wrong.problems[0].message
            return self._fail(submission, device, why, learners_file=True)
        except (
            Exception
        ) as wrong:  # the course's, the machine's or ours, and one submission's: the class goes on
            return self._fail(submission, device, _as_text(wrong))
        self.asked[key] = _Asked(task, future, [submission])
        self.waiting += 1
        future.add_done_callback(lambda _: self._finished.put(key))

    def collect(self) -> None:
        """Record what is done; wait for something to be done where there is nothing to record."""
        wait = bool(self.asked) and not self._ready
        try:
            self._settle(self._finished.get(wait, _PATIENCE_S if wait else None))
            while len(self._ready) < _TOGETHER:
                self._settle(self._finished.get_nowait())
        except queue.Empty:
            pass
        self._flush()

    def cancel(self) -> None:
        """Drop what no slot has begun."""
        for key, asked in list(self.asked.items()):
            if asked.future.cancel():
                self.waiting -= len(asked.waiting)
                del self.asked[key]

    def _flush(self) -> None:
        """Record, then tell. Raises: `MachineError` when the gradebook cannot be written."""
        ready, self._ready = self._ready, []
        if not ready:
            return
        news = self.clerk.record([entry for entry, _ in ready])
        for (_, settled), new in zip(ready, news, strict=True):
            told = settled if settled.how == "judged" or new else _known(settled)
            self.tally.count(told)
            self.on_done(told)

    def _settle(self, key: str) -> None:
        asked = self.asked.pop(key, None)
        if asked is None:
            return  # cancelled
        self.waiting -= len(asked.waiting)
        task, first, others = asked.task, asked.waiting[0], asked.waiting[1:]
        try:
            judgement = asked.future.result()
            self._record(first, task.text, key, task.device, None, judgement)
        except Exception as wrong:
            for submission in asked.waiting:
                self._fail(submission, task.device, _as_text(wrong))
            return
        for submission in others:
            self._record(submission, task.text, key, task.device, judgement.result.status, None)

    def _record(
        self,
        submission: Submission,
        text: str,
        key: str,
        device: str,
        status: Status | None,
        judgement: Judgement | None,
    ) -> None:
        result = output = None
        if judgement is not None:
            result = judgement.result
            status = result.status
            output = self.clerk.output(submission.exercise, device, judgement)
        how = "shared" if result is None else "judged"
        entry = entry_of(submission, text, key, device, result, output)
        self._ready.append((entry, Settled(submission, device, how, status)))

    def _fail(self, submission: Submission, device: str, why: str, learners_file: bool = False) -> None:
        kind = Trouble.UNREADABLE if learners_file else Trouble.GRADER_ERROR
        settled = Settled(submission, device, "failed", trouble=why, learners_file=learners_file)
        self.tally.count(settled)
        self.on_aside(_aside(kind, submission, why))
        self.on_done(settled)


def _known(settled: Settled) -> Settled:
    return Settled(settled.submission, settled.device, "known", settled.status)


def _aside(kind: Trouble, submission: Submission, why: str) -> Aside:
    return Aside(kind, submission.shown, why, submission.learner, submission.exercise.id)


def _as_text(wrong: Exception) -> str:
    if isinstance(wrong, GraderError):
        return str(wrong)
    trace = wrong.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
    return f"{type(wrong).__name__}: {wrong}{where}"
