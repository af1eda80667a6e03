"""Submissions from disk: who handed in what. Nothing is dropped: what cannot be used is listed with its reason.

SUBMISSIONS/<learner>/<topic>/<id>.py     mirrors exercises/
SUBMISSIONS/<learner>/<id>.py             flat
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.course.catalog import Course, Exercise
from grader.errors import GraderError, InputError
from grader.judge.judge import read_submission

MAX_FILES = 10_000  # of one learner


@dataclass(frozen=True)
class Submission:
    """One file of one learner; `source` is None, and `trouble` says why, when it cannot be judged."""

    learner: str
    exercise: Exercise
    path: Path
    submitted_at: datetime | None
    source: str | None
    trouble: str = ""


@dataclass(frozen=True)
class Collected:
    """What was found: submissions in order, and what belongs to no exercise or learner."""

    submissions: tuple[Submission, ...]
    unused: tuple[tuple[Path, str], ...]


def collect(root: Path, course: Course) -> Collected:
    """Everything under `root`. Raises: `InputError` when it is no folder or holds no learner's folder."""
    if not root.is_dir():
        raise InputError(
            "no such folder", path=root, remedy="give the folder that holds one folder per learner"
        )
    submissions: list[Submission] = []
    unused: list[tuple[Path, str]] = []
    learners = sorted(entry for entry in root.iterdir() if not entry.name.startswith("."))
    for folder in learners:
        if folder.is_symlink() or not folder.is_dir():
            unused.append((folder, "is not a learner's folder"))
            continue
        found, rest = _of_learner(folder, course)
        submissions += found
        unused += rest
    if not learners:
        raise InputError("is empty", path=root, remedy="give the folder that holds one folder per learner")
    return Collected(tuple(submissions), tuple(unused))


def _of_learner(folder: Path, course: Course) -> tuple[list[Submission], list[tuple[Path, str]]]:
    by_name = {exercise.relative_path.name: exercise for exercise in course.exercises}
    found: dict[str, Submission] = {}
    unused: list[tuple[Path, str]] = []
    for count, path in enumerate(sorted(_files(folder))):
        if count >= MAX_FILES:
            unused.append((folder, f"holds more than {MAX_FILES:,} files; the rest was not looked at"))
            break
        exercise = by_name.get(path.name)
        if exercise is None:
            unused.append((path, "belongs to no exercise"))
        elif exercise.id in found:
            unused.append((path, f"is a second file for {exercise.id}; {found[exercise.id].path} was taken"))
        else:
            found[exercise.id] = _submission(folder.name, exercise, path)
    if not found:
        unused.append((folder, "holds no exercise"))
    return list(found.values()), unused


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        for name in [*files, *(name for name in folders if name.endswith(".py"))]:
            if not name.startswith("."):
                yield Path(parent) / name


def _submission(learner: str, exercise: Exercise, path: Path) -> Submission:
    try:
        source = read_submission(path)
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except GraderError as wrong:
        return Submission(learner, exercise, path, None, None, wrong.problems[0].message)
    return Submission(learner, exercise, path, changed, source)
