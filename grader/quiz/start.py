"""From a wish to a session: find the banks, remember, plan anew or go on with what was left open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

from grader.quiz.bank import load_banks
from grader.quiz.entry import Entry, Kind
from grader.quiz.memory import remember
from grader.quiz.plan import Mode, Planned, Wish, item_seed, make_plan
from grader.quiz.session import Session, open_session
from grader.quiz.shelf import bank_paths as bank_paths
from grader.quiz.store import ReviewLog

_STALE = timedelta(hours=12)
"""A practice session left longer than this is not gone on with: what is due has changed since."""


def start(
    paths: Sequence[Path],
    log: ReviewLog,
    wish: Wish,
    *,
    now: datetime,
    seed: int,
    name: str,
    fresh: bool = False,
    cache: Path | None = None,
) -> tuple[Session, bool]:
    """The session for `wish`, and whether it goes on with an open one; `name` is a new session's id in the log.

    Raises: GraderError for banks that are wrong, nothing to ask, or a log that cannot be used.
    """
    library = load_banks(paths, cache=cache)
    memory = remember(log, library.items)
    earlier = open_session(log, asdict(wish), since=_since(wish, now))
    if earlier is not None and fresh:
        log.append(Entry(Kind.END, now, session=earlier, data={"why": "given up"}))
    elif earlier is not None:
        return Session.resume(library, log, memory, earlier, now), True
    plan = make_plan(library, memory, wish, now=now, seed=seed)
    return Session.begin(library, log, memory, plan, name, now), False


def repeat(session: Session, *, now: datetime, seed: int, name: str) -> Session:
    """A session of what `session` left wrong or open, with fresh numbers."""
    items = tuple(Planned(slot.item.id, item_seed(slot.item.id, seed)) for slot in session.missed)
    plan = replace(session.plan, items=items, seed=seed, wish={"repeats": session.name})
    return Session.begin(session.library, session.log, session.memory, plan, name, now)


def _since(wish: Wish, now: datetime) -> datetime | None:
    return None if wish.mode is Mode.EXAM else now - _STALE
