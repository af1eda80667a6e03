"""Memory of one worker, counted and bounded by the kernel, where this process may make control groups (root, or delegated).

A second wall behind the address-space limit, and the only exact measure of a worker's memory: what it took itself, without what it
shares with its zygote. Version 1 and 2 (Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst of the kernel).
"""

from __future__ import annotations

import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path

#: kernel memory and page tables come on top of what a learner asks for; the address-space limit is to be met first
SLACK_MIB = 48


@dataclass(frozen=True)
class Files:
    """What a version of the interface calls things."""

    limit: str
    peak: str
    events: str


_V1 = Files("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control")
_V2 = Files("memory.max", "memory.peak", "memory.events")


class Groups:
    """Groups below one folder, used again and again: making and removing one costs more than a worker's birth."""

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder, self._files = folder, files
        self._lock = threading.Lock()
        self._free: list[Path] = []
        self._made = 0

    @classmethod
    def open(cls) -> Groups | None:
        """A folder for groups; `None` where none can be made. What a killed judge left is cleared away."""
        for parent, files in _places():
            folder = parent / f"grader-{os.getpid()}-{secrets.token_hex(4)}"
            try:
                folder.mkdir()
            except OSError:
                continue
            if files is _V2 and not _hand_down(folder):
                folder.rmdir()
                continue
            _clear_leftovers(parent)
            return cls(folder, files)
        return None

    def take(self, pid: int, memory_mib: int) -> Group | None:
        """A group with process `pid` in it; `None` when the process is gone already."""
        group = self._unused()
        try:
            (group.path / "cgroup.procs").write_text(str(pid))
        except OSError:
            self.give_back(group)
            return None
        return self.bound(group, memory_mib)

    def reserve(self) -> tuple[Group, int] | None:
        """A group for a process not born yet, and a descriptor of the caller's: a process that writes "0" there moves into it.

        A process that moves itself waits for nobody, one that is moved waits some 10 ms. `None` where the kernel has version 2,
        which makes both wait.
        """
        if self._files is not _V1:
            return None
        group = self._unused()
        try:
            return group, os.open(group.path / "tasks", os.O_WRONLY | os.O_CLOEXEC)
        except OSError:
            self.give_back(group)
            return None

    def bound(self, group: Group, memory_mib: int) -> Group | None:
        """The group, with this limit from now on; `None` when the kernel does not take it."""
        try:
            (group.path / self._files.limit).write_text(str((memory_mib + SLACK_MIB) << 20))
        except OSError:
            self.give_back(group)
            return None
        group.reset()
        return group

    def _unused(self) -> Group:
        with self._lock:
            path = next((path for path in self._free if not _read(path / "cgroup.procs")), None)
            if path is None:
                self._made += 1
                path = self._folder / str(self._made)
                path.mkdir()
            else:
                self._free.remove(path)
        return Group(path, self._files, _kills(path / self._files.events))

    def give_back(self, group: Group) -> None:
        """The group may be used again, once its process has gone."""
        with self._lock:
            self._free.append(group.path)

    def close(self) -> None:
        """Remove every group."""
        _remove(self._folder)


@dataclass(frozen=True)
class Group:
    """One worker's group."""

    path: Path
    files: Files
    kills_before: int

    def reset(self) -> None:
        """Count from now on; kernels that cannot (version 2 before Linux 6.12) give no measure."""
        try:
            (self.path / self.files.peak).write_text("0")
        except OSError:
            pass

    def peak_mib(self) -> float | None:
        """The worker's own memory at its largest; `None` when the kernel does not say."""
        text = _read(self.path / self.files.peak)
        return int(text) / (1 << 20) if text.isdigit() else None

    def ran_out(self) -> bool:
        """Whether the kernel ended the worker for lack of memory."""
        return _kills(self.path / self.files.events) > self.kills_before


def _clear_leftovers(parent: Path) -> None:
    for folder in parent.glob("grader-*-*"):
        pid = folder.name.split("-")[1]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            _remove(folder)


def _remove(folder: Path) -> None:
    for path in [*sorted(folder.glob("*/")), folder]:
        try:
            path.rmdir()
        except OSError:  # a process is still on its way out; the next judge clears it away
            continue


def pid_of(pidfd: int) -> int:
    """The process behind a pidfd, in this process's own numbering; -1 when it is gone."""
    for line in _read(Path(f"/proc/self/fdinfo/{pidfd}")).splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    return -1


def _places() -> list[tuple[Path, Files]]:
    """Folders in which a group might be made: version 1 below our own, version 2 beside it or at the top."""
    own = {}
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        _, controllers, path = line.split(":", 2)
        own[controllers] = path.lstrip("/")
    found: list[tuple[Path, Files]] = []
    for line in _read(Path("/proc/mounts")).splitlines():
        _, place, kind, options, *_ = line.split(" ")
        if kind == "cgroup" and "memory" in options.split(",") and "memory" in ",".join(own):
            path = next(path for controllers, path in own.items() if "memory" in controllers.split(","))
            found += [(Path(place) / path, _V1), (Path(place), _V1)]
        elif kind == "cgroup2" and "memory" in _read(Path(place) / "cgroup.controllers").split():
            found += [((Path(place) / own.get("", "")).parent, _V2), (Path(place), _V2)]
    return [(parent, files) for parent, files in found if parent.is_dir()]


def _hand_down(folder: Path) -> bool:
    try:
        (folder / "cgroup.subtree_control").write_text("+memory")
    except OSError:
        return False
    return True


def _kills(events: Path) -> int:
    for line in _read(events).splitlines():
        name, _, count = line.partition(" ")
        if name == "oom_kill":
            return int(count)
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
