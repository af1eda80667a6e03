"""A learner's folder: the stubs they edit, laid out as in `exercises/`.

WORKSPACE/<topic>/<id>.py      as `grader init` makes it
WORKSPACE/exercises/...        a checkout of the course serves as well
WORKSPACE/<id>.py              single files too
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import InputError

if TYPE_CHECKING:
    from grader.course.catalog import Course, Exercise
    from grader.course.outline import Listed


def find(workspace: Path, exercise: Exercise | Listed) -> Path | None:
    """The learner's file of an exercise; None when there is none."""
    relative = exercise.relative_path
    for path in (workspace / relative, workspace / "exercises" / relative, workspace / relative.name):
        if os.path.lexists(path):
            return path
    return None


def make(workspace: Path, course: Course) -> tuple[list[Path], list[Path]]:
    """Write every stub that is not there yet; what exists stays untouched. Gives (written, kept).

    Raises: `InputError` when the folder cannot be written.
    """
    written: list[Path] = []
    kept: list[Path] = []
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        for exercise in course.exercises:
            path = workspace / exercise.relative_path
            path.parent.mkdir(parents=True, exist_ok=True)
            (written if _write_new(path, exercise.stub) else kept).append(path)
    except OSError as wrong:
        raise InputError(
            f"cannot be written: {wrong.strerror}", path=Path(wrong.filename or workspace)
        ) from None
    return written, kept


def reset(workspace: Path, exercise: Exercise, now: datetime) -> tuple[Path, Path | None]:
    """Put the stub back; the present file is kept beside it. Gives (the file, the kept copy or None)."""
    path = find(workspace, exercise) or workspace / exercise.relative_path
    copy = None
    if path.is_file() and path.read_bytes() != exercise.stub.encode():
        copy = path.with_name(f"{path.stem}.{now:%Y%m%d-%H%M%S}.bak")
        number = 1
        while copy.exists():
            number += 1
            copy = path.with_name(f"{path.stem}.{now:%Y%m%d-%H%M%S}-{number}.bak")
        path.rename(copy)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_new(path, exercise.stub)
    return path, copy


def _write_new(path: Path, text: str) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True
