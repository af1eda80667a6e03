"""When to ask again: FSRS, pure. A card and a rating make the next card; nothing is drawn and no clock is read.

The algorithm is the `fsrs` package's with its default weights (FSRS-6), or with weights fitted to one's own log by
`grader.quiz.optimize`. Intervals are not fuzzed: the same log gives the same schedule on every machine.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from grader.quiz.rating import Rating

if TYPE_CHECKING:
    import fsrs

Weights = tuple[float, ...]
"""FSRS's 21 parameters; the empty tuple stands for the defaults."""

NUMBER_OF = {Rating.AGAIN: 1, Rating.HARD: 2, Rating.GOOD: 3, Rating.EASY: 4}
"""The ratings as FSRS numbers them."""


@dataclass(frozen=True)
class Card:
    """What is remembered of one item.

    `stability` is the number of days until the chance of recall falls to 90 %, `difficulty` lies in [1, 10]; `state`
    and `step` are FSRS's (1 learning, 2 review, 3 relearning). Times are in UTC.
    """

    state: int
    step: int | None
    stability: float
    difficulty: float
    due: datetime
    last_review: datetime


def review(card: Card | None, rating: Rating, now: datetime, weights: Weights = ()) -> Card:
    """The card after a review at `now` (UTC); `card` is None for an item never seen. Raises: ValueError off UTC."""
    import fsrs

    after, _ = _scheduler(weights).review_card(_theirs(card, now), fsrs.Rating(NUMBER_OF[rating]), now)
    assert after.stability is not None and after.difficulty is not None  # every review sets them
    return Card(int(after.state), after.step, after.stability, after.difficulty, after.due, now)


def retrievability(card: Card, now: datetime, weights: Weights = ()) -> float:
    """The chance, in [0, 1], that the item is recalled at `now`."""
    return float(_scheduler(weights).get_card_retrievability(_theirs(card, now), now))


@functools.lru_cache(maxsize=4)
def _scheduler(weights: Weights) -> fsrs.Scheduler:
    import fsrs

    if weights:
        return fsrs.Scheduler(parameters=weights, enable_fuzzing=False)
    return fsrs.Scheduler(enable_fuzzing=False)


def _theirs(card: Card | None, now: datetime) -> fsrs.Card:
    """A card of the package. Its id and date are given: without them it would read the clock and sleep."""
    import fsrs

    if card is None:
        return fsrs.Card(card_id=0, due=now)
    return fsrs.Card(
        card_id=0,
        state=fsrs.State(card.state),
        step=card.step,
        stability=card.stability,
        difficulty=card.difficulty,
        due=card.due,
        last_review=card.last_review,
    )
