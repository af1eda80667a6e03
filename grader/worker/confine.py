"""A forked worker gives up everything it will not need, before any byte of a learner is read. Any failure ends it.

Two steps: `isolate` (namespaces; can be done ahead of time) and `restrict` (what depends on the session's limits, then the
filters). After `restrict` nothing can be regained.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from grader.worker import landlock, seccomp

HOME = "/work"
_NEWNS, _NEWIPC, _NEWUSER, _NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
_NOSUID_NODEV, _NOSUID_NODEV_RDONLY = 0b110, 0b111
_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS = 1, 8
_DAC_READ_SEARCH = 1 << 2


@dataclass(frozen=True)
class Walls:
    """Which walls this machine has; decided by the judge, not by the worker."""

    namespaces: bool
    seccomp: bool
    landlock: bool
    readable: tuple[str, ...] = ("/",)
    "what Landlock leaves readable"
    uid: int | None = None
    "whom a worker of a root zygote becomes; `None`: it is an ordinary user's already"


def new_pid_namespace() -> None:
    """The caller's next child will be process 1 of a namespace of its own. Raises: `OSError`."""
    _unshare(_NEWPID)


def return_to(pid_namespace: int) -> None:
    """The caller's next children will be in `pid_namespace` (a descriptor) again. Raises: `OSError`."""
    _check(_libc().setns(pid_namespace, _NEWPID), "setns")


def die_with_parent() -> None:
    """The calling process is killed when its parent dies (Linux; elsewhere it notices closed pipes)."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def isolate(walls: Walls) -> None:
    """A session, and namespaces for users, mounts and IPC; dies with its parent. Raises: `OSError`."""
    os.setsid()
    die_with_parent()
    if walls.namespaces:
        user, group = os.getuid(), os.getgid()
        _unshare(_NEWUSER | _NEWNS | _NEWIPC)  # its own user namespace has its own account of processes
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def restrict(walls: Walls, limits: Mapping[str, int], home: str, rules: int | None) -> None:
    """Private files, limits and filters, in the order in which they can still be set. Raises: `OSError`.

    `limits` has `memory_mib`, `cpu_s`, `processes` and `file_mib`; `home` is a folder to work in; `rules` a Landlock ruleset.
    """
    grown = _address_space() + (limits["memory_mib"] << 20) if sys.platform == "linux" else None
    if walls.namespaces:
        size = f"size={limits['file_mib']}m,nr_inodes=2048,mode=700"
        _mount(home, _NOSUID_NODEV, size)
        _mount("/proc", _NOSUID_NODEV_RDONLY, "size=4k")
    os.chdir(home)
    for what, value in _bounds(walls, limits, grown):
        _lower(what, value)
    if walls.landlock and rules is not None:
        if walls.namespaces:
            landlock.allow_all(rules, home)
        landlock.enforce(rules)
        os.close(rules)
    if walls.uid is not None:
        _become(walls.uid, walls.landlock)
    if sys.platform == "linux":
        _set_capabilities(_DAC_READ_SEARCH if walls.uid is not None and walls.landlock else 0)
    if walls.seccomp:
        seccomp.load(seccomp.program(os.getpid()))


def _bounds(walls: Walls, limits: Mapping[str, int], address_space: int | None) -> list[tuple[int, int]]:
    bounds = [
        (resource.RLIMIT_CPU, limits["cpu_s"]),  # soft = hard: process 1 of a namespace would ignore SIGXCPU
        (resource.RLIMIT_FSIZE, limits["file_mib"] << 20),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ]
    if address_space is not None:
        bounds.append((resource.RLIMIT_AS, address_space))
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        bounds.append((resource.RLIMIT_MSGQUEUE, 0))
    if walls.namespaces:  # elsewhere the account is the user's, with everything else that runs
        bounds.append((resource.RLIMIT_NPROC, limits["processes"]))
    return bounds


def _lower(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def _address_space() -> int:
    """Bytes of address space in use now: limits are counted from the warm worker."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _become(uid: int, keep: bool) -> None:
    if sys.platform == "linux" and keep:
        _check(_libc().prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _set_capabilities(kept: int) -> None:
    """Keep only `kept`: with Landlock in force, reading past folder modes lets a root judge's Python lie in /root."""
    header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
    data = ctypes.create_string_buffer(struct.pack("6I", kept, kept, 0, 0, 0, 0))
    _check(_libc().capset(header, data), "capset")


def _mount(path: str, flags: int, options: str) -> None:
    _check(
        _libc().mount(b"tmpfs", path.encode(), b"tmpfs", ctypes.c_ulong(flags), options.encode()),
        f"mount {path}",
    )


def _unshare(flags: int) -> None:
    _check(_libc().unshare(flags), "unshare")


def _check(result: int, what: str) -> None:
    if result:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
