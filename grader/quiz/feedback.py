"""What is said about an answer: the same lines for both terminals, which only lay them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.quiz.kinds import Numeric
from grader.quiz.marking.verdict import PartMark, Status
from grader.quiz.slot import Slot

if TYPE_CHECKING:
    from grader.quiz.mark import Mark


class Tone(StrEnum):
    """How a line is meant."""

    GOOD = "good"
    PARTLY = "partly"
    BAD = "bad"
    PLAIN = "plain"
    QUIET = "quiet"


@dataclass(frozen=True)
class Said:
    """One line: what it is about, and what is said. `is_markdown` is False for what the learner typed."""

    label: str
    text: str
    tone: Tone = Tone.PLAIN
    is_markdown: bool = True


_TONES = {
    Status.RIGHT: Tone.GOOD,
    Status.FOUND: Tone.GOOD,
    Status.WRONG: Tone.BAD,
    Status.CONTRADICTED: Tone.BAD,
    Status.MISSING: Tone.PARTLY,
    Status.BLANK: Tone.PARTLY,
    Status.UNCLEAR: Tone.PARTLY,
}


def verdict_of(mark: Mark) -> Said:
    """The mark in one word or two."""
    if not mark.answered:
        return Said("", "Not answered.", Tone.BAD)
    if mark.correct:
        return Said("", "Right.", Tone.GOOD)
    if mark.score > 0:
        return Said("", f"Partly right: {mark.score:.0%}.", Tone.PARTLY)
    return Said("", "Wrong.", Tone.BAD)


def feedback(slot: Slot, *, has_seen_points: bool = False) -> list[Said]:
    """Everything there is to say about the answered question in `slot`; a free answer's points only once."""
    mark = slot.mark
    if mark is None:
        return [Said("", "Not answered.", Tone.BAD)]
    lines = [verdict_of(mark)]
    if mark.given and not mark.correct and slot.item.type not in {"recall", "matching"}:
        lines.append(Said("You answered", mark.given, is_markdown=_is_authored(slot)))
    if slot.item.type == "recall":
        if has_seen_points:
            return [*lines, *_reasons(slot)]
        lines += points(slot)
        lines.append(Said("Model answer", mark.key))
    elif not mark.correct and slot.item.type != "matching":
        lines.append(Said("Right answer", _key(slot, mark), is_markdown=_is_authored(slot)))
    lines += [Said("", text) for text in mark.feedback]
    if slot.item.type not in {"recall", "ordering"}:
        lines += _parts(slot, mark)
    return [*lines, *_reasons(slot)]


def points(slot: Slot) -> list[Said]:
    """The key points and wrong ideas of a free answer, with the evidence for each."""
    mark = slot.mark
    if mark is None:
        return []
    lines = [_point(slot, place, part) for place, part in enumerate(mark.parts, 1)]
    for place, idea in enumerate(mark.misconceptions, 1):
        text = f"{idea.label} {_evidence(slot, idea)} {idea.feedback}"
        lines.append(Said(f"m{place} wrong idea", " ".join(text.split()), Tone.BAD))
    return lines


def _reasons(slot: Slot) -> Iterator[Said]:
    if slot.shown.explanation:
        yield Said("Why", slot.shown.explanation)
    if slot.item.source:
        yield Said("Source", slot.item.source, Tone.QUIET)


def _parts(slot: Slot, mark: Mark) -> Iterator[Said]:
    """Parts that were wrong, or have something to say. The one option picked of a choice is said already."""
    for part in mark.parts:
        is_said = slot.item.type == "choice" and bool(part.given or part.expected)
        if is_said or (not part.feedback and part.status is Status.RIGHT):
            continue
        if slot.item.type in {"choice", "multiple"}:
            yield Said(f"{part.label} ({_ticked(part)})", part.feedback, _TONES[part.status])
        elif part.status is Status.RIGHT:
            yield Said(part.label, part.feedback, Tone.GOOD)
        else:
            given = part.given or "nothing"
            text = f"{given}, but it is {part.expected}."
            yield Said(part.label, text, Tone.BAD, is_markdown=_is_authored(slot))
            if part.feedback:
                yield Said("", part.feedback, Tone.BAD)


def _ticked(part: PartMark) -> str:
    if part.status is Status.RIGHT:
        return "rightly picked" if part.given else "rightly left"
    return "wrongly picked" if part.given else "missed"


def _point(slot: Slot, place: int, part: PartMark) -> Said:
    unsure = " Another sentence seems to say the opposite: please judge." if part.unsure else ""
    text = f"{part.label} {_evidence(slot, part)} {part.feedback}{unsure}"
    return Said(f"{place} {part.status}", " ".join(text.split()), _TONES[part.status])


def _evidence(slot: Slot, part: PartMark) -> str:
    """What the learner wrote there, whole words."""
    if part.span is None or not isinstance(slot.response, str):
        return ""
    text, (start, end) = slot.response, part.span
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return f'(you wrote: "{text[start:end]}")'


def _key(slot: Slot, mark: Mark) -> str:
    if not isinstance(slot.item, Numeric):
        return mark.key
    from grader.quiz.marking.numeric import shown_key

    return shown_key(slot.item, mark.key)


def _is_authored(slot: Slot) -> bool:
    """Whether answers of this type are the author's own texts, which are Markdown."""
    return slot.item.type in {"choice", "multiple", "ordering", "matching"}
