"""A forked worker gives up everything it will not need, before any byte of a learner is read. Any failure ends it.

Two steps: `enclose` (namespaces, private files, filters; made ahead of time, in a spare) and `limit` (what depends on the
session). After `enclose` nothing can be regained; limits can only sink.
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
from typing import Any

from grader.worker import kernel, landlock, seccomp
from grader.worker.protocol import MAX_FILES

HOME = "/work"
_NEWNS, _NEWIPC, _NEWUSER, _NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
_PRIVATE = 0b1110  # nosuid, nodev, noexec
_READ_ONLY, _REMOUNT = 1, 32
_ALL, _DATA = 0, 5  # fields of /proc/self/statm
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
    gpu: Mapping[str, Any] | None = None
    "a GPU to open: kind, uuid, nodes, and files below /proc with their text"
    uid: int | None = None
    "whom a worker of a root zygote becomes; `None`: it is an ordinary user's already"


def new_pid_namespace() -> None:
    """The caller's next child will be process 1 of a namespace of its own. Raises: `OSError`."""
    _unshare(_NEWPID)


def return_to(pid_namespace: int) -> None:
    """The caller's next children will be in `pid_namespace` (a descriptor) again. Raises: `OSError`."""
    kernel.check(kernel.libc().setns(pid_namespace, _NEWPID), "setns")


def die_with_parent() -> None:
    """The calling process is killed when its parent dies (Linux; elsewhere it notices closed pipes)."""
    if sys.platform == "linux":
        kernel.libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def enclose(walls: Walls, home: str, file_mib: int, rules: int | None) -> int:
    """Build every wall, in the order in which they can still be built; dies with its parent. Raises: `OSError`.

    `home` is the folder to work in, `rules` a Landlock ruleset. Returns the bytes in use of what `limit` will bound.
    """
    parent = os.getppid()
    os.setsid()
    used = _in_use(_ALL if walls.gpu is None else _DATA)
    if walls.namespaces:
        _own_namespaces()
        _mount(home, _PRIVATE, f"size={file_mib}m,nr_inodes={MAX_FILES},mode=700")
        _mount_proc({} if walls.gpu is None else walls.gpu["files"])
    os.chdir(home)
    if rules is not None:
        if walls.namespaces:
            landlock.allow_all(rules, home)
        for node in () if walls.gpu is None else walls.gpu["nodes"]:
            landlock.allow_device(rules, node)
        landlock.enforce(rules)
        os.close(rules)
    if walls.uid is not None:
        _become(walls.uid, walls.landlock)
    die_with_parent()  # after the last change of user, which would undo it
    if os.getppid() != parent:
        os._exit(0)
    if sys.platform == "linux":
        _set_capabilities(_DAC_READ_SEARCH if walls.uid is not None and walls.landlock else 0)
    if walls.seccomp:
        seccomp.load(seccomp.program(os.getpid(), gpu=walls.gpu is not None))
    return used


def limit(walls: Walls, limits: Mapping[str, int], used: int) -> None:
    """Set `memory_mib` (beyond `used` bytes), `cpu_s`, `processes`, `file_mib` and `open_files`. Raises: `OSError`."""
    bounds = {
        "RLIMIT_CPU": limits["cpu_s"],  # soft = hard: process 1 of a namespace would ignore SIGXCPU
        "RLIMIT_FSIZE": limits["file_mib"] << 20,
        "RLIMIT_NOFILE": limits["open_files"],
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    if used:
        # A device context reserves far more address space than memory. What is shared escapes the other limit: it is watched.
        held = "RLIMIT_AS" if walls.gpu is None else "RLIMIT_DATA"
        bounds[held] = used + (limits["memory_mib"] << 20)
    if walls.namespaces:  # elsewhere the account is the user's, with everything else that runs
        bounds["RLIMIT_NPROC"] = limits["processes"]
    for name, value in bounds.items():
        if hasattr(resource, name):
            _lower(getattr(resource, name), value)


def _lower(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def _own_namespaces() -> None:
    user, group = os.getuid(), os.getgid()
    _unshare(_NEWUSER | _NEWNS | _NEWIPC)  # its own user namespace has its own account of processes
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        _put(f"/proc/self/{name}", text)


def _put(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _in_use(field: int) -> int:
    """Bytes of a field of /proc/self/statm; 0 where they cannot be limited without breaking the framework."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm") as file:
        return int(file.read().split()[field]) * resource.getpagesize()


def _mount_proc(files: Mapping[str, str]) -> None:
    """An empty /proc, but for copies of these files."""
    if not files:
        _mount("/proc", _PRIVATE | _READ_ONLY, "size=4k")
        return
    _mount("/proc", _PRIVATE, "size=1m,nr_inodes=64")
    for path, text in files.items():
        os.makedirs(os.path.dirname(f"/proc/{path}"), exist_ok=True)
        with open(f"/proc/{path}", "w") as file:
            file.write(text)
    _mount("/proc", _PRIVATE | _READ_ONLY | _REMOUNT, "size=1m,nr_inodes=64")


def _become(uid: int, keep: bool) -> None:
    if sys.platform == "linux" and keep:
        kernel.check(kernel.libc().prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _set_capabilities(kept: int) -> None:
    """Keep only `kept`: with Landlock in force, reading past folder modes lets a root judge's Python lie in /root."""
    header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
    data = ctypes.create_string_buffer(struct.pack("6I", kept, kept, 0, 0, 0, 0))
    kernel.check(kernel.libc().capset(header, data), "capset")


def _mount(path: str, flags: int, options: str) -> None:
    kernel.check(
        kernel.libc().mount(b"tmpfs", path.encode(), b"tmpfs", ctypes.c_ulong(flags), options.encode()),
        f"mount {path}",
    )


def _unshare(flags: int) -> None:
    kernel.check(kernel.libc().unshare(flags), "unshare")
