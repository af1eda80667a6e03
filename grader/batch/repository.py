"""A learner's git clone: the files of the last commit before the deadline.

The clone is a stranger's: its configuration can name programs (file system monitors, filters, pagers, signature
checkers) that git would run. It is therefore never read: a repository of our own, empty and without configuration,
borrows the clone's objects, and git is asked about commits by their hash alone. No hook, filter, alias or remote exists
in there, and nothing is checked out.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from grader.errors import InputError, MachineError

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"ref: (refs/[\w./-]+)")
_SECONDS = 60
_MAX_FILE = 16 << 20
_MAX_TREE = 64 << 20


@dataclass(frozen=True)
class Commit:
    """A commit by its hash and the moment that its committer's clock stated."""

    id: str
    at: datetime


def git_folder(folder: Path) -> Path | None:
    """Where a clone keeps its objects; None when the folder is no clone."""
    for candidate in (folder / ".git", folder):
        if (candidate / "objects").is_dir() and (candidate / "HEAD").is_file() and not candidate.is_symlink():
            return candidate
    return None


def export(folder: Path, into: Path, before: datetime | None) -> Commit:
    """Write the Python files and notebooks of the last commit before a moment (None: the latest) below `into`.

    Raises: `InputError` when there is no such commit or the clone is damaged, `MachineError` without git.
    """
    git = git_folder(folder)
    if git is None:
        raise InputError("is no git clone", path=folder)
    head = _head(git)
    with tempfile.TemporaryDirectory(prefix="grader-git-") as place:
        reader = _Git(Path(place), git / "objects", len(head))
        limit = [] if before is None else [f"--before={int(before.timestamp())}"]
        found = reader.ask("rev-list", "-1", "--timestamp", *limit, head, "--").split()
        if not found:
            raise InputError(f"has no commit before {before:%Y-%m-%d %H:%M} UTC", path=folder)
        for name, blob in reader.files(found[1]):
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(reader.bytes_of(blob))
        return Commit(found[1], datetime.fromtimestamp(int(found[0]), UTC))


class _Git:
    def __init__(self, place: Path, objects: Path, digits: int) -> None:
        program = shutil.which("git")
        if program is None:
            raise MachineError("git is not installed", remedy="install git, or unpack the clones yourself")
        self.program, self.place = program, place
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(place),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_ALLOW_PROTOCOL": "",
            "LC_ALL": "C",
        }
        form = "sha256" if digits == 64 else "sha1"
        self._run(
            "init", "--quiet", "--bare", "--template=", f"--object-format={form}", str(place / "own.git")
        )
        self.environment |= {
            "GIT_DIR": str(place / "own.git"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects.resolve()),
        }

    def ask(self, *arguments: str) -> str:
        """What git says, as text."""
        return self._run(*arguments).decode("utf-8", "surrogateescape")

    def bytes_of(self, blob: str) -> bytes:
        """A file's content, as committed: no filter runs."""
        return self._run("cat-file", "blob", blob)

    def files(self, commit: str) -> Iterator[tuple[str, str]]:
        """The regular Python files and notebooks of a commit: path, blob."""
        total = 0
        for line in self.ask("ls-tree", "-r", "-z", "--long", commit).split("\0"):
            facts, _, name = line.partition("\t")
            mode, kind, blob, size = (*facts.split(), "", "", "", "")[:4]
            parts = PurePosixPath(name)
            wanted = (
                name.lower().endswith((".py", ".ipynb"))
                and not parts.is_absolute()
                and ".." not in parts.parts
            )
            if (
                wanted
                and mode.startswith("100")
                and kind == "blob"
                and size.isdigit()
                and int(size) <= _MAX_FILE
            ):
                total += int(size)
                if total <= _MAX_TREE:
                    yield name, blob

    def _run(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(
                [self.program, *arguments],
                env=self.environment,
                cwd=self.place,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InputError(f"git took more than {_SECONDS} s to read a clone") from None
        if done.returncode:
            said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"])[-1]
            raise InputError(f"git cannot read the clone: {said}")
        return done.stdout


def _head(git: Path) -> str:
    """The hash that HEAD means. Raises: `InputError`."""
    said = _line(git / "HEAD")
    reference = _REF.fullmatch(said)
    if reference is None:
        if _HASH.fullmatch(said):
            return said
        raise InputError("HEAD names no commit", path=git / "HEAD")
    name = reference[1]
    if ".." not in name:
        loose = _line(git / name)
        if _HASH.fullmatch(loose):
            return loose
        for line in _text(git / "packed-refs").splitlines():
            found, _, packed = line.partition(" ")
            if packed == name and _HASH.fullmatch(found):
                return found
    raise InputError("has no commit yet", path=git)


def _line(path: Path) -> str:
    return _text(path).strip()


def _text(path: Path) -> str:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > 16 << 20:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
