"""Things that share one text in other formats: explanation and source, question and picture, question and gap text."""

from __future__ import annotations

import re

_SOURCE = "*Source:* "
_PICTURE = re.compile(r"(?:^|\n\n)!\[([^\]\n]*)\]\(<?([^()<>\n]+)>?\)$")


def with_source(explanation: str, source: str) -> str:
    """The explanation, its source as the last paragraph."""
    return "\n\n".join(part for part in (explanation, f"{_SOURCE}{source}" if source else "") if part)


def split_source(text: str) -> tuple[str, str]:
    """Explanation and source of a text that `with_source` made; the source is empty in any other text."""
    head, found, tail = text.rpartition(_SOURCE)
    if not found or not tail.strip() or "\n\n" in tail or (head and not head.endswith("\n\n")):
        return text, ""
    return head.removesuffix("\n\n"), tail


def with_picture(stem: str, path: str, alt: str) -> str:
    """The question, its picture as the last paragraph."""
    return f"{stem}\n\n![{alt}]({path})"


def split_picture(text: str) -> tuple[str, str, str]:
    """Question, path and description of a picture in the last paragraph; the latter two are empty without one."""
    found = _PICTURE.search(text)
    if not found or not text[: found.start()].strip():
        return text, "", ""
    return text[: found.start()], found[2].strip(), found[1]
