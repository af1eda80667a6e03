"""Marking answers of several parts: blanks, order, partners."""

from __future__ import annotations

import itertools

from grader.quiz.draw import Drawn
from grader.quiz.kinds import BLANK, Cloze, Matching, NumericBlank, Ordering
from grader.quiz.marking.numeric import mark_number
from grader.quiz.marking.verdict import Mark, PartMark, Response, Status, verdict
from grader.quiz.marking.wording import mark_wording
from grader.quiz.parts import PartCredit
from grader.quiz.show import text_of


def mark_cloze(item: Cloze, drawn: Drawn, response: Response) -> Mark:
    """Response: a mapping from the blank's name to what was typed."""
    given = response if isinstance(response, dict) else {}
    marks: dict[str, Mark] = {}
    for name in BLANK.findall(item.text):
        blank = item.blanks[name]
        marking = mark_number if isinstance(blank, NumericBlank) else mark_wording
        marks[name] = marking(item, blank, drawn, given.get(name))  # type: ignore[arg-type]
    parts = tuple(_blank_mark(name, mark) for name, mark in marks.items())
    answered = any(mark.answered for mark in marks.values())
    key = "; ".join(f"{name}: {mark.key}" for name, mark in marks.items())
    said = "; ".join(f"{name}: {mark.given}" for name, mark in marks.items() if mark.answered)
    score = sum(mark.score for mark in marks.values()) / len(marks)
    return verdict(_paid(item.credit, score), answered=answered, key=key, given=said, parts=parts)


def mark_ordering(item: Ordering, drawn: Drawn, response: Response) -> Mark:
    """Response: the list of all steps' authored indices in the order the learner put them."""
    count = len(item.sequence)
    texts = [text_of(item, drawn, step) for step in item.sequence]
    key = "; ".join(texts)
    if not isinstance(response, list | tuple) or not response:
        return verdict(0, answered=False, key=key)
    if any(type(index) is not int for index in response) or sorted(response) != list(range(count)):
        return verdict(0, answered=True, key=key, feedback=(f"All {count} steps are wanted, each once.",))
    pairs = list(itertools.combinations(response, 2))
    right = sum(first < second for first, second in pairs)
    score = (2 * right - len(pairs)) / len(pairs)
    parts = tuple(
        PartMark(
            f"step {place + 1}",
            Status.RIGHT if index == place else Status.WRONG,
            "",
            texts[index],
            texts[place],
        )
        for place, index in enumerate(response)
    )
    given = "; ".join(texts[index] for index in response)
    return verdict(_paid(item.credit, score), answered=True, key=key, given=given, parts=parts)


def mark_matching(item: Matching, drawn: Drawn, response: Response) -> Mark:
    """Response: for each left-hand side, as authored, the index in `Matching.rights` of its partner, or None."""
    rights = [text_of(item, drawn, right) for right in item.rights]
    given = list(response) if isinstance(response, list | tuple) else []
    parts = []
    for place, pair in enumerate(item.pairs):
        index = given[place] if place < len(given) else None
        mine = rights[index] if type(index) is int and 0 <= index < len(rights) else ""
        expected = text_of(item, drawn, pair.right)
        status = Status.BLANK if not mine else Status.RIGHT if mine == expected else Status.WRONG
        said = text_of(item, drawn, pair.feedback) if status is not Status.RIGHT else ""
        parts.append(PartMark(text_of(item, drawn, pair.left), status, said, mine, expected))
    score = sum(part.status is Status.RIGHT for part in parts) / len(parts)
    key = "; ".join(f"{part.label} - {part.expected}" for part in parts)
    said = "; ".join(f"{part.label} - {part.given}" for part in parts if part.given)
    answered = any(part.given for part in parts)
    return verdict(_paid(item.credit, score), answered=answered, key=key, given=said, parts=tuple(parts))


def _blank_mark(name: str, mark: Mark) -> PartMark:
    status = Status.RIGHT if mark.correct else Status.WRONG if mark.answered else Status.BLANK
    return PartMark(name, status, " ".join(mark.feedback), mark.given, mark.key)


def _paid(credit: PartCredit, score: float) -> float:
    return score if credit is PartCredit.PARTS else float(score >= 1)
