"""Authored patterns: regular expressions as an instructor types them, run against a clock.

Read without regard to case. A pattern that begins with a letter begins at the start of a word; it may end inside one
(`pool` finds `pooling`). A space stands for any run of spaces and hyphens (`weight shar` finds `weight-sharing`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import regex

TIMEOUT_S = 0.25
"""Longest a pattern may take on one answer; `quiz lint` refuses one that could take as long."""

_GAP = r"[\s\-\u2010-\u2015]+"


class PatternError(ValueError):
    """A pattern that is no regular expression; the message says why."""


class TooSlow(Exception):
    """A pattern took longer than `TIMEOUT_S`."""


@functools.lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """The pattern ready for use. Raises: PatternError."""
    start = r"(?<!\w)" if pattern[:1].isalnum() or pattern[:1] == "(" else ""
    try:
        return regex.compile(f"{start}(?:{_spaced(pattern)})", regex.IGNORECASE)
    except regex.error as wrong:
        raise PatternError(
            f"{wrong.msg} at position {wrong.pos}" if wrong.pos is not None else wrong.msg
        ) from None
    except (OverflowError, RecursionError, ValueError) as wrong:
        raise PatternError(str(wrong)) from None


def spans(
    pattern: str, text: str, start: int, end: int, timeout_s: float = TIMEOUT_S
) -> Iterator[tuple[int, int]]:
    """Where `pattern` matches within `text[start:end]`. Raises: PatternError, TooSlow."""
    try:
        for match in compiled(pattern).finditer(text, start, end, timeout=timeout_s):
            if match.end() > match.start():
                yield match.span()
    except TimeoutError:
        raise TooSlow(pattern) from None


def _spaced(pattern: str) -> str:
    """Spaces outside character classes as gaps."""
    out: list[str] = []
    in_class = escaped = False
    for sign in pattern:
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == "[":
            in_class = True
        elif sign == "]":
            in_class = False
        elif sign == " " and not in_class:
            if out[-1:] != [_GAP]:
                out.append(_GAP)
            continue
        out.append(sign)
    return "".join(out)
