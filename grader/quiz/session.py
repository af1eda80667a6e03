"""A session: the questions of a plan, one after the other. Knows no terminal; both terminals render from it.

Every step that a learner takes is in the log before the step returns. A session is therefore its plan and its log rows
and nothing else: `Session.resume` makes it again from them, wherever the process was killed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from grader.errors import UsageError
from grader.quiz.bank import Library
from grader.quiz.entry import Entry, Kind
from grader.quiz.memory import Memory
from grader.quiz.model import fingerprint
from grader.quiz.plan import Mode, Plan
from grader.quiz.rating import Rating
from grader.quiz.slot import Slot, make_slot, with_hints
from grader.quiz.store import ReviewLog
from grader.quiz.timekeeping import breaks, seconds_between, time_used_s

if TYPE_CHECKING:
    from grader.quiz.mark import Mark, Response


class TimeIsUp(Exception):
    """The time limit was over before the answer came; the session has been ended."""


class Session:
    """The engine. `position` counts from 0; every method that does something is given the time in UTC."""

    def __init__(self, library: Library, log: ReviewLog, memory: Memory, plan: Plan, name: str) -> None:
        """Use `begin` or `resume`."""
        self.library, self.log, self.memory, self.plan, self.name = library, log, memory, plan, name
        self.slots = [slot for one in plan.items if (slot := make_slot(library, one)) is not None]
        if not self.slots:
            raise UsageError(
                "the banks no longer hold the questions of this session", remedy="start afresh with --new"
            )
        self.position = 0
        self.is_over = False
        self.breaks_s = 0.0
        self._used_s = 0.0
        self._since: datetime | None = None

    @classmethod
    def begin(
        cls, library: Library, log: ReviewLog, memory: Memory, plan: Plan, name: str, now: datetime
    ) -> Session:
        """Start a session; `name` is its id in the log, `memory` what the log amounts to so far."""
        session = cls(library, log, memory, plan, name)
        log.append(Entry(Kind.BEGIN, now, session=name, data=plan.as_json()))
        session._enter(0, now)
        session._since = now
        return session

    @classmethod
    def resume(cls, library: Library, log: ReviewLog, memory: Memory, name: str, now: datetime) -> Session:
        """Go on with a session from its rows in the log. Raises: UsageError when there is none or it is over."""
        session = cls._of_rows(library, log, memory, name)
        if session.is_over:
            raise UsageError(f"there is no open session {name}")
        log.append(Entry(Kind.RESUME, now, session=name))
        rows = list(log.entries(session=name))
        session._used_s, session._since = time_used_s(rows), now
        session.breaks_s = sum(one.length_s for one in breaks(rows))
        unanswered = (place for place, slot in enumerate(session.slots) if not slot.is_answered)
        session._enter(next(unanswered, 0), now)
        return session

    @classmethod
    def ended(cls, library: Library, log: ReviewLog, memory: Memory, name: str) -> Session:
        """A session as it ended. Raises: UsageError when there is none or it is still open."""
        session = cls._of_rows(library, log, memory, name)
        if not session.is_over:
            raise UsageError(f"the session {name} is not over")
        return session

    @classmethod
    def _of_rows(cls, library: Library, log: ReviewLog, memory: Memory, name: str) -> Session:
        rows = list(log.entries(session=name))
        if not rows or rows[0].kind is not Kind.BEGIN:
            raise UsageError(f"there is no session {name}")
        session = cls(library, log, memory, Plan.of_json(rows[0].data or {}), name)
        session._used_s = time_used_s(rows)
        session.is_over = any(row.kind is Kind.END for row in rows)
        by_item = {slot.item.id: slot for slot in session.slots}
        for row in rows:
            if row.item in by_item:
                by_item[row.item].replay(row)
        return session

    # What there is to see

    @property
    def mode(self) -> Mode:
        """Practice or exam."""
        return self.plan.mode

    @property
    def current(self) -> Slot:
        """The question at `position`."""
        return self.slots[self.position]

    @property
    def answered(self) -> int:
        """How many questions have a confirmed response."""
        return sum(slot.is_answered for slot in self.slots)

    def used_s(self, now: datetime) -> float:
        """Seconds spent in this session, breaks left out (`grader.quiz.timekeeping`)."""
        return self._used_s + (seconds_between(self._since, now) if self._since else 0.0)

    def left_s(self, now: datetime) -> float | None:
        """Seconds left, never below 0; None without a time limit."""
        limit = self.plan.time_limit_s
        return None if limit is None else max(0.0, limit - self.used_s(now))

    def is_time_up(self, now: datetime) -> bool:
        """Whether the time limit has passed."""
        return self.left_s(now) == 0

    @property
    def shows_marks(self) -> bool:
        """Whether marks may be shown: in practice always, in an exam when it is over."""
        return self.mode is Mode.PRACTICE or self.is_over

    @property
    def missed(self) -> list[Slot]:
        """The questions that were answered wrongly or not at all."""
        return [slot for slot in self.slots if slot.mark is None or not slot.mark.correct]

    @property
    def score(self) -> float:
        """Points earned so far."""
        return sum(slot.mark.score * slot.item.points for slot in self.slots if slot.mark)

    @property
    def max_score(self) -> float:
        """Points that all questions are worth."""
        return sum(slot.item.points for slot in self.slots)

    @property
    def has_new_meaning(self) -> bool:
        """Whether the current item asks something else than when it was last answered: the learner is to be asked."""
        item = self.current.item
        if self.mode is Mode.EXAM or not self.memory.of(item.id).fingerprint:
            return False
        return self.memory.has_new_meaning(item.id, fingerprint(item))

    def due(self, slot: Slot) -> datetime | None:
        """When the item of `slot` is asked next."""
        return self.memory.of(slot.item.id).due

    # What a learner does

    def settle_meaning(self, keep: bool, now: datetime) -> None:
        """The learner says whether what was known of the old wording holds for the new one."""
        self._add(Kind.MEANING, now, data={"keep": keep})

    def submit(self, response: Response, now: datetime) -> Mark:
        """Confirm a response to the current question. It is in the log, and marked, when this returns.

        In practice a question is answered once; in an exam the last answer counts.
        Raises: TimeIsUp; UsageError when it has been answered, or the session is over.
        """
        from grader.quiz.mark import mark

        slot = self.current
        self._refuse_when_late(now)
        if slot.is_answered and self.mode is Mode.PRACTICE:
            raise UsageError("this question has been answered")
        found = mark(slot.item, slot.drawn, response)
        rating = with_hints(found.rating, slot.hints) if self.mode is Mode.PRACTICE else None
        self._clock(now)
        row = self._add(Kind.ANSWER, now, response=response, mark=found.as_json(), rating=rating)
        slot.seq, slot.response, slot.mark, slot.rating = row.seq, response, found, rating
        return found

    def confirm(self, found: Sequence[bool], held: Sequence[bool] | None, now: datetime) -> Mark:
        """The learner's judgement of a free answer, point by point; sets mark and rating.

        Raises: UsageError when there is nothing to judge; ValueError when the number of judgements does not fit.
        """
        from grader.quiz.mark import confirmed
        from grader.quiz.recall import Recall

        slot = self.current
        if slot.mark is None or not isinstance(slot.item, Recall):
            raise UsageError("there is no free answer to judge")
        return self.correct(confirmed(slot.item, slot.mark, found, held), now)

    def correct(self, mark: Mark, now: datetime, rating: Rating | None = None) -> Mark:
        """Give the current answer another mark, as a new row; the rating follows the mark unless it is given."""
        slot = self.current
        if slot.seq is None:
            raise UsageError("there is no answer to correct")
        rating = rating or (with_hints(mark.rating, slot.hints) if self.mode is Mode.PRACTICE else None)
        self._add(Kind.CORRECT, now, mark=mark.as_json(), rating=rating, refers=slot.seq)
        slot.mark, slot.rating = mark, rating
        return mark

    def rate(self, rating: Rating, now: datetime) -> None:
        """The learner says how well it was remembered; the mark stays. Raises: UsageError when it is not answered."""
        if self.current.mark is None or self.mode is Mode.EXAM:
            raise UsageError("only an answered question of a practice session can be rated")
        self.correct(self.current.mark, now, rating)

    def hint(self, now: datetime) -> str | None:
        """The next hint; None when there is none left, or in an exam."""
        slot = self.current
        if self.mode is Mode.EXAM or slot.is_answered or slot.hints >= len(slot.shown.hints):
            return None
        self._add(Kind.HINT, now)
        slot.hints += 1
        return slot.shown.hints[slot.hints - 1]

    def flag(self, note: str | None, now: datetime) -> None:
        """Flag the current item as bad, with a reason (or an empty text); None takes the flag away."""
        kind = Kind.UNFLAG if note is None else Kind.FLAG
        self._add(kind, now, data=None if note is None else {"note": note})
        self.current.flag = note

    def skip(self, now: datetime) -> bool:
        """Leave the current question for later; in practice it comes once more. False when no question is open."""
        if not self.current.is_answered:
            self._clock(now)
            self._add(Kind.SKIP, now)
            self.current.skips += 1
        return self.advance(now)

    def advance(self, now: datetime) -> bool:
        """Go to the next open question; False, staying, when there is none: then show the review."""
        following = self._next_open(self.position)
        if following is None:
            return False
        self._enter(following, now)
        return True

    def back(self, now: datetime) -> bool:
        """Go to the question before; False when this is the first."""
        return self.go(self.position - 1, now)

    def go(self, position: int, now: datetime) -> bool:
        """Go to any question; False when there is no such position."""
        if not 0 <= position < len(self.slots):
            return False
        self._clock(now)
        self._enter(position, now)
        return True

    def finish(self, now: datetime, why: str = "finished") -> None:
        """End the session. The answers of an exam count for the schedule from here on."""
        if self.is_over:
            return
        self._clock(now)
        self._used_s, self._since = self.used_s(now), None
        if self.mode is Mode.EXAM:
            self._count_exam(now)
        self.log.append(Entry(Kind.END, now, session=self.name, data={"why": why}))
        self.is_over = True

    # Inside

    def _add(self, kind: Kind, now: datetime, **more: object) -> Entry:
        slot = self.current
        drawn = slot.drawn.model_dump(mode="json") if kind is Kind.ANSWER else None
        elapsed_s = slot.elapsed_s if kind in {Kind.ANSWER, Kind.SKIP} else None
        entry = Entry(
            kind,
            now,
            self.name,
            slot.item.id,
            fingerprint(slot.item),
            drawn,
            elapsed_s=elapsed_s,
            **more,  # type: ignore[arg-type]
        )
        row = self.log.append(entry)
        self.memory.apply(row)
        return row

    def _refuse_when_late(self, now: datetime) -> None:
        if self.is_over:
            raise UsageError("the session is over")
        if self.is_time_up(now):
            self.finish(now, "time is up")
            raise TimeIsUp

    def _clock(self, now: datetime) -> None:
        """Add the time since the question was entered to its own."""
        slot = self.current
        if slot.entered_at is not None and not (self.mode is Mode.PRACTICE and slot.is_answered):
            slot.elapsed_s += seconds_between(slot.entered_at, now)
        slot.entered_at = now

    def _enter(self, position: int, now: datetime) -> None:
        self.current.entered_at = None
        self.position = position
        self.current.entered_at = now

    def _next_open(self, position: int) -> int | None:
        """The next question to ask: on from `position` first; then, in practice, what was skipped once."""
        later = range(position + 1, len(self.slots))
        open_ones = [place for place, slot in enumerate(self.slots) if not slot.is_answered]
        if self.mode is Mode.EXAM:
            return next((place for place in open_ones if place in later), None)
        ahead = [place for place in open_ones if place in later and not self.slots[place].skips]
        again = [place for place in open_ones if self.slots[place].skips < 2]
        after = [place for place in again if place > position] or [one for one in again if one != position]
        return next(iter([*ahead, *after]), None)

    def _count_exam(self, now: datetime) -> None:
        for position, slot in enumerate(self.slots):
            if slot.mark is not None and slot.rating is None:
                self.position = position
                self.correct(slot.mark, now, slot.mark.rating)


def open_session(log: ReviewLog, wish: dict[str, object], since: datetime | None = None) -> str | None:
    """The name of the last session begun by the same wish, after `since`, that has not ended; None without one."""
    last: dict[str, Entry] = {}
    for row in log.entries(kinds=[Kind.BEGIN, Kind.END]):
        last[row.session] = row
    sought = json.loads(json.dumps(wish))  # as the log has it: tuples are lists there
    names = [
        name
        for name, row in last.items()
        if row.kind is Kind.BEGIN
        and (row.data or {}).get("wish") == sought
        and (since is None or row.at >= since)
    ]
    return names[-1] if names else None
