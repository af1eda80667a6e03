"""A clock that a learner cannot slow down."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from grader.cli.clock import SteadyClock
from tests.quiz.conftest import NOON

STEPS = st.lists(st.tuples(st.integers(-7200, 7200), st.integers(0, 600)), max_size=20)


@given(STEPS)
def test_setting_the_clock_gains_no_time(steps: list[tuple[int, int]]) -> None:
    """Each step lets some seconds pass and sets the wall clock by some others."""
    now, passed = NOON, 0.0
    clock = SteadyClock(lambda: now, lambda: passed)
    for set_by, seconds in steps:
        before = clock()
        passed += seconds
        now += timedelta(seconds=seconds + set_by)
        after = clock()
        assert after - before >= timedelta(seconds=seconds)
        assert after >= now


def test_a_clock_that_nobody_sets_is_the_wall_s() -> None:
    now, passed = NOON, 0.0
    clock = SteadyClock(lambda: now, lambda: passed)
    now, passed = NOON + timedelta(seconds=90), 60.0  # the lid was closed for half a minute
    assert clock() == now
