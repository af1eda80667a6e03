"""What is handed in: submissions, and everything found beside them with the reason why it is none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from grader.course.catalog import Exercise


class Trouble(StrEnum):
    """Why something is no grade."""

    UNREADABLE = "unreadable"  # an exercise's file, but not one that can be judged
    UNUSED = "unused"  # belongs to no exercise
    DUPLICATE = "duplicate"  # a second file for one exercise
    EMPTY = "empty"  # a learner without any exercise
    UNKNOWN = "unknown"  # a learner who is not in the roster; judged all the same
    MISSING = "missing"  # in the roster, handed in nothing
    LATE = "late"  # after the last moment that can count; judged all the same
    SKIPPED = "skipped"  # not judged on a device that this machine lacks
    GRADER_ERROR = "grader_error"  # nobody's answer: the course's, the machine's or the grader's fault


@dataclass(frozen=True, slots=True)
class Submission:
    """One exercise's file of one learner. The text is read when it is judged: a class does not fit in memory."""

    learner: str
    exercise: Exercise
    path: Path  # a file that is there to read: the learner's own, or one unpacked from where `shown` says
    shown: str
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Aside:
    """Something that was found and is no submission; or a submission that something is to be said of."""

    kind: Trouble
    path: str
    why: str
    learner: str | None = None
    exercise: str | None = None


@dataclass(frozen=True)
class Collected:
    """What was found: submissions in order, and everything else."""

    submissions: tuple[Submission, ...]
    asides: tuple[Aside, ...]


def text_of(name: str | Path) -> str:
    """A file's name as text that every database and terminal takes: bytes that are not UTF-8 are written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
