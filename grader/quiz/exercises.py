"""Exercises in the same schedule as items: what `grader check` tells the memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from grader.quiz.entry import EXERCISE_PREFIX, Entry, Kind
from grader.quiz.memory import Known, remember
from grader.quiz.rating import Rating
from grader.quiz.store import ReviewLog

_SAME_TRY = timedelta(hours=12)
"""Failed checks this close together are one attempt: a learner at work runs `grader check` every minute."""


def record_exercise(
    log: ReviewLog, exercise: str, *, passed: bool, hints_used: int, now: datetime
) -> Entry | None:
    """Count a judged exercise as a review: good when passed, hard when passed after hints, again when failed.

    None, and nothing recorded, when it says nothing about memory: another failure within one attempt, or passing once
    more what was passed already and is not due. Raises: InputError when the log cannot be used.
    """
    item = EXERCISE_PREFIX + exercise
    rating = Rating.AGAIN if not passed else Rating.HARD if hints_used else Rating.GOOD
    if _is_repetition(remember(log, [item]).of(item), rating, now):
        return None
    return log.append(Entry(Kind.EXERCISE, now, item=item, rating=rating, data={"hints": hints_used}))


def put_due(log: ReviewLog, item_ids: Iterable[str], now: datetime, reason: str) -> list[str]:
    """Ask these items soon, as after a failed check of the exercise that practises them; those that were not due yet.

    An item never seen is asked before other new ones. Raises: InputError when the log cannot be used.
    """
    ids = list(dict.fromkeys(item_ids))
    memory = remember(log, ids)
    fresh = [item for item in ids if not memory.of(item).is_due(now)]
    for item in fresh:
        log.append(Entry(Kind.DUE, now, item=item, data={"reason": reason}))
    return fresh


def due_exercises(log: ReviewLog, now: datetime) -> list[str]:
    """The exercises that it is time to do again, the longest overdue first."""
    known = remember(log).known
    due = [(one.due, item) for item, one in known.items() if one.due is not None and one.due <= now]
    return [item.removeprefix(EXERCISE_PREFIX) for _, item in sorted(due) if item.startswith(EXERCISE_PREFIX)]


def _is_repetition(known: Known, rating: Rating, now: datetime) -> bool:
    if not known.reviews:
        return False
    last = known.reviews[-1]
    if rating is Rating.AGAIN:
        return last.rating is Rating.AGAIN and now - last.at < _SAME_TRY
    return last.rating is not Rating.AGAIN and not known.is_due(now)
