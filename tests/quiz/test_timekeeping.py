"""No way of ending a session and going on gains time that nobody sees."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from grader.quiz.entry import Entry, Kind
from grader.quiz.timekeeping import EVERY_S, UNSEEN_S, breaks, time_used_s
from tests.quiz.conftest import NOON

#: how long the program was open, and then dead, in seconds; a negative time dead is a clock that was set back
LIVES = st.lists(st.tuples(st.floats(0, 40), st.floats(-3600, 3600)), min_size=1, max_size=12)


def rows_of(lives: list[tuple[float, float]]) -> list[Entry]:
    """What an exam writes that is killed after each time open, and gone on with after each time dead."""
    now, rows, kind = NOON, [], Kind.BEGIN
    for open_s, dead_s in lives:
        rows.append(Entry(kind, now, "s"))
        ticks = int(open_s // EVERY_S)
        rows += [
            Entry(Kind.TICK, now + timedelta(seconds=EVERY_S * tick), "s") for tick in range(1, ticks + 1)
        ]
        now += timedelta(seconds=open_s + dead_s)
        kind = Kind.RESUME
    return [*rows, Entry(Kind.RESUME, now, "s"), Entry(Kind.END, now, "s")]


@given(LIVES)
def test_kills_gain_no_time(lives: list[tuple[float, float]]) -> None:
    lives = [(open_s, max(0.0, dead_s)) for open_s, dead_s in lives]
    rows = rows_of(lives)
    opened_s, used_s = sum(open_s for open_s, _ in lives), time_used_s(rows)
    assert opened_s - 1e-3 <= used_s <= opened_s + UNSEEN_S * len(lives) + 1e-3
    listed_s = sum(one.length_s for one in breaks(rows))
    assert abs(used_s + listed_s - (rows[-1].at - NOON).total_seconds()) < 1e-3, "all other time is listed"


@given(LIVES)
def test_a_clock_set_back_between_takes_away_a_tick_at_most(lives: list[tuple[float, float]]) -> None:
    rows = rows_of(lives)
    assert time_used_s(rows) >= sum(EVERY_S * (open_s // EVERY_S) for open_s, _ in lives) - 1e-3


def test_what_comes_after_the_end_takes_no_time() -> None:
    rows = rows_of([(25, 3600)])
    later = Entry(Kind.CORRECT, NOON + timedelta(days=1), "s")
    resumed = Entry(Kind.RESUME, NOON + timedelta(days=2), "s")
    assert time_used_s([*rows, later, resumed]) == time_used_s(rows) == 20 + UNSEEN_S
    assert breaks([*rows, later, resumed]) == breaks(rows)
