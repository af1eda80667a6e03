"""A course on its way to another machine: packed into bytes that are known by their hash, and unpacked there once.

PLACE/<hash>/course/    exercises and solutions, as they were packed
PLACE/<hash>/keys/      the keys that came with tasks
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import stat
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader.course.catalog import Course
from grader.errors import MachineError

_PARTS = ("exercises", "solutions", "key")  # `key`: a kit's


@dataclass(frozen=True)
class Parcel:
    """A packed course. `digest`: SHA-256 of `data`, a tar file."""

    digest: str
    data: bytes


def pack(course: Course) -> Parcel:
    """Everything that decides a verdict; the same bytes for the same course. Links and caches stay behind."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(path for part in _PARTS for path in (course.root / part).rglob("*")):
            inside = path.relative_to(course.root)
            if path.is_file() and not path.is_symlink() and "__pycache__" not in inside.parts:
                member = tarfile.TarInfo(inside.as_posix())
                member.size = path.stat().st_size
                with path.open("rb") as file:
                    archive.addfile(member, file)
    data = held.getvalue()
    return Parcel(hashlib.sha256(data).hexdigest(), data)


def folder_for(digest: str, place: Path | None = None) -> Path:
    """Where a parcel of that hash lies on this machine. Raises: `MachineError` when others could read or change it."""
    place = place or Path(tempfile.gettempdir()) / f"cnn-grader-{os.getuid()}"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = place.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise MachineError(
            "is open to other users, and courses hold solutions", path=place, remedy=f"chmod 700 {place}"
        )
    return place / digest


def unpack(parcel: Parcel, place: Path | None = None) -> Path:
    """The folder of a parcel's course, whole or not at all. Raises: `MachineError` when the bytes are not the parcel's."""
    folder = folder_for(parcel.digest, place)
    if folder.is_dir():
        return folder / "course"
    if hashlib.sha256(parcel.data).hexdigest() != parcel.digest:
        raise MachineError("the course was damaged on its way")
    building = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        (building / "course").mkdir()
        (building / "keys").mkdir()
        with tarfile.open(fileobj=io.BytesIO(parcel.data)) as archive:
            archive.extractall(building / "course", filter="data")
        os.rename(building, folder)
    except OSError as wrong:
        if not folder.is_dir():  # else another process of this machine was first
            raise MachineError(f"the course cannot be unpacked: {wrong.strerror}", path=folder) from None
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder / "course"
