"""Submissions from disk: who handed in what. Nothing is dropped: what cannot be used is listed with its reason.

SUBMISSIONS/<learner>/<topic>/<id>.py     mirrors exercises/
SUBMISSIONS/<learner>/<id>.py             flat
SUBMISSIONS/<learner>/*.ipynb             notebooks
SUBMISSIONS/<learner>.zip, .tar.*         archives, and archives in a learner's folder
SUBMISSIONS/<learner>/.git                git clones: the last commit before the deadline
SUBMISSIONS/<name>_<id>_<file id>_...     Canvas; Moodle alike; either as the platform's own zip
SUBMISSIONS/submission_metadata.yml       a Gradescope export
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from grader.batch import archive, platforms, repository
from grader.batch.files import Folder, changed
from grader.batch.platforms import Named
from grader.batch.roster import Roster
from grader.batch.submission import Aside, Collected, Submission, Trouble, text_of
from grader.course.catalog import Course, Exercise
from grader.errors import GraderError, InputError
from grader.gradebook.assignment import Assignment


def collect(
    root: Path,
    course: Course,
    scratch: Path,
    *,
    roster: Roster | None = None,
    assignment: Assignment | None = None,
) -> Collected:
    """Everything under `root`, a folder or an archive. What must be unpacked goes below `scratch`, and is read from there.

    Raises: `InputError` when there is nothing of that name, or nothing in it.
    """
    return _all(Collector(course, scratch, roster, assignment).plan(root).stream(keep=True))


def collect_one(folder: Path, course: Course, scratch: Path, learner: str = "submission") -> Collected:
    """What one learner handed in, in a folder of their own. Raises: `InputError` when there is no such folder."""
    if not folder.is_dir():
        raise InputError("no such folder", path=folder, remedy="give the folder that holds the files")
    collector = Collector(course, scratch, None, None)
    return _all(Plan(collector, {learner: [partial(collector.walk, folder)]}).stream(keep=True))


@dataclass
class Learner:
    """What was found of one learner, wherever it lay."""

    name: str
    files: dict[str, Submission] = field(default_factory=dict)
    copies: dict[str, int] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)


Step = Callable[["Learner"], None]
"""Goes through one thing that a learner handed in."""


@dataclass
class Plan:
    """Who handed in what, before anything of it is opened; used once."""

    collector: Collector
    steps: dict[str, list[Step]]

    @property
    def learners(self) -> int:
        """How many handed in anything."""
        return len(self.steps)

    def stream(self, *, keep: bool = False) -> Iterator[Submission | Aside]:
        """Each learner's submissions in the course's order, and whatever else was found. What a learner's archives were
        unpacked to is gone when the next learner is asked for, unless it is to be kept.
        """
        collector = self.collector
        yield from collector.drained()
        for name in sorted(self.steps):
            learner = Learner(name)
            for step in self.steps[name]:
                step(learner)
            collector.judged_by_roster(learner)
            for submission in _ordered(learner, collector.exercises):
                collector.late(submission)
                yield submission
            yield from collector.drained()
            if not keep:
                collector.clear()
        for name in collector.roster.learners if collector.roster else ():
            if name not in self.steps:
                yield Aside(Trouble.MISSING, "", "handed in nothing", name)


class Collector:
    """Goes through what was handed in; used once."""

    def __init__(
        self, course: Course, scratch: Path, roster: Roster | None, assignment: Assignment | None
    ) -> None:
        self.scratch, self.roster, self.assignment = scratch, roster, assignment
        self.exercises: tuple[Exercise, ...] = tuple(
            exercise for exercise in course.exercises if assignment is None or assignment.entry(exercise.id)
        )
        self.asides: list[Aside] = []
        self.unpacked = self.kept = 0  # folders in the scratch space; the first `kept` stay until the end
        self.dated = True  # whether a file's own time says when it was handed in

    def plan(self, root: Path) -> Plan:
        """Everything under `root`, by learner."""
        if root.is_file() and archive.is_archive(root.name):
            root = self._unpacked(root, archive.CLASS, root.name, None)
            self.kept = self.unpacked
            self.dated = False
        if not root.is_dir():
            remedy = "give the folder that holds one folder per learner, or a platform's download"
            raise InputError("no such folder or archive", path=root, remedy=remedy)
        entries = sorted(entry for entry in root.iterdir() if not entry.name.startswith("."))
        entries = [entry for entry in entries if entry.name != "__MACOSX"]
        if len(entries) == 1 and entries[0].is_dir() and _is_export(entries[0]):
            return self.plan(entries[0])
        if not entries:
            raise InputError(
                "is empty", path=root, remedy="give the folder that holds one folder per learner"
            )
        found: dict[str, list[Step]] = {}
        steps = (
            self._gradescope(root, entries)
            if (root / platforms.GRADESCOPE).is_file()
            else (said for entry in entries for said in self._entry(entry))
        )
        for learner, step in steps:
            found.setdefault(learner, []).append(step)
        return Plan(self, found)

    def _entry(self, entry: Path) -> Iterator[tuple[str, Step]]:
        """One thing at the top: a learner's folder or archive, or one file that a platform named."""
        name = text_of(entry.name)
        is_folder = entry.is_dir() and not entry.is_symlink()
        said = platforms.named(entry.name, folder=is_folder)
        if entry.is_symlink() or not (is_folder or entry.is_file()):
            self.aside(Trouble.UNUSED, name, "is not a learner's folder or archive")
        elif is_folder:
            yield self.name(said or Named(name, ())), partial(self._folder, entry, name, None, said is None)
        elif said is not None and said.file:
            yield self.name(said), partial(self._platform_file, entry, said, name)
        elif archive.is_archive(entry.name):
            learner = self.name(Named(text_of(archive.stem(entry.name)), ()))
            yield learner, partial(self._archive, entry, name)
        else:
            foreign = archive.is_foreign_archive(entry.name)
            why = (
                "is an archive that cannot be opened: zip or tar"
                if foreign
                else "is not a learner's folder or archive"
            )
            self.aside(Trouble.UNUSED, name, why)

    def _gradescope(self, root: Path, entries: list[Path]) -> Iterator[tuple[str, Step]]:
        handed = platforms.gradescope(root / platforms.GRADESCOPE)
        for one in handed:
            for named in one.learners:
                folder = root / one.folder
                yield self.name(named), partial(self._exported, folder, one.folder, one.submitted_at)
        listed = {platforms.GRADESCOPE, *(one.folder for one in handed)}
        for entry in entries:
            if entry.name not in listed:
                self.aside(Trouble.UNUSED, text_of(entry.name), "is not in the export's metadata")

    def _exported(self, folder: Path, shown: str, at: datetime | None, learner: Learner) -> None:
        if folder.is_dir():
            self._folder(folder, shown, at, True, learner)
        else:
            self.aside(Trouble.EMPTY, shown, "is not in the export", learner.name)

    def walk(self, folder: Path, learner: Learner) -> None:
        """One learner's folder, as it is."""
        Folder(self, learner, folder, ".", dated=True).walk()

    def _platform_file(self, entry: Path, said: Named, shown: str, learner: Learner) -> None:
        if said.late and self.assignment is not None:
            why = "is marked late by the platform, which does not say when it came: set its score by hand"
            self.aside(Trouble.LATE, shown, why, learner.name)
        if archive.is_archive(said.file):
            self._archive(entry, shown, learner, dated=False)
        else:
            learner.places.append(shown)
            Folder(self, learner, entry.parent, shown, dated=False).file(entry, said.file, shown)

    def _archive(self, path: Path, shown: str, learner: Learner, dated: bool = True) -> None:
        learner.places.append(shown)
        try:
            folder = self._unpacked(path, archive.LEARNER, shown, learner.name)
        except GraderError as wrong:
            self.aside(Trouble.UNREADABLE, shown, wrong.problems[0].message, learner.name)
            return
        at = changed(path) if dated and self.dated else None
        Folder(self, learner, folder, f"{shown}!", at, dated=False).walk()

    def _folder(self, folder: Path, shown: str, at: datetime | None, dated: bool, learner: Learner) -> None:
        learner.places.append(shown)
        if repository.git_folder(folder) is not None:
            before = self.assignment.closing(learner.name) if self.assignment else None
            into = self.room()
            try:
                commit = repository.export(folder, into, before)
            except (GraderError, OSError) as wrong:
                self.aside(Trouble.UNREADABLE, shown, str(wrong), learner.name)
                return
            folder, at, shown = into, commit.at, f"{shown}@{commit.id[:12]}"
        Folder(self, learner, folder, shown, at, dated=dated and self.dated).walk()

    def _unpacked(self, path: Path, bounds: archive.Bounds, shown: str, learner: str | None) -> Path:
        into = self.room()
        for left in archive.unpack(path, into, bounds, (platforms.GRADESCOPE,)):
            kind = Trouble.UNUSED if left.why == "belongs to no exercise" else Trouble.UNREADABLE
            self.aside(kind, f"{shown}!/{left.name}", left.why, learner)
        return into

    # ----------------------------------------------------------------------------------- what `Folder` asks for

    def name(self, said: Named) -> str:
        """The learner whom a platform's or folder's name means, by the roster where it knows."""
        found = self.roster.find(said.learner, *said.aliases) if self.roster else None
        return found or said.learner

    def room(self) -> Path:
        """A new empty folder in the scratch space."""
        self.unpacked += 1
        folder = self.scratch / str(self.unpacked)
        folder.mkdir(parents=True)
        return folder

    def aside(
        self, kind: Trouble, path: str, why: str, learner: str | None = None, exercise: str | None = None
    ) -> None:
        """List something that is no submission."""
        self.asides.append(Aside(kind, path, why, learner, exercise))

    # ------------------------------------------------------------------------------------ what `Plan` asks for

    def judged_by_roster(self, learner: Learner) -> None:
        """Say of a learner that nothing was handed in, or that the roster knows of none."""
        places = ", ".join(learner.places)
        if not learner.files:
            self.aside(Trouble.EMPTY, places, "holds no exercise", learner.name)
        if self.roster is not None and learner.name not in self.roster.learners:
            self.aside(Trouble.UNKNOWN, places, "is not in the roster; judged all the same", learner.name)

    def late(self, one: Submission) -> None:
        """Say of a submission that it came after all that can count."""
        closing = self.assignment.closing(one.learner) if self.assignment else None
        if closing is not None and one.submitted_at is not None and one.submitted_at > closing:
            why = f"was handed in on {one.submitted_at:%Y-%m-%d %H:%M} UTC, after the last moment that can count"
            self.aside(Trouble.LATE, one.shown, why, one.learner, one.exercise.id)

    def drained(self) -> list[Aside]:
        """The asides since the last time."""
        found, self.asides = self.asides, []
        return found

    def clear(self) -> None:
        """Remove what was unpacked since the class itself was."""
        while self.unpacked > self.kept:
            shutil.rmtree(self.scratch / str(self.unpacked), ignore_errors=True)
            self.unpacked -= 1


def _all(found: Iterable[Submission | Aside]) -> Collected:
    submissions: list[Submission] = []
    asides: list[Aside] = []
    for one in found:
        if isinstance(one, Submission):
            submissions.append(one)
        else:
            asides.append(one)
    return Collected(tuple(submissions), tuple(asides))


def _ordered(learner: Learner, exercises: tuple[Exercise, ...]) -> list[Submission]:
    return [learner.files[exercise.id] for exercise in exercises if exercise.id in learner.files]


def _is_export(folder: Path) -> bool:
    """Whether the only folder in a download is the export itself, as Gradescope packs it."""
    return (folder / platforms.GRADESCOPE).is_file()
