"""Any text as Markdown that shows exactly that text: no markup, no HTML, no links, no broken tables."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&:@/^$=\"'])")


def plain(text: str) -> str:
    """On one line; every character that Markdown could take for markup is escaped."""
    shown = "".join(letter if letter.isprintable() or letter.isspace() else "\ufffd" for letter in text)
    return _SPECIAL.sub(r"\\\1", " ".join(shown.split()))


def prose(text: str) -> str:
    """A course author's sentence: as `plain`, but what stands between backticks is code."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:
        return plain(text)
    return "".join(
        f"`{part}`" if place % 2 and part else plain_inside(part) for place, part in enumerate(parts)
    )


def plain_inside(part: str) -> str:
    """As `plain`, with the spaces at either end kept."""
    lead, tail = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
    return f"{lead}{plain(part)}{tail}" if part.strip() else part
