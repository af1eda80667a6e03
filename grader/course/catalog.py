"""A course from disk: `exercises/course.yaml` and the files beside it -> `Course` with its `Exercise`s."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from grader.course.builtin import builtin_root
from grader.course.model import CourseInfo, ExerciseInfo, Kind, Topic
from grader.course.sealed import Sealed, load_seal, load_sealed
from grader.course.solution import Solution, load_solution
from grader.course.suite import load_suite
from grader.course.yamlfile import load, read_text
from grader.errors import CourseError, Problem, UsageError

__all__ = ["Course", "Exercise", "builtin_root", "load_course"]


_SAYS_NOTHING_OF_VERDICTS = {"title", "hints", "concept", "prerequisites", "quiz"}


@dataclass(frozen=True)
class Exercise:
    """One exercise: its entry in `course.yaml`, and where its stub and solution lie."""

    info: ExerciseInfo
    topic: Topic
    root: Path
    subject: Exercise | None = None  # kind `tests`: whose implementations are tested

    @property
    def id(self) -> str:
        """The exercise's id, which is its file's name."""
        return self.info.id

    @property
    def relative_path(self) -> Path:
        """`<topic>/<id>.py`, in `exercises/`, `solutions/`, a workspace or a submission."""
        return Path(self.topic.id) / f"{self.id}.py"

    @property
    def stub_path(self) -> Path:
        """Where the stub lies."""
        return self.root / "exercises" / self.relative_path

    @cached_property
    def stub(self) -> str:
        """The stub's text. Raises: `CourseError`."""
        return read_text(self.stub_path, error=CourseError)

    @cached_property
    def solution(self) -> Solution:
        """Reference, wheats, chaffs, cases. Raises: `CourseError` when it is missing (as in a learner's kit)."""
        path = self.root / "solutions" / self.relative_path
        if self.info.kind is Kind.TESTS:
            return load_suite(path.with_suffix(""), self.info)
        return load_solution(path, self.info)

    @cached_property
    def sealed(self) -> Sealed | None:
        """What a kit says in the solution's place; None where the solution is at hand."""
        path = self.root / "solutions" / self.relative_path
        if path.exists() or path.with_suffix("").exists():
            return None
        return load_sealed(self.root, self.id)

    @property
    def weights(self) -> Mapping[str, float]:
        """What the author's checks weigh. Raises: `CourseError`."""
        if self.sealed is not None:
            return self.sealed.weights
        weights: Mapping[str, float] = self.solution.option("CHECKS", {})
        return weights

    @property
    def lessons(self) -> Mapping[str, str]:
        """Chaff -> its lesson. Raises: `CourseError`."""
        if self.sealed is not None:
            return self.sealed.lessons
        return {chaff.name: chaff.text for chaff in self.solution.chaffs}

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all that decides a verdict: statement, solution and settings."""
        if self.sealed is not None:
            return self.sealed.fingerprint
        tested = self.subject.fingerprint if self.subject is not None else ""
        parts = (
            self.info.model_dump_json(exclude=_SAYS_NOTHING_OF_VERDICTS),
            self.stub,
            self.solution.source,
            tested,
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Course:
    """A course: its folder and what `course.yaml` says."""

    root: Path
    info: CourseInfo

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """Every exercise in teaching order."""
        plain = [Exercise(info, topic, self.root) for topic in self.info.topics for info in topic.exercises]
        by_id = {exercise.id: exercise for exercise in plain}
        return tuple(replace(e, subject=by_id.get(e.info.subject)) if e.info.subject else e for e in plain)

    @cached_property
    def version(self) -> str:
        """A short hash of everything in the course that decides a verdict; a kit has its course's."""
        seal = load_seal(self.root)
        if seal is not None:
            return seal.course_version
        files = sorted([self.root / "exercises" / "course.yaml", *_content(self.root)])
        digest = hashlib.sha256()
        for file in files:
            digest.update(str(file.relative_to(self.root)).encode() + b"\0" + file.read_bytes() + b"\0")
        return digest.hexdigest()[:12]

    def exercise(self, name: str) -> Exercise:
        """The exercise of that id (or path). Raises: `UsageError` with the nearest id when there is none."""
        wanted = Path(name).stem if name.endswith(".py") else name
        for exercise in self.exercises:
            if exercise.id == wanted:
                return exercise
        from difflib import get_close_matches

        near = get_close_matches(wanted, [exercise.id for exercise in self.exercises], n=1)
        remedy = f"did you mean {near[0]}?" if near else "see `grader list`"
        raise UsageError(f"no exercise {name!r} in this course", remedy=remedy)

    def select(self, names: Sequence[str]) -> tuple[Exercise, ...]:
        """The named exercises (or whole topics), in teaching order; all when none is named. Raises: `UsageError`."""
        if not names:
            return self.exercises
        topics = {topic.id for topic in self.info.topics}
        chosen = {name for name in names if name in topics}
        wanted = {self.exercise(name).id for name in names if name not in chosen}
        return tuple(e for e in self.exercises if e.id in wanted or e.topic.id in chosen)


def load_course(root: Path) -> Course:
    """The course at `root`. Raises: `CourseError` with every problem of `course.yaml` and every missing stub."""
    path = root / "exercises" / "course.yaml"
    if not root.is_dir():
        raise CourseError(
            "no such folder", path=root, remedy="--course takes a folder that holds exercises/course.yaml"
        )
    course = Course(root, load(path, CourseInfo))
    problems = [*_repeated(course, path), *_missing(course), *_dangling(course, path)]
    if problems:
        raise CourseError("", problems=problems)
    return course


def _repeated(course: Course, path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for exercise in course.exercises:
        if exercise.id in seen:
            yield Problem("is the id of two exercises", path, key=exercise.id)
        seen.add(exercise.id)


def _missing(course: Course) -> Iterator[Problem]:
    for exercise in course.exercises:
        if not exercise.stub_path.is_file():
            yield Problem(
                "no such stub", exercise.stub_path, remedy="write it, or take the exercise out of course.yaml"
            )


def _dangling(course: Course, path: Path) -> Iterator[Problem]:
    known = {exercise.id for exercise in course.exercises}
    for exercise in course.exercises:
        for other in exercise.info.prerequisites:
            if other not in known:
                yield Problem(f"prerequisite {other!r} is no exercise", path, key=exercise.id)
        if (exercise.info.kind is Kind.TESTS) != (exercise.subject is not None):
            yield Problem("`subject` names the exercise that a `tests` exercise tests", path, key=exercise.id)


def _content(root: Path) -> list[Path]:
    return [*(root / "exercises").rglob("*.py"), *(root / "solutions").rglob("*.py")]
