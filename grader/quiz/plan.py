"""What a session asks: which items, in which order, with which numbers. Pure: memory, seed and time are given."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from grader.errors import GraderError, UsageError
from grader.quiz.bank import Library
from grader.quiz.draw import draw
from grader.quiz.durations import when
from grader.quiz.kinds import Output
from grader.quiz.memory import Memory
from grader.quiz.model import AnyItem
from grader.quiz.show import show

USUAL_COUNT = 20
"""Items in a session when neither banks nor a number are named."""


class Mode(StrEnum):
    """Practice says at once what was right; an exam says nothing until the end."""

    PRACTICE = "practice"
    EXAM = "exam"


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line. `seed` None: the memory decides; `count` None: all that there are."""

    banks: tuple[str, ...] = ()
    mode: Mode = Mode.PRACTICE
    due: bool = False
    seed: int | None = None
    count: int | None = None
    time_limit_s: float | None = None

    def __post_init__(self) -> None:
        if self.count is not None and self.count < 1:
            raise UsageError("--count must be at least 1")
        limit = self.time_limit_s
        if limit is not None and not (math.isfinite(limit) and limit > 0):
            raise UsageError("--time-limit must be a positive number of minutes")
        if self.due and self.mode is Mode.EXAM:
            raise UsageError("an exam does not follow the memory", remedy="leave --due or --exam out")


@dataclass(frozen=True)
class Planned:
    """One question: an item and the seed it is drawn with."""

    item: str
    seed: int


@dataclass(frozen=True)
class Plan:
    """A session as it was planned; stored when it begins, so that it can go on after a crash."""

    mode: Mode
    items: tuple[Planned, ...]
    seed: int
    time_limit_s: float | None = None
    banks: tuple[str, ...] = ()
    wish: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The plan as plain JSON data."""
        return asdict(self)

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> Plan:
        """The plan from `as_json`."""
        items = tuple(Planned(str(one["item"]), int(one["seed"])) for one in data["items"])
        limit = data.get("time_limit_s")
        banks = tuple(data.get("banks", ()))
        return cls(Mode(data["mode"]), items, int(data["seed"]), limit, banks, dict(data.get("wish", {})))


def make_plan(library: Library, memory: Memory, wish: Wish, *, now: datetime, seed: int) -> Plan:
    """The session that `wish` asks for; `seed` is used where the wish names none.

    Raises: UsageError when there is nothing to ask, saying what there would be.
    """
    chosen = wish.seed if wish.seed is not None else seed
    is_fixed = wish.seed is not None or wish.mode is Mode.EXAM
    if is_fixed and not wish.due:
        order = shuffled(list(library.items), chosen)
    else:
        order = ordered_by_need(library.items, memory, now, due_only=wish.due, again=bool(wish.banks))
    count = wish.count if wish.count is not None or wish.banks or wish.mode is Mode.EXAM else USUAL_COUNT
    items = _askable(library, order, chosen, count)
    if not items:
        raise _nothing(library, memory, now, order)
    data = asdict(wish)
    return Plan(wish.mode, items, chosen, wish.time_limit_s, wish.banks, data)


def ordered_by_need(
    items: Iterable[str], memory: Memory, now: datetime, *, due_only: bool, again: bool
) -> list[str]:
    """What is due, the longest overdue first, then what is new in the banks' order.

    `again` adds what is neither, the soonest due first; `due_only` leaves both out.
    """
    ids = list(items)
    due = sorted(
        (item for item in ids if memory.of(item).is_due(now)), key=lambda item: memory.of(item).due or now
    )
    if due_only:
        return due
    new = [item for item in ids if memory.of(item).due is None]
    rest = sorted(set(ids) - set(due) - set(new), key=lambda item: (memory.of(item).due or now, item))
    return [*due, *new, *(rest if again else ())]


def shuffled(ids: Sequence[str], seed: int) -> list[str]:
    """The ids in an order that depends on the seed and the ids alone, on every machine."""
    return sorted(ids, key=lambda item: hashlib.sha256(f"{seed}\0order\0{item}".encode()).digest())


def item_seed(item: str, seed: int) -> int:
    """The seed of one item in a session with `seed`: 31 bits by SHA-256."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0item\0{item}".encode()).digest()[:4], "big") >> 1


def can_ask(item: AnyItem, seed: int) -> bool:
    """Whether the item can be shown and marked: an output item whose code nobody has run yet cannot."""
    try:
        drawn = draw(item, seed)
        show(item, drawn)
        if isinstance(item, Output):
            from grader.quiz.marking.printed import expected_output

            expected_output(item, drawn)
    except GraderError:
        return False
    return True


def _askable(library: Library, order: Sequence[str], seed: int, count: int | None) -> tuple[Planned, ...]:
    found: list[Planned] = []
    for item in order:
        if len(found) == count:
            break
        its_seed = item_seed(item, seed)
        if can_ask(library.items[item], its_seed):
            found.append(Planned(item, its_seed))
    return tuple(found)


def _nothing(library: Library, memory: Memory, now: datetime, order: Sequence[str]) -> UsageError:
    if order:
        return UsageError(
            "none of the questions can be asked", remedy="run `grader quiz lint` and `grader verify`"
        )
    if not library.items:
        return UsageError("the banks hold no questions", remedy="name another bank")
    dues = [due for item in library.items if (due := memory.of(item).due) is not None]
    soonest = f"; the next question comes {when(min(dues), now)}" if dues else ""
    return UsageError(
        f"nothing is due{soonest}", remedy="name a bank to practise all of it, or leave --due out"
    )
