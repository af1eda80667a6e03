"""What a list of the course needs, kept once the course was found right, so that listing it parses nothing.

CACHE/outline-<sha256 of course.yaml and of the engine>.json     SHA-256 of the rest, a line end, the outline
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.course.keeping import keep, opened, sealed

_SOURCES = ("model.py", "catalog.py", "outline.py")
_KEPT = 64  # outlines of so many courses and versions


@dataclass(frozen=True)
class Listed:
    """An exercise of the list."""

    id: str
    title: str
    points: float
    topic: str

    @property
    def relative_path(self) -> Path:
        """`<topic>/<id>.py`."""
        return Path(self.topic) / f"{self.id}.py"


@dataclass(frozen=True)
class Chapter:
    """A topic of the list."""

    id: str
    title: str
    exercises: tuple[Listed, ...]


@dataclass(frozen=True)
class Outline:
    """A course as it is listed."""

    id: str
    chapters: tuple[Chapter, ...]


def outline(root: Path, cache: Path) -> Outline:
    """The outline of the course at `root`; `cache` is a folder. Raises: `CourseError` as `load_course` does."""
    entry = _entry(root, cache)
    found = None if entry is None else _kept(entry)
    if found is not None and all(_has_stub(root, one) for part in found.chapters for one in part.exercises):
        return found
    from grader.course.catalog import load_course

    info = load_course(root).info
    chapters = [
        Chapter(
            topic.id, topic.title, tuple(Listed(e.id, e.title, e.points, topic.id) for e in topic.exercises)
        )
        for topic in info.topics
    ]
    fresh = Outline(info.id, tuple(chapters))
    if entry is not None:
        keep(entry, sealed(json.dumps(asdict(fresh))), _KEPT)
    return fresh


def _entry(root: Path, cache: Path) -> Path | None:
    here = Path(__file__).parent
    try:
        parts = [(here / name).read_bytes() for name in _SOURCES]
        parts.append((root / "exercises" / "course.yaml").read_bytes())
    except OSError:  # the course's own loading says what is wrong
        return None
    name = hashlib.sha256(b"\0".join(parts)).hexdigest()
    return cache / f"outline-{name}.json"


def _kept(entry: Path) -> Outline | None:
    try:
        data = json.loads(opened(entry.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    chapters = [
        Chapter(part["id"], part["title"], tuple(Listed(**one) for one in part["exercises"]))
        for part in data["chapters"]
    ]
    return Outline(data["id"], tuple(chapters))


def _has_stub(root: Path, one: Listed) -> bool:
    return (root / "exercises" / one.relative_path).is_file()
