"""How learning platforms name what they let an instructor download, and what that says of each file.

Canvas      <name>[_LATE]_<user id>_<attachment id>_<file name>, flat; a file handed in again gets -1, -2, ...
Moodle      <full name>_<participant id>_assignsubmission_file[_]/<file name>, or flat with the file name at the end
Gradescope  submission_metadata.yml beside submission_<number>/ folders
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.course.yamlfile import read
from grader.errors import InputError

GRADESCOPE = "submission_metadata.yml"

_CANVAS = re.compile(r"(?P<name>[^_/]+)(?:_(?P<late>LATE|late))?_(?P<id>\d+)_\d+_(?P<file>.+)", re.DOTALL)
_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?", re.DOTALL
)
_AGAIN = re.compile(r"(?P<stem>.+?)(?:-(?P<dash>\d{1,3})| \((?P<paren>\d{1,3})\))", re.DOTALL)


@dataclass(frozen=True)
class Named:
    """What a platform's file or folder name says."""

    learner: str
    aliases: tuple[str, ...]  # by what else a roster may know the learner
    file: str = ""  # the learner's own name of the file; empty for a folder
    late: bool = False  # the platform says so


def named(name: str, *, folder: bool) -> Named | None:
    """What Canvas (files) or Moodle (files and folders) says by a name; None when neither gave it."""
    moodle = _MOODLE.fullmatch(name)
    if moodle:
        return Named(f"{moodle['name']}_{moodle['id']}", (moodle["id"], moodle["name"]), moodle["file"] or "")
    canvas = None if folder else _CANVAS.fullmatch(name)
    if canvas:
        return Named(
            f"{canvas['name']}_{canvas['id']}",
            (canvas["id"], canvas["name"]),
            canvas["file"],
            bool(canvas["late"]),
        )
    return None


def plain_name(file: str) -> tuple[str, int]:
    """A file's name without what browsers and Canvas add to a second copy, and which copy it is (0: the first)."""
    path = Path(file)
    found = _AGAIN.fullmatch(path.stem)
    if found is None:
        return file, 0
    return found["stem"] + path.suffix, int(found["dash"] or found["paren"])


@dataclass(frozen=True)
class Handed:
    """One folder of a Gradescope export: who handed it in, and when."""

    folder: str
    learners: tuple[Named, ...]
    submitted_at: datetime | None


def gradescope(path: Path) -> list[Handed]:
    """What an export's metadata says. Raises: `InputError` when it is not such a file."""
    _, data = read(path)
    if not isinstance(data, Mapping):
        raise InputError("is no Gradescope metadata", path=path, remedy="export the submissions again")
    return [_handed(str(folder), entry, path) for folder, entry in data.items()]


def _handed(folder: str, entry: Any, path: Path) -> Handed:
    submitters = entry.get(":submitters", entry.get("submitters")) if isinstance(entry, Mapping) else None
    if not isinstance(submitters, list) or "/" in folder or folder in ("", ".", ".."):
        raise InputError("has no submitters", path=path, key=folder, remedy="export the submissions again")
    learners = tuple(_submitter(one) for one in submitters if isinstance(one, Mapping))
    created = entry.get(":created_at", entry.get("created_at"))
    return Handed(folder, learners, _moment(created))


def _submitter(one: Mapping[str, Any]) -> Named:
    """A learner is known by e-mail, else by student id, else by name."""
    known = [str(one.get(f":{key}", one.get(key)) or "").strip() for key in ("email", "sid", "name")]
    said = [value for value in known if value]
    return Named(said[0] if said else "unknown", tuple(said[1:]))


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace(" UTC", "+00:00").replace(" Z", "+00:00"))
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
