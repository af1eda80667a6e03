"""Score a class anew from stored answers: after a change of points, tolerances, chaffs or the reference.

A submission is run again only where what the worker would be asked has changed, or its answers were not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from grader.batch.clerk import Clerk, entry_of
from grader.batch.executor import Executor
from grader.batch.judging import Task
from grader.batch.submission import Submission
from grader.course.catalog import Exercise
from grader.errors import GraderError
from grader.gradebook.store import Output
from grader.judge.report import CheckVerdict, Result, Status


@dataclass(frozen=True)
class Move:
    """One learner's result before and after."""

    learner: str
    exercise: str
    before: float
    after: float
    max_before: float
    max_after: float
    status: str
    why: str
    reran: bool

    @property
    def moved(self) -> bool:
        """Whether the grade is another one."""
        return (self.before, self.max_before) != (self.after, self.max_after)


@dataclass
class Regraded:
    """What a regrade did."""

    same: int = 0  # judged under this very key
    rescored: int = 0
    reran: int = 0
    moves: list[Move] = field(default_factory=list)
    troubles: list[tuple[str, str, str]] = field(default_factory=list)  # learner, exercise, why


@dataclass(frozen=True)
class _New:
    """What one content's verdict becomes."""

    key: str
    result: Result
    output: Output | None
    reran: bool


Row = Any  # of `grader.gradebook.current.current`


def regrade(
    clerk: Clerk,
    exercises: tuple[Exercise, ...],
    executor: Executor,
    *,
    dry_run: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Regraded:
    """Bring every current result under today's course. With `dry_run` nothing is recorded.

    What is stored is scored by threads here; what must run again goes to the executor.
    """
    done = Regraded()
    by_id = {exercise.id: exercise for exercise in exercises}
    rows = clerk.gradebook.contents(tuple(by_id))
    jobs = executor.slots
    with ThreadPoolExecutor(max_workers=jobs) as threads:
        waiting: list[tuple[list[Row], Future[_New | None]]] = []
        for _, group in groupby(
            rows, key=lambda row: (row.exercise, row.device, row.content, row.verdict_key)
        ):
            if stop():
                break
            same = list(group)
            exercise = by_id[same[0].exercise]
            waiting.append((same, threads.submit(_renewed, clerk, executor, exercise, same[0])))
            while len(waiting) > 2 * jobs:
                _settle(clerk, by_id, *waiting.pop(0), done, dry_run)
        for same, future in waiting:
            _settle(clerk, by_id, same, future, done, dry_run)
    return done


def _renewed(clerk: Clerk, executor: Executor, exercise: Exercise, row: Row) -> _New | None:
    """The verdict of one content under today's course; None when it is today's already. Raises: `GraderError`."""
    text = clerk.gradebook.source_of(row.content)
    if text is None:
        raise GraderError("what was handed in is not in the gradebook")
    key = clerk.key(exercise, text, row.device)
    if key == row.verdict_key:
        return None
    known = clerk.gradebook.verdict(key)
    if known is not None:
        return _New(key, known, None, False)
    kept = clerk.rescored(exercise, text, row.device, row.verdict_key)
    if kept is not None:
        return _New(key, kept, clerk.gradebook.output_of(row.verdict_key), False)
    judgement = executor.submit(Task(exercise, text, row.device)).result()
    return _New(key, judgement.result, clerk.output(exercise, row.device, judgement), True)


def _settle(
    clerk: Clerk,
    by_id: dict[str, Exercise],
    rows: list[Row],
    future: Future[_New | None],
    done: Regraded,
    dry_run: bool,
) -> None:
    first = rows[0]
    try:
        new = future.result()
    except GraderError as wrong:
        done.troubles += [(row.learner, row.exercise, str(wrong)) for row in rows]
        return
    if new is None:
        done.same += len(rows)
        return
    old = clerk.gradebook.verdict(first.verdict_key)
    why = explain(old, new.result)
    text = clerk.gradebook.source_of(first.content) or ""
    for row in rows:
        if not dry_run:
            submission = Submission(
                row.learner, by_id[row.exercise], Path(row.source), row.source, row.submitted_at
            )
            clerk.record([entry_of(submission, text, new.key, row.device, new.result, new.output)])
        done.reran += new.reran
        done.rescored += not new.reran
        move = _move(row, old, new, why)
        if move.moved:
            done.moves.append(move)


def _move(row: Row, old: Result | None, new: _New, why: str) -> Move:
    before, most = (0.0, 0.0) if old is None else (old.score, old.max_score)
    result = new.result
    return Move(
        row.learner,
        row.exercise,
        before,
        result.score,
        most,
        result.max_score,
        result.status.value,
        why,
        new.reran,
    )


def explain(old: Result | None, new: Result) -> str:
    """Why a score moved, check by check."""
    if old is None:
        return "the former result is not in the gradebook"
    former = {check.name: check for check in old.checks}
    said = [f"worth {new.max_score:g} instead of {old.max_score:g}"] if old.max_score != new.max_score else []
    said += [line for check in new.checks for line in _changed(former.pop(check.name, None), check)]
    said += [f"{name} is no longer judged" for name in former]
    return "; ".join(said) or "nothing that shows in a check"


def _changed(old: CheckVerdict | None, new: CheckVerdict) -> Iterator[str]:
    if old is None:
        yield f"{new.name} is new ({new.status})"
    elif old.status is not new.status:
        lesson = f": {new.diagnosis.lesson}" if new.diagnosis and new.status is not Status.PASSED else ""
        yield f"{new.name}: {old.status} -> {new.status}{lesson}"
    elif old.points != new.points:
        yield f"{new.name}: {old.points:g} -> {new.points:g} points"
