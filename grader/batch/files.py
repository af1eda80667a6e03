"""One learner's folder: which file is which exercise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import nsmallest
from pathlib import Path
from typing import TYPE_CHECKING

from grader.batch import archive, notebook, platforms
from grader.batch.submission import Submission, Trouble, text_of
from grader.course.catalog import Exercise
from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.batch.collect import Collector, Learner

MAX_FILES = 10_000  # looked at, of one learner
MAX_LISTED = 100  # listed as belonging to no exercise, of one learner


class Folder:
    """A folder of one learner's files.

    `shown`: how it is spoken of; `at`: when it was handed in, where that is known; `dated`: whether a file's own time
    tells it otherwise (it does not in a platform's download).
    """

    def __init__(
        self,
        collector: Collector,
        learner: Learner,
        path: Path,
        shown: str,
        at: datetime | None = None,
        *,
        dated: bool,
    ) -> None:
        self.collector, self.learner, self.path, self.shown = collector, learner, path, shown
        self.at, self.dated = at, dated
        self.by_name = {exercise.relative_path.name: exercise for exercise in collector.exercises}
        self.strangers = 0

    def walk(self, depth: int = 0) -> None:
        """Take every file. An archive in the folder is opened; an archive in that one is not."""
        later: list[tuple[Path, str]] = []
        for count, path in enumerate(nsmallest(MAX_FILES + 1, _files(self.path))):  # a million are not held
            shown = f"{self.shown}/{text_of(path.relative_to(self.path))}"
            if count >= MAX_FILES:
                why = f"holds more than {MAX_FILES:,} files; the rest was not looked at"
                self.aside(Trouble.UNREADABLE, self.shown, why)
                break
            if archive.is_archive(path.name) or notebook.is_notebook(path):
                later.append((path, shown))  # plain files first: they beat notebooks and archives
            else:
                self.file(path, path.name, shown)
        for path, shown in later:
            if notebook.is_notebook(path):
                self.notebook(path, shown)
            else:
                self.archive(path, shown, depth)
        if self.strangers > MAX_LISTED:
            why = f"holds {self.strangers - MAX_LISTED:,} more files that belong to no exercise"
            self.aside(Trouble.UNUSED, self.shown, why)

    def file(self, path: Path, name: str, shown: str) -> None:
        """Take one file, whose learner called it `name`."""
        if notebook.is_notebook(Path(name)):
            self.notebook(path, shown)
            return
        plain, copy = (name, 0) if name in self.by_name else platforms.plain_name(name)
        exercise = self.by_name.get(plain)
        if exercise is not None:
            self.take(exercise, path, shown, copy)
            return
        self.strangers += 1
        if self.strangers <= MAX_LISTED:
            foreign = archive.is_foreign_archive(name)
            why = "is an archive that cannot be opened: zip or tar" if foreign else "belongs to no exercise"
            self.aside(Trouble.UNREADABLE if foreign else Trouble.UNUSED, shown, why)

    def notebook(self, path: Path, shown: str) -> None:
        """Take every exercise that a notebook answers."""
        try:
            found = notebook.exercises_in(path, self.collector.exercises)
        except GraderError as wrong:
            self.aside(Trouble.UNREADABLE, shown, str(wrong.problems[0].message))
            return
        for exercise in found:
            self.take(exercise, path, shown, 0)
        if not found:
            self.aside(Trouble.UNUSED, shown, "defines no exercise")

    def archive(self, path: Path, shown: str, depth: int) -> None:
        """Open an archive among the files."""
        if depth > 0 or "!" in self.shown:
            self.aside(Trouble.UNREADABLE, shown, "is an archive in an archive, which is not opened")
            return
        if path.is_symlink() or not path.is_file():
            self.aside(Trouble.UNREADABLE, shown, "is not a regular file")
            return
        into = self.collector.room()
        try:
            for left in archive.unpack(path, into):
                self.aside(Trouble.UNREADABLE, f"{shown}!/{left.name}", left.why)
        except GraderError as wrong:
            self.aside(Trouble.UNREADABLE, shown, wrong.problems[0].message)
            return
        at = changed(path) if self.at is None and self.dated else self.at
        Folder(self.collector, self.learner, into, f"{shown}!", at, dated=False).walk(depth + 1)

    def take(self, exercise: Exercise, path: Path, shown: str, copy: int) -> None:
        """The learner's file for an exercise: the first, unless a platform numbered a later copy."""
        held = self.learner.files.get(exercise.id)
        if held is not None and copy <= self.learner.copies[exercise.id]:
            self.aside(
                Trouble.DUPLICATE, shown, f"is a second file for it; {held.shown} was taken", exercise.id
            )
            return
        if held is not None:
            self.aside(Trouble.DUPLICATE, held.shown, f"is an earlier copy; {shown} was taken", exercise.id)
        self.learner.copies[exercise.id] = copy
        at = changed(path) if self.at is None and self.dated else self.at
        self.learner.files[exercise.id] = Submission(self.learner.name, exercise, path, shown, at)

    def aside(self, kind: Trouble, shown: str, why: str, exercise: str | None = None) -> None:
        """List something of this learner's."""
        self.collector.aside(kind, shown, why, self.learner.name, exercise)


def _files(folder: Path) -> Iterator[Path]:
    """Everything that is no folder, and folders that bear a file's name: links are not followed."""
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__", "__MACOSX"))]
        for name in [*files, *(name for name in folders if name.endswith(".py"))]:
            if not name.startswith("."):
                yield Path(parent) / name


def changed(path: Path) -> datetime | None:
    """When the file was last written; None when nobody knows."""
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None
