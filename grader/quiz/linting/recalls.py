"""Rules for free recall: patterns that work, and an item that marks its own examples as they say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.quiz.draw import draw
from grader.quiz.linting.finding import Findings, Place, Steps
from grader.quiz.mark import Mark, Rating, Status, mark
from grader.quiz.marking.patterns import PatternError, TooSlow, compiled, spans
from grader.quiz.recall import Recall

_WANTED = {"good": Rating.GOOD, "partial": Rating.HARD, "wrong": Rating.AGAIN, "negated": Rating.AGAIN}
_HARD_TEXTS = ("a" * 4000, "a " * 2000, "ab " * 1300 + "!", "the filter is " * 280, "1" * 4000, "a-" * 2000)
_FAST_ENOUGH_S = 0.2


def check_recall(place: Place) -> Findings:
    """All rules for a recall item; examples are only tried once every pattern can be."""
    item = place.item
    if not isinstance(item, Recall):
        return
    broken = list(_check_patterns(place, item))
    yield from broken
    yield from _check_lists(place, item)
    if not broken:
        yield from _check_examples(place, item)
        yield from _check_proof(place, item)
        yield from _check_own_texts(place, item)


def _check_patterns(place: Place, item: Recall) -> Findings:
    for steps, pattern in _patterns(item):
        try:
            if compiled(pattern).fullmatch(""):
                yield place.error(
                    "empty-pattern", steps, f"{pattern!r} is met by no text at all", "make it ask for a word"
                )
                continue
            for text in _hard_texts(pattern):
                for _ in zip(range(20), spans(pattern, text, 0, len(text), _FAST_ENOUGH_S), strict=False):
                    pass
        except PatternError as wrong:
            yield place.error(
                "broken-pattern", steps, f"{pattern!r} is no regular expression: {wrong}", "mend it"
            )
        except TooSlow:
            remedy = "repeat no group that repeats itself: write `\\w+` for `(\\w+)+`"
            yield place.error("slow-pattern", steps, f"{pattern!r} can take very long", remedy)


def _hard_texts(pattern: str) -> list[str]:
    """Texts that a pattern with nested repetition takes for ever on.

    The pattern's own words come first, or the search would be given up at once for lack of them.
    """
    words = " ".join(re.findall(r"\w{2,}\W?", re.sub(r"\\.", " ", pattern)))
    return [*_HARD_TEXTS, *(f"{words} {text}" for text in _HARD_TEXTS)]


def _check_lists(place: Place, item: Recall) -> Findings:
    for name in _WANTED:
        if getattr(item.examples, name) or (name == "partial" and len(item.key_points) == 1):
            continue
        remedy = f"add one under `examples: {name}:`"
        yield place.error("no-example", ("examples",), f"has no example of a {name} answer", remedy)


def _check_examples(place: Place, item: Recall) -> Findings:
    for name, index, text in item.examples.all():
        got = _mark(item, text)
        if got.rating is not _WANTED[name]:
            message = f"the example is marked {got.rating}, not {_WANTED[name]} ({_told(got)})"
            remedy = "mend the patterns, or move the example to the list it belongs to"
            yield place.error("example-mismatch", _example_steps(place, name, index), message, remedy)


def _check_proof(place: Place, item: Recall) -> Findings:
    """Points no example says, ideas no example holds: nobody knows whether their patterns work."""
    marks = [_mark(item, text) for _, _, text in item.examples.all()]
    for index, point in enumerate(item.key_points):
        if item.examples.good and not any(one.parts[index].status is Status.FOUND for one in marks):
            remedy = "add a good or partial example that says it"
            yield place.error(
                "unproved-point", ("key_points", index), f"no example is found to say: {point.point}", remedy
            )
    held = {idea.label for one in marks for idea in one.misconceptions}
    for index, idea in enumerate(item.misconceptions):
        if item.examples.wrong and idea.says not in held:
            message = f"no example is found to hold: {idea.says}"
            yield place.error(
                "unproved-misconception",
                ("misconceptions", index),
                message,
                "add a wrong example that holds it",
            )


def _check_own_texts(place: Place, item: Recall) -> Findings:
    own = _mark(item, item.answer)
    if own.rating is not Rating.GOOD:
        message = f"the model answer itself is marked {own.rating} ({_told(own)})"
        yield place.error("model-answer", ("answer",), message, "mend the answer or the patterns")
    if _mark(item, item.stem).score > 0:
        yield place.error(
            "stem-tells", ("stem",), "repeating the question earns points", "reword it or the patterns"
        )
    for index, hint in enumerate(item.hints):
        if _mark(item, hint).correct:
            yield place.error(
                "hint-tells", ("hints", index), "is a full answer", "lead to it without saying it"
            )


def _patterns(item: Recall) -> Iterator[tuple[Steps, str]]:
    for index, point in enumerate(item.key_points):
        for key, groups in (("patterns", point.patterns), ("contradicted_by", point.contradicted_by)):
            yield from _grouped(("key_points", index, key), groups)
    for index, idea in enumerate(item.misconceptions):
        yield from _grouped(("misconceptions", index, "patterns"), idea.patterns)


def _grouped(steps: Steps, groups: tuple[tuple[str, ...], ...]) -> Iterator[tuple[Steps, str]]:
    for row, group in enumerate(groups):
        for column, pattern in enumerate(group):
            yield (*steps, row, column), pattern


def _example_steps(place: Place, name: str, index: int) -> Steps:
    return ("examples", name, index)


def _mark(item: Recall, text: str) -> Mark:
    return mark(item, draw(item, 0), text)


def _told(got: Mark) -> str:
    states = ", ".join(f"{place} {part.status}" for place, part in enumerate(got.parts, 1))
    held = "".join(f"; holds {idea.label!r}" for idea in got.misconceptions)
    return f"points: {states}{held}"
