"""A kit: the course without a line of solution code, and all that judging with one seed needs.

OUT/exercises/    course.yaml and the stubs
OUT/quizzes/      the item banks
OUT/key/          expected values, what each chaff gives, lessons and weights (see `grader.course.sealed`)
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.course.catalog import Course, Exercise
from grader.course.model import Kind
from grader.course.sealed import SEAL, Seal, Sealed
from grader.errors import CourseError, InputError
from grader.judge import key as keys
from grader.judge.keysmith import Keysmith, kit_file
from grader.sandbox.frameworks import lacking
from grader.worker.wire import Message

_DTYPE, _DEVICE = "float32", "cpu"


@dataclass(frozen=True)
class Made:
    """What a kit holds: exercises that can be judged from it, and those that only their solutions can judge."""

    folder: Path
    sealed: tuple[str, ...]
    without_key: tuple[str, ...]


def make_kit(course: Course, out: Path, keysmith: Keysmith, seed: int = 0) -> Made:
    """Write the kit at `out`, whole or not at all.

    Raises: `InputError` when `out` holds something already or cannot be written, `CourseError` when the course has no
    solutions or a wrong one.
    """
    _refuse_kits(course)
    with fresh_folder(out) as building:
        made = fill(course, building, keysmith, seed)
    return Made(out, made.sealed, made.without_key)


def fill(course: Course, folder: Path, keysmith: Keysmith, seed: int) -> Made:
    """Write the kit into an empty folder."""
    _refuse_kits(course)
    copy_stubs(course, folder / "exercises")
    shutil.copyfile(course.root / "exercises" / "course.yaml", folder / "exercises" / "course.yaml")
    if (course.root / "quizzes").is_dir():
        shutil.copytree(course.root / "quizzes", folder / "quizzes")
    judged = [
        exercise
        for exercise in course.exercises
        if exercise.info.kind is not Kind.TESTS and lacking(exercise.info.framework) is None
    ]
    sealed = {exercise.id: _seal(exercise, folder, keysmith, seed) for exercise in judged}
    seal = Seal(format=1, course_version=course.version, seed=seed, exercises=sealed)
    (folder / SEAL).parent.mkdir(exist_ok=True)
    (folder / SEAL).write_text(seal.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return Made(folder, tuple(sealed), tuple(e.id for e in course.exercises if e.id not in sealed))


def copy_stubs(course: Course, into: Path) -> None:
    """The stubs, laid out as in `exercises/`."""
    for exercise in course.exercises:
        target = into / exercise.relative_path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(exercise.stub, encoding="utf-8")


class fresh_folder:
    """A folder that appears at `out` when everything in it is written."""

    def __init__(self, out: Path) -> None:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError("is there already", path=out, remedy="name a new folder")
        self.out = out

    def __enter__(self) -> Path:
        try:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            self.building = Path(tempfile.mkdtemp(prefix=f".{self.out.name}-", dir=self.out.parent))
        except OSError as wrong:
            raise InputError(f"cannot be written: {wrong.strerror}", path=self.out) from None
        return self.building

    def __exit__(self, kind: object, wrong: object, trace: object) -> None:
        if kind is not None:
            shutil.rmtree(self.building, ignore_errors=True)
            return
        self.building.chmod(0o755)
        os.replace(self.building, self.out)


def _seal(exercise: Exercise, folder: Path, keysmith: Keysmith, seed: int) -> Sealed:
    key = keysmith.key(exercise, seed, _DEVICE, _DTYPE)
    seen = keysmith.chaffs(exercise, key, seed, _DTYPE)
    away = Exercise(exercise.info, exercise.topic, folder)
    _save(kit_file(away, seed, _DEVICE, _DTYPE, "key"), keys.key_message(key))
    _save(kit_file(away, seed, _DEVICE, _DTYPE, "chaffs"), keys.seen_message(seen))
    return keysmith.sealed(exercise)


def _save(path: Path, message: Message) -> None:
    """A kit's files are for everybody to read."""
    keys.save(path, message)
    path.chmod(0o644)
    path.parent.chmod(0o755)


def _refuse_kits(course: Course) -> None:
    missing: Iterable[Exercise] = (exercise for exercise in course.exercises if exercise.sealed is not None)
    found = next(iter(missing), None)
    if found is not None:
        raise CourseError(
            f"has no solution of {found.id}: it is a kit itself",
            path=course.root,
            remedy="make kits from the course with its solutions",
        )
