"""Judge many submissions: what was judged before is not judged again, what is judged is recorded at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice

from grader.batch.clerk import Clerk, Settled
from grader.batch.submission import Aside, Submission, Trouble
from grader.judge.report import Status
from grader.sandbox.devices import resolve

Work = tuple[Submission, str]  # and on which device


@dataclass
class Tally:
    """What a run did; counts are of submissions x devices."""

    judged: int = 0
    kept: int = 0  # judged before, taken from the gradebook
    asides: list[Aside] = field(default_factory=list)  # what could not be judged
    left: int = 0  # not looked at, because the run was stopped
    statuses: dict[Status, int] = field(default_factory=dict)

    @property
    def troubles(self) -> list[Aside]:
        """What is to be tried again, or mended, before every submission has its result."""
        return [aside for aside in self.asides if aside.kind is not Trouble.SKIPPED]

    def count(self, settled: Settled) -> None:
        """Note one result."""
        if settled.result is None:
            kind = Trouble.UNREADABLE if settled.learners_file else Trouble.GRADER_ERROR
            self.asides.append(_aside(kind, settled.submission, settled.trouble))
            return
        self.kept += settled.how == "known"
        self.judged += settled.how != "known"
        status = settled.result.status
        self.statuses[status] = self.statuses.get(status, 0) + 1


def grade(
    submissions: Sequence[Submission],
    clerk: Clerk,
    *,
    jobs: int,
    device: str = "auto",
    on_done: Callable[[Settled], None] = lambda settled: None,
    stop: Callable[[], bool] = lambda: False,
) -> Tally:
    """Judge every submission into the gradebook, `jobs` at a time.

    One bad submission never stops the rest. When `stop()` turns true, what is running is finished and kept.
    Raises: `MachineError` when the gradebook cannot be written, `UsageError` for a device that does not exist.
    """
    tally = Tally()
    work = _work(submissions, device, tally)
    with ThreadPoolExecutor(max_workers=jobs) as executor:
        running: set[Future[Settled]] = set()
        while True:
            if not stop():
                for submission, place in islice(work, jobs + 1 - len(running)):
                    running.add(executor.submit(clerk.settle, submission, place))
            else:
                cancelled = {future for future in running if future.cancel()}
                tally.left += len(cancelled) + sum(1 for _ in work)
                running -= cancelled
            if not running:
                return tally
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                settled = future.result()
                tally.count(settled)
                on_done(settled)


def _work(submissions: Sequence[Submission], device: str, tally: Tally) -> Iterator[Work]:
    for submission in submissions:
        for place, reason in resolve(device, submission.exercise.info.devices):
            if reason is None:
                yield submission, place
            else:
                tally.asides.append(_aside(Trouble.SKIPPED, submission, f"{place}: {reason}"))


def _aside(kind: Trouble, submission: Submission, why: str) -> Aside:
    return Aside(kind, submission.shown, why, submission.learner, submission.exercise.id)
