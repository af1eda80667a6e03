"""Rules for every item: what belongs to it, and what its texts look like."""

from __future__ import annotations

import re

from grader.quiz.linting.finding import Findings, Place
from grader.quiz.linting.walk import texts_of

_UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|TBD|lorem ipsum)\b|\?\?\?")
_FENCE = re.compile(r"^\s*(```|~~~)", re.M)


def check_parts(place: Place) -> Findings:
    """An explanation, a source, and a picture that exists and is described."""
    item = place.item
    if not item.explanation.strip():
        yield place.error(
            "no-explanation", (), "has no explanation", "say in `explanation:` why the answer is right"
        )
    if not item.source.strip():
        yield place.error("no-source", (), "has no source", "cite where the fact comes from in `source:`")
    if item.image is None:
        return
    if not (place.path.parent / item.image).is_file():
        yield place.error(
            "no-image", ("image",), f"there is no file {item.image}", "give its path from the bank's folder"
        )
    if not item.image_alt.strip():
        remedy = "say in `image_alt:` what it shows, for those who cannot see it"
        yield place.error("no-image-alt", ("image",), "the picture is not described", remedy)


def check_texts(place: Place) -> Findings:
    """Texts that are unfinished, or whose code block is never closed."""
    for steps, _, text in texts_of(place.item):
        left = _UNFINISHED.search(text)
        if left:
            yield place.error("unfinished", steps, f"is unfinished: {left[0]!r}", "finish the text")
        if len(_FENCE.findall(text)) % 2:
            yield place.error(
                "open-fence", steps, "a code block is opened and never closed", "close it with ```"
            )


def check_exercises(place: Place, known: frozenset[str] | None) -> Findings:
    """Links to exercises that the course has (not checked when `known` is None)."""
    for index, exercise in enumerate(place.item.exercises):
        if known is not None and exercise not in known:
            remedy = "give the id of an exercise in course.yaml"
            yield place.error("no-exercise", ("exercises", index), f"there is no exercise {exercise}", remedy)
