"""What was proved before, kept on disk: nothing is judged twice while neither the exercise nor the judge changes.

CACHE/<exercise>-<what>-<hash of exercise, code and settings>.json
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

Found = TypeVar("Found", bound=BaseModel)

_PACKAGE = Path(__file__).resolve().parent.parent
_COURSE = ("catalog", "model", "solution", "standalone")
_DECIDING = ("author.py", *(f"course/{name}.py" for name in _COURSE), "judge", "verify", "worker")


class Store:
    """Results by name and content; a store that cannot be written only costs time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str, content: str, model: type[Found]) -> Found | None:
        """What was kept, or None; a damaged entry counts as none."""
        try:
            return model.model_validate_json(self._path(name, content).read_bytes())
        except (OSError, ValidationError):
            return None

    def put(self, name: str, content: str, found: BaseModel) -> None:
        """Keep a result in place of older ones of that name."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            for old in self.folder.glob(f"{name}-*.json"):
                old.unlink(missing_ok=True)
            path = self._path(name, content)
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            fresh.write_text(found.model_dump_json(), encoding="utf-8")
            os.replace(fresh, path)

    def last_wall_s(self, name: str) -> float | None:
        """How long the job of that name took last, whatever has changed since; None when it is new."""
        for file in self.folder.glob(f"{name}-*.json"):
            try:
                return float(json.loads(file.read_bytes())["wall_s"])
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return None

    def _path(self, name: str, content: str) -> Path:
        digest = hashlib.sha256(f"{code_version()}\0{content}".encode()).hexdigest()[:24]
        return self.folder / f"{name}-{digest}.json"


@functools.cache
def code_version() -> str:
    """A hash of all code that decides what is proved, and of the framework's version."""
    import importlib.metadata

    digest = hashlib.sha256()
    for name in _DECIDING:
        path = _PACKAGE / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    for package in ("torch", "numpy"):
        digest.update(importlib.metadata.version(package).encode())
    return digest.hexdigest()[:16]
