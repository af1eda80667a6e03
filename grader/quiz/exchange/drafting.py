"""What foreign questions lack: an id, and for free answers the key points, guessed from the model answer as a draft."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

from grader.quiz.marking.negation import has_cue, sentences

_BULLET = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+(.*)$", re.M)
_MARKUP = re.compile(r"`+|\*+|_{2,}|^#+\s*|^>\s*|\\[()\[\]]|\$", re.M)
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON = frozenset(
    "about above after also because been before being between both does each every from have into itself just more most "
    "much must only other over same should some such than that their them then there these they this those through under "
    "used using very were what when where which while will with within without would your".split()
)
_MAX_POINTS, _MAX_WORDS = 12, 3
_SHORTEST_SLUG, _LONGEST_SLUG = 3, 50
# Names of which there are more are not counted through again each time.
_COUNTED = 50


def slug(text: str, taken: set[str]) -> str:
    """An id made from `text`, not in `taken`; `taken` is added to."""
    if _ID.fullmatch(text) and text not in taken:
        taken.add(text)
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")
    if len(words) > _LONGEST_SLUG:
        words = words[:_LONGEST_SLUG].rpartition("-")[0] or words[:_LONGEST_SLUG]
    words = words.rstrip("-._")
    if len(words) < _SHORTEST_SLUG:
        words = f"q-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"
    name, count = words, 1
    while name in taken:
        count = count + 1 if count < _COUNTED else max(count, len(taken)) + 1
        name = f"{words}-{count}"
    taken.add(name)
    return name


def draft_keys(answer: str) -> dict[str, Any]:
    """`key_points` and `examples` for a model answer: each bullet or sentence is a point, its rarest words the pattern.

    A draft: it finds its own answer, and an author has to say how learners put it.
    """
    points = [point for text in _statements(answer) if (point := _point(text)) is not None]
    if not points:
        points = [{"point": answer.strip(), "patterns": [[_fallback(answer)]]}]
    return {"key_points": points[:_MAX_POINTS], "examples": {"good": [answer]}}


def _statements(answer: str) -> list[str]:
    bullets = [_plain(text) for text in _BULLET.findall(answer)]
    if len(bullets) >= 2:
        return bullets
    plain = _plain(answer)
    return [plain[start:end] for start, end in _spans(plain)]


def _spans(text: str) -> list[tuple[int, int]]:
    return [(start, end) for start, end in sentences(text)]


def _point(text: str) -> dict[str, Any] | None:
    """A key point, or None for a statement without a word to go by."""
    first = next((text[start:end] for start, end in _spans(text) if _words(text[start:end])), "")
    words = _words(first)
    if not words:
        return None
    point: dict[str, Any] = {"point": " ".join(text.split()), "patterns": [words]}
    return {**point, "negation": False} if has_cue(first) else point


def _words(text: str) -> list[str]:
    """The longest words of a sentence, in the order they come: the likeliest to be its terms."""
    found = dict.fromkeys(word.lower() for word in _WORD.findall(text))
    terms = sorted((word for word in found if word not in _COMMON), key=len, reverse=True)[:_MAX_WORDS]
    return [word for word in found if word in terms]


def _plain(text: str) -> str:
    return _MARKUP.sub("", text).strip()


def _fallback(answer: str) -> str:
    found = re.search(r"\w+", answer)
    return re.escape(found[0]) if found else r"\S"
