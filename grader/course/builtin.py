"""Where the built-in course lies; a module of its own so that the quiz need not load the exercises' machinery."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def builtin_root() -> Path:
    """The built-in CNN course: this checkout's folders, or the copy that the wheel carries."""
    packaged = _PACKAGE / "_builtin"
    return packaged if packaged.is_dir() else _PACKAGE.parent
