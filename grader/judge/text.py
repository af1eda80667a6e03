"""Text that came from a learner's process, made safe to show: no control codes, no bidirectional tricks, bounded."""

from __future__ import annotations

import re
import unicodedata

_MAX = 2000


def clean(text: str, *, keep_indent: bool = False, limit: int = _MAX) -> str:
    """`text` without control and format characters (escape sequences, bidi marks), tabs as spaces, cut at `limit`."""
    kept = "".join(_safe(character) for character in text[: limit + 1].expandtabs(4))
    kept = kept if keep_indent else kept.strip()
    return kept if len(kept) <= limit else kept[:limit] + "…"


def error_signature(kind: str, message: str) -> str:
    """What two runs of one mistake raise alike: the exception's kind and its text, numbers aside."""
    text = "" if message == kind else message.removeprefix(f"{kind}: ")
    return clean(f"{kind}: " + re.sub(r"\d+", "#", text))


def _safe(character: str) -> str:
    if character == "\n":
        return character
    return "�" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else character
