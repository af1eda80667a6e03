"""The look back over a session, as lines both terminals show."""

from __future__ import annotations

import re
from datetime import datetime

from grader.quiz.durations import clock_face
from grader.quiz.plan import Mode
from grader.quiz.prose import plain
from grader.quiz.session import Session
from grader.quiz.slot import Slot

_STEM = 50
_CODE = re.compile(r"^ *(```|~~~).*?^ *\1 *$", re.MULTILINE | re.DOTALL)


def review_lines(session: Session, now: datetime) -> list[str]:
    """A heading, a line a question, and what was earned where that may be shown."""
    lines = [_heading(session, now)]
    digits = len(str(len(session.slots)))
    for place, slot in enumerate(session.slots, 1):
        flag = " [flagged]" if slot.flag is not None else ""
        lines.append(f"{place:>{digits}}. {state_of(session, slot)}{flag}: {short_stem(slot)}")
    if session.is_over and session.shows_marks:
        lines.append(f"Score: {points(session.score)} of {points(session.max_score)} points.")
    return lines


def state_of(session: Session, slot: Slot) -> str:
    """What became of a question, as far as it may be shown."""
    if slot.mark is None:
        return "skipped" if slot.skips else "open"
    if not session.shows_marks:
        return "answered"
    if slot.mark.correct:
        return "right"
    return f"{slot.mark.score:.0%} right" if slot.mark.score > 0 else "wrong"


def short_stem(slot: Slot) -> str:
    """The first words of a question."""
    text = " ".join(plain(_CODE.sub("[code]", slot.shown.stem)).split())
    return text if len(text) <= _STEM else text[: _STEM - 3].rsplit(" ", 1)[0] + "..."


def points(value: float) -> str:
    """Points to two digits, without needless zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _heading(session: Session, now: datetime) -> str:
    answered = f"{session.answered} of {len(session.slots)} answered"
    spent = f"{clock_face(session.used_s(now))} spent"
    if session.mode is Mode.EXAM and not session.is_over:
        return f"Your exam so far: {answered}, {spent}."
    right = sum(slot.mark is not None and slot.mark.correct for slot in session.slots)
    word = "exam" if session.mode is Mode.EXAM else "session"
    return f"Your {word}: {answered}, {right} right, {spent}."
