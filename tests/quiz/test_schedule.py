from datetime import UTC, datetime, timedelta, timezone

import fsrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.quiz.rating import Rating
from grader.quiz.schedule import Card, retrievability, review

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GAPS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=900))
HISTORIES = st.lists(st.tuples(st.sampled_from(list(Rating)), GAPS), min_size=1, max_size=8)


def played(history: list[tuple[Rating, timedelta]]) -> Card:
    card, now = None, NOON
    for rating, gap in history:
        now += gap
        card = review(card, rating, now)
    assert card is not None
    return card


def test_a_new_item_rated_good_comes_in_ten_minutes_and_then_in_days() -> None:
    card = review(None, Rating.GOOD, NOON)
    assert card.due == NOON + timedelta(minutes=10)
    assert review(card, Rating.GOOD, card.due).due >= card.due + timedelta(days=1)


@settings(deadline=None, max_examples=60)
@given(HISTORIES)
def test_it_is_the_package_s_own_schedule(history: list[tuple[Rating, timedelta]]) -> None:
    scheduler, theirs, now = fsrs.Scheduler(enable_fuzzing=False), fsrs.Card(card_id=1, due=NOON), NOON
    for rating, gap in history:
        now += gap
        theirs, _ = scheduler.review_card(theirs, fsrs.Rating[rating.name.capitalize()], now)
    ours = played(history)
    assert (ours.due, ours.stability, ours.difficulty) == (theirs.due, theirs.stability, theirs.difficulty)


@settings(deadline=None, max_examples=60)
@given(HISTORIES, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=999)))
def test_recall_fades_and_better_ratings_come_later(
    history: list[tuple[Rating, timedelta]], gap: timedelta
) -> None:
    card = played(history)
    now = card.last_review + gap
    assert 0 <= retrievability(card, now + timedelta(days=9)) <= retrievability(card, now) <= 1
    dues = [review(card, rating, now).due for rating in Rating]
    assert dues == sorted(dues)


def test_weights_other_than_the_defaults_count() -> None:
    weights = (*fsrs.scheduler.DEFAULT_PARAMETERS[:3], 20.0, *fsrs.scheduler.DEFAULT_PARAMETERS[4:])
    assert review(None, Rating.EASY, NOON, weights).due > review(None, Rating.EASY, NOON).due


def test_only_utc_is_taken() -> None:
    with pytest.raises(ValueError, match="UTC"):
        review(None, Rating.GOOD, NOON.astimezone(timezone(timedelta(hours=1))))
