"""What a lint rule finds, and where an item stands in its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml

from grader.course import yamlfile
from grader.errors import Problem
from grader.quiz.model import AnyItem

Steps = tuple[str | int, ...]


class Level(StrEnum):
    """An error makes an item unfair or unusable; a warning may be meant."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One defect: its rule's code, how grave it is, and the problem with place and remedy."""

    code: str
    level: Level
    problem: Problem

    def __str__(self) -> str:
        return f"{self.problem} [{self.code}]"


@dataclass(frozen=True)
class Place:
    """An item and where it stands: rules ask it for findings at a key of the item."""

    item: AnyItem
    path: Path
    root: yaml.Node | None
    index: int

    def error(self, code: str, steps: Steps, message: str, remedy: str) -> Finding:
        """An error at the key that `steps` lead to within the item."""
        return Finding(code, Level.ERROR, self._problem(steps, message, remedy))

    def warning(self, code: str, steps: Steps, message: str, remedy: str) -> Finding:
        """A warning at the key that `steps` lead to within the item."""
        return Finding(code, Level.WARNING, self._problem(steps, message, remedy))

    def _problem(self, steps: Steps, message: str, remedy: str) -> Problem:
        line = yamlfile.line_of(self.root, ["items", self.index, *steps])
        key = ".".join(["items", self.item.id, *(str(step) for step in steps)])
        return Problem(message, self.path, line, key, remedy)


Findings = Iterator[Finding]
