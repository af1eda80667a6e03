"""Errors that are nobody's answer: the course, a file or the machine is wrong.

A learner's mistake is never an exception of these kinds; it is a value in a verdict.

    GraderError                 exit code 3
    ├── CourseError             the course's own files are wrong
    ├── InputError              a file the user gave cannot be used
    ├── MachineError            this machine lacks something the job needs
    │   └── DeviceError         a device of it cannot be used; others can
    └── UsageError              the command was asked for something impossible (exit code 2)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one file: `file:line: key: message`."""

    message: str
    path: Path | None = None
    line: int | None = None
    key: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        place = "" if self.path is None else str(self.path)
        if self.line is not None:
            place += f":{self.line}"
        parts = [part for part in (place, self.key) if part]
        text = ": ".join([*parts, self.message])
        return f"{text} ({self.remedy})" if self.remedy else text


class GraderError(Exception):
    """Something other than a learner's answer is wrong; carries every problem found at once."""

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        path: Path | None = None,
        line: int | None = None,
        key: str | None = None,
        remedy: str | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        self.problems = tuple(problems) or (Problem(message, path, line, key, remedy),)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CourseError(GraderError):
    """The course's own files are wrong: the author mends them, and nobody loses points."""


class InputError(GraderError):
    """A file or folder the user named cannot be used."""


class MachineError(GraderError):
    """The machine lacks something the job needs; the message says how to get it."""


class DeviceError(MachineError):
    """One of the machine's devices cannot be used now: nobody loses points for it, and other devices go on."""


class UsageError(GraderError):
    """The command was asked for something that does not exist or does not fit together."""

    exit_code = 2
