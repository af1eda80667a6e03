"""Which items deserve a second look, and why, in an instructor's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from grader.quiz.kinds import Choice
from grader.quiz.model import AnyItem
from grader.quiz.stats import ItemStats, OptionUse, QuizStats

FEW = 10
"""Answers below which an item is not judged."""
MANY = 20
"""Answers from which an option that nobody picks counts as unused."""
HARD, EASY = 0.2, 0.95
WEAK = 0.1
UNUSED = 0.05
SLOW = 3.0
"""Times the median of all items' median times."""


@dataclass(frozen=True)
class Flag:
    """A reason to look at an item; `code` is stable, `reason` says what was measured and what to do."""

    item: str
    code: str
    reason: str


def flags_of(stats: QuizStats, items: Mapping[str, AnyItem]) -> tuple[Flag, ...]:
    """All flags, in the order of the items; none for items that fewer than 10 answered."""
    times = [one.median_s for one in stats.items if one.median_s is not None]
    usual = median(times) if len(times) >= 3 else None
    return tuple(
        Flag(one.item, code, reason)
        for one in stats.items
        if one.count >= FEW
        for code, reason in _reasons(one, items.get(one.item), usual)
    )


def _reasons(one: ItemStats, item: AnyItem | None, usual: float | None) -> Iterator[tuple[str, str]]:
    if one.discrimination is not None and one.discrimination < 0:
        said = f"those who do well elsewhere do worse here (r = {one.discrimination:.2f}): is the key right?"
        yield "negative", said
    elif one.discrimination is not None and one.discrimination < WEAK:
        yield "weak", f"hardly tells who knows (r = {one.discrimination:.2f}): is it clear what is asked?"
    if one.facility < HARD:
        yield "hard", f"{one.facility:.0%} of the points are earned: too hard, unclear, or never taught"
    if one.facility > EASY:
        yield "easy", f"{one.facility:.0%} of the points are earned: it measures nothing"
    if isinstance(item, Choice) and HARD <= one.facility < 1 / len(item.options):
        yield "below-chance", f"{one.facility:.0%} is less than guessing earns: is the key right?"
    yield from _about_options(one)
    if usual and one.median_s is not None and one.median_s > SLOW * usual:
        yield "slow", f"takes {one.median_s:.0f} s where others take {usual:.0f} s: is the text too long?"


def _about_options(one: ItemStats) -> Iterator[tuple[str, str]]:
    keys = [option for option in one.options if option.is_key]
    if not keys:
        return
    for option in one.options:
        if option.is_key:
            continue
        if one.count >= MANY and option.share < UNUSED:
            yield "unused-option", f"{_named(option)} is picked by {option.share:.0%}: replace it"
        if _attracts(option, keys):
            said = f"those who pick {_named(option)} do better elsewhere (r = {option.discrimination:.2f})"
            yield "strong-distractor", f"{said} than those who pick the key: is it right too?"
        if option.share > max(key.share for key in keys):
            yield (
                "popular-distractor",
                f"{_named(option)} is picked more often ({option.share:.0%}) than the key",
            )


def _attracts(option: OptionUse, keys: list[OptionUse]) -> bool:
    best = max((key.discrimination for key in keys if key.discrimination is not None), default=None)
    return option.discrimination is not None and best is not None and option.discrimination > max(best, WEAK)


def _named(option: OptionUse) -> str:
    text = " ".join(option.text.split())
    return f"“{text[:40]}{'…' if len(text) > 40 else ''}”"
