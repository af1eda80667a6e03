"""What is known and what is due: a replay of the review log, entry by entry, and nothing else.

Applying entries one at a time as they happen gives the same state as replaying the whole log (a property the tests
hold it to). Exercises and items share one memory; an exercise's key is `exercise:ID`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from grader.quiz.entry import Entry, Kind
from grader.quiz.rating import Rating
from grader.quiz.schedule import Card, Weights, review
from grader.quiz.store import ReviewLog


@dataclass(frozen=True)
class Review:
    """One rated review: the log row it came from, when, and how well. None is an answer that does not count yet."""

    seq: int
    at: datetime
    rating: Rating | None


@dataclass(frozen=True)
class Known:
    """All that is known of one item or exercise.

    `asked_at` is when it was put due by a failed check, None when it was not or was answered since. `fingerprint` is
    that of the meaning the reviews are about.
    """

    reviews: tuple[Review, ...] = ()
    card: Card | None = None
    asked_at: datetime | None = None
    fingerprint: str = ""
    flag: str | None = None

    @property
    def due(self) -> datetime | None:
        """When it is to be asked next; None when that is open, as for an item never seen."""
        times = [at for at in (self.card.due if self.card else None, self.asked_at) if at is not None]
        return min(times, default=None)

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to ask."""
        return self.due is not None and self.due <= now


_NOTHING = Known()

# What memory is made of; skips and hints belong to their session alone.
_KINDS = (
    Kind.ANSWER,
    Kind.CORRECT,
    Kind.FLAG,
    Kind.UNFLAG,
    Kind.MEANING,
    Kind.EXERCISE,
    Kind.DUE,
    Kind.WEIGHTS,
)


@dataclass
class Memory:
    """The state after some entries of a log."""

    known: dict[str, Known] = field(default_factory=dict)
    weights: Weights = ()

    def of(self, item: str) -> Known:
        """What is known of `item`; empty for one never seen."""
        return self.known.get(item, _NOTHING)

    def has_new_meaning(self, item: str, fingerprint: str) -> bool:
        """Whether the item asks something else than when it was last answered, and nobody was asked yet."""
        before = self.of(item).fingerprint
        return bool(before) and before != fingerprint

    def apply(self, entry: Entry) -> None:
        """Go one entry further."""
        if entry.kind is Kind.WEIGHTS:
            self.weights = tuple((entry.data or {}).get("weights", ()))
            self.known = {item: self._recounted(known) for item, known in self.known.items()}
        elif entry.item and entry.kind in _KINDS:
            self.known[entry.item] = self._after(self.of(entry.item), entry)

    def _after(self, known: Known, entry: Entry) -> Known:
        data = entry.data or {}
        match entry.kind:
            case Kind.ANSWER | Kind.EXERCISE:
                return self._reviewed(known, entry)
            case Kind.CORRECT:
                return self._corrected(known, entry)
            case Kind.MEANING if data.get("keep"):
                return replace(known, fingerprint=entry.fingerprint)
            case Kind.MEANING:
                return Known(fingerprint=entry.fingerprint, asked_at=known.asked_at, flag=known.flag)
            case Kind.DUE:
                return replace(known, asked_at=min(entry.at, known.asked_at or entry.at))
            case Kind.FLAG:
                return replace(known, flag=str(data.get("note", "")))
            case Kind.UNFLAG:
                return replace(known, flag=None)
        return known

    def _reviewed(self, known: Known, entry: Entry) -> Known:
        reviews = (*known.reviews, Review(entry.seq, entry.at, entry.rating))
        card = known.card
        if entry.rating is not None:
            card = review(card, entry.rating, entry.at, self.weights)
        # An answer to a changed item says nothing of whether the meaning is the same: the question stays open.
        fingerprint = known.fingerprint or entry.fingerprint
        return replace(known, reviews=reviews, card=card, asked_at=None, fingerprint=fingerprint)

    def _corrected(self, known: Known, entry: Entry) -> Known:
        """The history with another rating for one review; the card is counted anew from the start."""
        reviews = tuple(
            replace(one, rating=entry.rating) if one.seq == entry.refers else one for one in known.reviews
        )
        return self._recounted(replace(known, reviews=reviews)) if reviews != known.reviews else known

    def _recounted(self, known: Known) -> Known:
        card = None
        for one in known.reviews:
            if one.rating is not None:
                card = review(card, one.rating, one.at, self.weights)
        return replace(known, card=card)


def replay(entries: Iterable[Entry]) -> Memory:
    """The memory that a log amounts to."""
    memory = Memory()
    for entry in entries:
        memory.apply(entry)
    return memory


def remember(log: ReviewLog, items: Iterable[str] | None = None) -> Memory:
    """The memory of `items`, or of everything in the log. Raises: InputError when the log cannot be read."""
    wanted = None if items is None else [*items, ""]  # weights belong to no item
    return replay(log.entries(items=wanted, kinds=_KINDS))
