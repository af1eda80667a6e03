"""Which files are banks, and where a bank that was checked is kept; needs nothing that parses one.

CACHE/quiz-<sha256 of the file and of the engine>.json     SHA-256 of the rest, a line end, the bank as JSON
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from grader.course.keeping import opened
from grader.course.textfile import read_text
from grader.errors import CourseError, GraderError, UsageError

_SOURCES = (
    "parts.py",
    "item.py",
    "kinds.py",
    "recall.py",
    "model.py",
    "frozen.py",
    "light.py",
    "modelling.py",
)

_NUMBERED = re.compile(r"^\d+_")


def bank_paths(quizzes: Path, names: Sequence[str]) -> list[Path]:
    """The bank files that names stand for: `pooling` is `quizzes/pooling.yaml` or `02_pooling.yaml`, a path is itself; all when
    empty.

    Raises: UsageError for a name that is no bank, with those it may have meant; CourseError when there are none.
    """
    if not names:
        return [quizzes]
    return [_bank_path(quizzes, name) for name in names]


def _bank_path(quizzes: Path, name: str) -> Path:
    for path in (quizzes / f"{name}.yaml", quizzes / f"{name}.yml"):
        if path.is_file():
            return path
    given = Path(name)
    if given.exists():
        return given
    known = sorted({path.stem for path in bank_files([quizzes])}) if quizzes.is_dir() else []
    meant = [path for path in bank_files([quizzes]) if _NUMBERED.sub("", path.stem) == name] if known else []
    if len(meant) == 1:
        return meant[0]
    near = difflib.get_close_matches(name, known, 3) or known
    remedy = f"there are: {', '.join(near)}" if near else f"{quizzes} holds no banks"
    raise UsageError(f"there is no bank {name}", remedy=remedy)


def bank_files(paths: Iterable[Path]) -> list[Path]:
    """The bank files that `paths` name, folders searched, each once. Raises: CourseError for a folder without any."""
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        inside = sorted(
            file for file in path.rglob("*") if file.suffix in {".yaml", ".yml"} and file.is_file()
        )
        if not inside:
            raise CourseError("holds no bank", path=path, remedy="add one with `grader new bank TOPIC`")
        found.update(dict.fromkeys(inside))
    return list(found)


def entry_of(text: str, cache: Path) -> Path:
    """Where the bank with this text is kept."""
    return cache / f"quiz-{hashlib.sha256(_engine() + text.encode()).hexdigest()}.json"


def are_kept(paths: Iterable[Path], cache: Path) -> bool:
    """Whether every bank that `paths` name is kept undamaged, so that none has to be parsed."""
    try:
        for path in bank_files(paths):
            opened(entry_of(read_text(path), cache).read_text(encoding="utf-8"))
    except (OSError, ValueError, GraderError):
        return False
    return True


@functools.cache
def _engine() -> bytes:
    """A hash of the models' own source: a bank is parsed again when what a bank may say has changed."""
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in _SOURCES)).digest()
