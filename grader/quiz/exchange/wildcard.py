"""The asterisk of Moodle's short answers: it stands for any text unless a backslash is before it."""

from __future__ import annotations

import re
from collections.abc import Callable

WILD = "a * that stands for any text there is an asterisk here"


def starred(text: str) -> str:
    """The text as Moodle takes it literally."""
    return text.replace("*", "\\*")


def unstarred(text: str, on_wild: Callable[[], None]) -> str:
    """What `starred` was made from; `on_wild` is called for a text that means more than it says."""
    if re.search(r"(?<!\\)\*", text):
        on_wild()
    return text.replace("\\*", "*")
