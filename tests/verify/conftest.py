"""A tiny course, and copies of it that may be broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

TINY = Path(__file__).resolve().parent.parent / "course" / "tiny"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A copy of the tiny course."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def edit(path: Path, *pairs: str) -> None:
    """Replace text in a file; each old text must be there."""
    text = path.read_text()
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)
