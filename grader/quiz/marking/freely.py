"""Marking free recall: which key points are said, which are missing, which are denied, and which wrong ideas are held.

Only authored patterns decide, never a similarity score: measured on good, partial, wrong and negated answers, cosine
similarity ranks wrong answers above right ones, since they use the same words. The learner sees the evidence for every
point beside the model answer and confirms or corrects it (`confirmed`), which sets the rating.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.quiz.draw import Drawn
from grader.quiz.marking.negation import has_cue, is_denied, sentences
from grader.quiz.marking.patterns import TooSlow, spans
from grader.quiz.marking.verdict import HALF, PASS, Mark, PartMark, Rating, Response, Status
from grader.quiz.recall import KeyPoint, Misconception, Recall

MAX_READ = 5_000
"""Characters of an answer that are marked."""

_MANY = 20  # matches of one pattern that are looked at in a sentence

Span = tuple[int, int]


@dataclass(frozen=True)
class _Evidence:
    """Where patterns were met as said and as denied; `is_whole` is False when one took too long."""

    said: tuple[Span, ...] = ()
    denied: tuple[Span, ...] = ()
    is_whole: bool = True


def mark_recall(item: Recall, drawn: Drawn, response: Response) -> Mark:
    """Response: the answer as typed, in the learner's own words."""
    text = response if isinstance(response, str) else ""
    read = text[:MAX_READ]
    points = tuple(_point_mark(point, read) for point in item.key_points)
    wrong = tuple(mark for idea in item.misconceptions if (mark := _idea_mark(idea, read)) is not None)
    said = [f"Only the first {MAX_READ:,} characters were read."] if len(text) > MAX_READ else []
    if text.strip() and not any(sign.isalnum() for sign in text):
        said.append("The answer holds no words.")
    empty = Mark(0.0, False, bool(text.strip()), Rating.AGAIN, item.answer, text, tuple(said), points, wrong)
    return _scored(item, replace(empty, confirm=empty.answered))


def confirmed(item: Recall, mark: Mark, found: Sequence[bool], held: Sequence[bool] | None = None) -> Mark:
    """The mark after the learner said, for each key point, whether the answer holds it.

    `held` says the same of `mark.misconceptions`; None leaves them as they are. A point the learner denies is missing,
    or stays contradicted. Raises: ValueError when the numbers of judgements do not fit.
    """
    kept = [True] * len(mark.misconceptions) if held is None else list(held)
    if len(found) != len(mark.parts) or len(kept) != len(mark.misconceptions):
        raise ValueError(
            f"{len(mark.parts)} points and {len(mark.misconceptions)} ideas want a judgement each"
        )
    parts = tuple(_judged(part, has) for part, has in zip(mark.parts, found, strict=True))
    ideas = tuple(idea for idea, keep in zip(mark.misconceptions, kept, strict=True) if keep)
    return _scored(item, replace(mark, parts=parts, misconceptions=ideas, confirm=False))


def _judged(part: PartMark, has: bool) -> PartMark:
    if has:
        return replace(part, status=Status.FOUND, unsure=False)
    status = Status.CONTRADICTED if part.status is Status.CONTRADICTED else Status.MISSING
    return replace(
        part, status=status, unsure=False, span=part.span if status is Status.CONTRADICTED else None
    )


def _scored(item: Recall, mark: Mark) -> Mark:
    """The score, correctness and proposed rating that the points and ideas of `mark` amount to."""
    whole = sum(point.weight for point in item.key_points)
    pairs = zip(item.key_points, mark.parts, strict=True)
    share = sum(point.weight for point, part in pairs if part.status is Status.FOUND) / whole
    costs = {idea.says: idea.cost for idea in item.misconceptions}
    score = max(0.0, share - sum(costs[part.label] for part in mark.misconceptions))
    is_clean = not mark.misconceptions and all(part.status is not Status.CONTRADICTED for part in mark.parts)
    correct = is_clean and score >= PASS - 1e-9
    rating = Rating.GOOD if correct else Rating.HARD if score >= HALF - 1e-9 else Rating.AGAIN
    return replace(mark, score=min(1.0, score), correct=correct, rating=rating)


def _point_mark(point: KeyPoint, text: str) -> PartMark:
    own = _look_for(point.patterns, text, point.negation)
    other = _look_for(point.contradicted_by, text, point.negation)
    if other.said:
        return _part(point.point, Status.CONTRADICTED, text, other.said[0])
    if own.said:
        return _part(point.point, Status.FOUND, text, own.said[0], unsure=bool(own.denied))
    if own.denied:
        return _part(point.point, Status.CONTRADICTED, text, own.denied[0])
    if not (own.is_whole and other.is_whole):
        return PartMark(point.point, Status.UNCLEAR, "This point could not be looked for: judge it yourself.")
    return PartMark(point.point, Status.MISSING)


def _idea_mark(idea: Misconception, text: str) -> PartMark | None:
    evidence = _look_for(idea.patterns, text, idea.negation)
    if not evidence.said:
        return None
    return _part(idea.says, Status.FOUND, text, evidence.said[0], idea.feedback)


def _part(
    label: str, status: Status, text: str, span: Span, feedback: str = "", unsure: bool = False
) -> PartMark:
    return PartMark(label, status, feedback, text[span[0] : span[1]], "", span, unsure)


def _look_for(groups: Sequence[Sequence[str]], text: str, negation: bool) -> _Evidence:
    said: list[Span] = []
    denied: list[Span] = []
    try:
        for sentence in sentences(text):
            for group in groups:
                for span, is_said in _meet(group, text, sentence, negation):
                    (said if is_said else denied).append(span)
    except TooSlow:
        return _Evidence(tuple(said), tuple(denied), is_whole=False)
    return _Evidence(tuple(said), tuple(denied))


def _meet(group: Sequence[str], text: str, sentence: Span, negation: bool) -> list[tuple[Span, bool]]:
    """How a sentence meets all patterns of a group: nothing when one is absent, else the span and whether it is said.

    A group of several is denied when any of its patterns is met only in denial.
    """
    if len(group) == 1:
        return _matches(group[0], text, sentence, negation)
    met = [_matches(pattern, text, sentence, negation) for pattern in group]
    if not all(met):
        return []
    spans_met = [next((one for one in found if one[1]), found[0])[0] for found in met]
    whole = (min(span[0] for span in spans_met), max(span[1] for span in spans_met))
    return [(whole, all(any(is_said for _, is_said in found) for found in met))]


def _matches(pattern: str, text: str, sentence: Span, negation: bool) -> list[tuple[Span, bool]]:
    found: list[tuple[Span, bool]] = []
    cue_is_meant = has_cue(pattern)
    for span in spans(pattern, text, *sentence):
        found.append((span, not (negation and is_denied(text, sentence, span, cue_is_meant=cue_is_meant))))
        if len(found) == _MANY:
            break
    return found
