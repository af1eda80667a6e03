"""Which attempt counts and what lateness takes from it. Pure: facts in, a mark out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grader.gradebook.assignment import Assignment, Attempts, Late


@dataclass(frozen=True)
class Attempt:
    """One content that a learner handed in for an exercise, judged: on the device where it did worst."""

    order: int  # grows with time of recording
    score: float
    max_score: float
    status: str
    submitted_at: datetime | None
    verdict_key: str


@dataclass(frozen=True)
class Counted:
    """The attempt that counts, and the points that lateness takes from it."""

    attempt: Attempt
    late_s: float
    penalty: float


def lateness_s(assignment: Assignment | None, learner: str, submitted_at: datetime | None) -> float:
    """Seconds after the learner's deadline; 0 in time, without a deadline, or when nobody knows when."""
    due = None if assignment is None else assignment.deadline(learner)
    if due is None or submitted_at is None:
        return 0.0
    return max(0.0, (submitted_at - due).total_seconds())


def kept_share(late: Late, late_s: float) -> float:
    """The share of its score that work handed in `late_s` late keeps. Begun days (hours) count whole."""
    lateness = timedelta(seconds=late_s)
    if late_s <= 0 or lateness <= late.grace:
        return 1.0
    if late.until is not None and lateness > late.until:
        return 0.0
    return max(late.floor, 1.0 - late.penalty * math.ceil(lateness / late.unit))


def counted(assignment: Assignment | None, learner: str, attempts: Sequence[Attempt]) -> Counted:
    """The attempt that counts. `attempts` must not be empty."""
    marks = [_mark(assignment, learner, attempt) for attempt in attempts]
    if assignment is not None and assignment.attempts is Attempts.LAST:
        return max(marks, key=lambda mark: (_moment(mark.attempt), mark.attempt.order))
    return max(marks, key=lambda mark: (mark.attempt.score - mark.penalty, mark.attempt.order))


def _mark(assignment: Assignment | None, learner: str, attempt: Attempt) -> Counted:
    late_s = lateness_s(assignment, learner, attempt.submitted_at)
    share = 1.0 if assignment is None else kept_share(assignment.late, late_s)
    return Counted(attempt, late_s, round(attempt.score * (1.0 - share), 4))


def _moment(attempt: Attempt) -> float:
    return 0.0 if attempt.submitted_at is None else attempt.submitted_at.timestamp()
