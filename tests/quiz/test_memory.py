from dataclasses import replace
from datetime import UTC, datetime, timedelta

import fsrs
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.quiz.entry import Entry, Kind
from grader.quiz.memory import Memory, remember, replay
from grader.quiz.rating import Rating
from grader.quiz.store import ReviewLog

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEIGHTS = [*fsrs.scheduler.DEFAULT_PARAMETERS[:2], 4.0, *fsrs.scheduler.DEFAULT_PARAMETERS[3:]]
RATINGS = st.none() | st.sampled_from(list(Rating))
STEPS = st.lists(
    st.tuples(
        st.sampled_from([Kind.ANSWER] * 4 + [kind for kind in Kind if kind not in {Kind.BEGIN, Kind.TICK}]),
        st.sampled_from(["a", "b", "exercise:c"]),
        RATINGS,
        st.integers(0, 30),
        st.booleans(),
    ),
    max_size=25,
)


def entries_of(steps: list[tuple[Kind, str, Rating | None, int, bool]]) -> list[Entry]:
    """A log: numbered, in time, corrections about rows that exist (or, now and then, do not)."""
    now, entries = NOON, []
    for seq, (kind, item, rating, days, flag) in enumerate(steps, 1):
        now += timedelta(days=days, minutes=1)
        data = {"keep": flag, "note": "n", "weights": WEIGHTS if flag else []}
        refers = max(1, seq - 1 - days % 5) if kind is Kind.CORRECT else None
        name = "" if kind is Kind.WEIGHTS else item
        entries.append(
            Entry(kind, now, "s", name, f"f{flag}", rating=rating, refers=refers, data=data, seq=seq)
        )
    return entries


@settings(deadline=None, max_examples=120)
@given(STEPS, st.integers(0, 25))
def test_replaying_the_log_is_applying_its_entries_as_they_come(
    steps: list[tuple[Kind, str, Rating | None, int, bool]], cut: int
) -> None:
    entries = entries_of(steps)
    live = replay(entries[:cut])
    for entry in entries[cut:]:
        live.apply(entry)
    assert live == replay(entries)


@settings(deadline=None, max_examples=80)
@given(STEPS)
def test_a_correction_gives_what_the_right_rating_would_have_given(
    steps: list[tuple[Kind, str, Rating | None, int, bool]],
) -> None:
    """The last correction of an answer, put into the answer itself, gives the same cards."""
    entries = entries_of([step for step in steps if step[0] is not Kind.MEANING])
    right = {one.refers: (one.rating, one.item) for one in entries if one.kind is Kind.CORRECT}
    mended = [
        replace(one, rating=right[one.seq][0])
        if one.kind in {Kind.ANSWER, Kind.EXERCISE} and right.get(one.seq, (None, ""))[1] == one.item
        else one
        for one in entries
        if one.kind is not Kind.CORRECT
    ]
    cards = {item: known.card for item, known in replay(entries).known.items() if known.reviews}
    assert cards == {item: known.card for item, known in replay(mended).known.items() if known.reviews}


@settings(deadline=None, max_examples=30)
@given(STEPS)
def test_remembering_some_items_is_remembering_all_and_looking_at_some(
    steps: list[tuple[Kind, str, Rating | None, int, bool]],
) -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder, ReviewLog(Path(folder) / "quiz.db") as log:
        for entry in entries_of(steps):
            log.append(entry)
        assert remember(log, ["a"]).of("a") == remember(log).of("a")


def test_an_answer_that_does_not_count_yet_leaves_the_card_alone() -> None:
    memory = replay([Entry(Kind.ANSWER, NOON, item="a", seq=1)])
    assert memory.of("a").card is None
    memory.apply(Entry(Kind.CORRECT, NOON, item="a", rating=Rating.GOOD, refers=1, seq=2))
    assert memory.of("a").due == NOON + timedelta(minutes=10)


def test_a_changed_meaning_asks_until_it_is_settled() -> None:
    memory = replay([Entry(Kind.ANSWER, NOON, item="a", fingerprint="old", rating=Rating.GOOD, seq=1)])
    assert not memory.has_new_meaning("a", "old")
    assert memory.has_new_meaning("a", "new")
    memory.apply(Entry(Kind.ANSWER, NOON, item="a", fingerprint="new", rating=Rating.GOOD, seq=2))
    assert memory.has_new_meaning("a", "new"), "an answer settles nothing"
    kept = replay([])
    kept.known = dict(memory.known)
    kept.apply(Entry(Kind.MEANING, NOON, item="a", fingerprint="new", data={"keep": True}, seq=3))
    assert not kept.has_new_meaning("a", "new")
    assert kept.of("a").card == memory.of("a").card
    memory.apply(Entry(Kind.MEANING, NOON, item="a", fingerprint="new", data={"keep": False}, seq=3))
    assert memory.of("a").card is None
    assert not memory.has_new_meaning("a", "new")


def test_flags_come_and_go() -> None:
    memory = replay([Entry(Kind.FLAG, NOON, item="a", data={"note": "two keys"}, seq=1)])
    assert memory.of("a").flag == "two keys"
    memory.apply(Entry(Kind.UNFLAG, NOON, item="a", seq=2))
    assert memory.of("a").flag is None
    assert Memory().of("b").due is None
