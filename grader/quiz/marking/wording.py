"""Marking a word or a few: accepted forms, and typing errors by the rule that `ShortKey` states."""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz.distance import OSA

from grader.quiz.draw import Drawn
from grader.quiz.kinds import Short, ShortKey
from grader.quiz.marking.verdict import Mark, Response, verdict
from grader.quiz.model import AnyItem
from grader.quiz.show import text_of

_ARTICLE = re.compile(r"^(?:the|an?)\s+(?=\w)", re.IGNORECASE)
_JOINS = re.compile(r"[\s\u2010-\u2015_-]+")
_MAX_TYPED = 500
_FAR = 10**6


def mark_short(item: Short, drawn: Drawn, response: Response) -> Mark:
    """Response: the text as typed."""
    return mark_wording(item, item, drawn, response)


def mark_wording(item: AnyItem, key: ShortKey, drawn: Drawn, response: Response) -> Mark:
    """Mark one wording of `item` (the item itself, or a blank of it)."""
    accepted = [text_of(item, drawn, form) for form in key.accept]
    typed = " ".join(response.split()) if isinstance(response, str) else ""
    if not typed:
        return verdict(0, answered=False, key=accepted[0])
    if len(typed) > _MAX_TYPED:
        said = "The answer is a word or a few, not a text."
        return verdict(0, answered=True, key=accepted[0], given=typed[:60], feedback=(said,))
    for mistake in key.mistakes:
        forms = [text_of(item, drawn, form) for form in mistake.answer]
        if _same_as_any(typed, forms, key):
            said = text_of(item, drawn, mistake.feedback)
            return verdict(0, answered=True, key=accepted[0], given=typed, feedback=(said,))
    if _same_as_any(typed, accepted, key):
        return verdict(1, answered=True, key=accepted[0], given=typed)
    meant = _meant(item, key, drawn, typed, accepted)
    said_all = () if meant is None else (f"Read as {meant}.",)
    return verdict(float(meant is not None), answered=True, key=accepted[0], given=typed, feedback=said_all)


def plain(text: str, *, case_sensitive: bool = False) -> str:
    """A wording without what never matters: case, article, surrounding signs, kind of space or hyphen."""
    text = unicodedata.normalize("NFKC", text).strip().strip("`\"'“”‘’.,;:!?$ ")
    text = _JOINS.sub(" ", _ARTICLE.sub("", text)).strip()
    return text if case_sensitive else text.casefold()


def forgiven(form: str, typos: int | None) -> int:
    """How many typing errors are forgiven in `form`."""
    if typos is not None:
        return typos
    letters = sum(sign.isalpha() for sign in form)
    return 0 if letters <= 4 else 1 if letters <= 8 else 2


def errors_between(typed: str, form: str, typos: int | None) -> int | None:
    """Typing errors from `form` to `typed`, both plain; None where they are too many or too grave to forgive.

    Word by word, so that the short word of "min pooling" is not forgiven for being next to a long one.
    """
    mine, theirs = typed.split(), form.split()
    if len(mine) != len(theirs):
        mine, theirs = ["".join(mine)], ["".join(theirs)]
    pairs = list(zip(mine, theirs, strict=True))
    errors = [_word_errors(one, other, forgiven(other, typos)) for one, other in pairs]
    known = [count for count in errors if count is not None]
    return sum(known) if len(known) == len(errors) and sum(known) <= forgiven(form, typos) else None


def _word_errors(typed: str, form: str, limit: int) -> int | None:
    if typed == form:
        return 0
    if not typed or not form or typed[0] != form[0] or _signs(typed) != _signs(form):
        return None
    errors = OSA.distance(typed, form, score_cutoff=limit)
    return errors if errors <= limit else None


def _meant(item: AnyItem, key: ShortKey, drawn: Drawn, typed: str, accepted: list[str]) -> str | None:
    """The accepted wording that `typed` is a misspelling of."""
    mine = plain(typed, case_sensitive=key.case_sensitive)
    nearest, meant = _FAR, None
    for form in accepted:
        other = plain(form, case_sensitive=key.case_sensitive)
        errors = errors_between(mine, other, key.typos)
        if errors is not None and errors < nearest:
            nearest, meant = errors, form
    wrong = [*key.reject, *(form for mistake in key.mistakes for form in mistake.answer)]
    others = (plain(text_of(item, drawn, form), case_sensitive=key.case_sensitive) for form in wrong)
    return None if any(OSA.distance(mine, other) <= nearest for other in others) else meant


def _same_as_any(typed: str, forms: list[str], key: ShortKey) -> bool:
    mine = plain(typed, case_sensitive=key.case_sensitive)
    others = {plain(form, case_sensitive=key.case_sensitive) for form in forms}
    return bool(mine) and (
        mine in others or mine.replace(" ", "") in {other.replace(" ", "") for other in others}
    )


def _signs(text: str) -> str:
    return "".join(sign for sign in text if not sign.isalpha() and not sign.isspace())
