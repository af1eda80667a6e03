"""What a kit holds of the solutions: nothing that runs, all that judging needs.

KIT/key/kit.json             {"format": 1, "course_version": ..., "exercises": {id: {fingerprint, weights, lessons}}}
KIT/key/<id>-<seed>-<device>-<dtype>.key       cases with expected values (`grader.judge.key`)
KIT/key/<id>-<seed>-<device>-<dtype>.chaffs    what each chaff gives on them
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.errors import CourseError

SEAL = Path("key") / "kit.json"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sealed(_Strict):
    """One exercise's solution as data: its fingerprint, what its checks weigh, what each chaff teaches."""

    fingerprint: str
    weights: dict[str, float]
    lessons: dict[str, str]


class Seal(_Strict):
    """`key/kit.json`, whole."""

    format: Literal[1]
    course_version: str
    seed: int
    exercises: dict[str, Sealed]


def load_seal(root: Path) -> Seal | None:
    """The kit's seal; None for a course with its solutions. Raises: `CourseError` when it is damaged."""
    path = root / SEAL
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, ValueError):
        raise CourseError(
            "is damaged, or made by another version of grader",
            path=path,
            remedy="take the kit anew, or install the version that made it",
        ) from None


@functools.lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> Seal:
    return Seal.model_validate_json(path.read_bytes())


def load_sealed(root: Path, exercise: str) -> Sealed | None:
    """What the kit at `root` says of an exercise; None when there is no kit. Raises: `CourseError`."""
    seal = load_seal(root)
    if seal is None:
        return None
    if exercise not in seal.exercises:
        raise CourseError(
            f"has no key of {exercise}, which your instructor judges",
            path=root / SEAL,
            remedy="name the exercises to check, or take the kit anew",
        )
    return seal.exercises[exercise]
