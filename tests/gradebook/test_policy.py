from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.gradebook.assignment import Assignment, Attempts, Late
from grader.gradebook.policy import Attempt, counted, kept_share

DUE = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LATE = Late(grace=timedelta(minutes=15), per="day", penalty=0.2, floor=0.5, until=7 * DAY)


def attempt(order: int, score: float, after: timedelta | None) -> Attempt:
    return Attempt(order, score, 10.0, "failed", None if after is None else DUE + after, str(order))


def under(attempts: Attempts) -> Assignment:
    return Assignment(format=1, id="a", due=DUE, late=LATE, attempts=attempts)


@pytest.mark.parametrize(
    ("late", "share"),
    [
        (timedelta(), 1.0),
        (timedelta(minutes=15), 1.0),
        (timedelta(minutes=15, seconds=1), 0.8),
        (DAY, 0.8),
        (DAY + timedelta(seconds=1), 0.6),
        (3 * DAY, 0.5),
        (7 * DAY, 0.5),
        (7 * DAY + timedelta(seconds=1), 0.0),
    ],
)
def test_what_lateness_leaves(late: timedelta, share: float) -> None:
    assert kept_share(LATE, late.total_seconds()) == pytest.approx(share)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
@settings(deadline=None)
def test_later_is_never_better(one: float, other: float) -> None:
    early, late = sorted((one, other))
    assert 0 <= kept_share(LATE, late) <= kept_share(LATE, early) <= 1


def test_the_best_counts_after_what_lateness_takes() -> None:
    attempts = [attempt(1, 7.0, -DAY), attempt(2, 8.0, DAY)]  # 8 points, a day late: 6.4
    mark = counted(under(Attempts.BEST), "ada", attempts)
    assert (mark.attempt.order, mark.penalty, mark.late_s) == (1, 0.0, 0.0)
    mark = counted(under(Attempts.LAST), "ada", attempts)
    assert (mark.attempt.order, mark.penalty, mark.late_s) == (2, pytest.approx(1.6), 86400.0)


def test_the_last_is_the_one_handed_in_last_not_recorded_last() -> None:
    attempts = [attempt(2, 3.0, -DAY), attempt(1, 9.0, -2 * DAY)]
    assert counted(under(Attempts.LAST), "ada", attempts).attempt.order == 2
    assert counted(None, "ada", attempts).attempt.score == 9.0


def test_nobody_is_late_where_nobody_knows_when() -> None:
    assert counted(under(Attempts.BEST), "ada", [attempt(1, 5.0, None)]).penalty == 0.0
