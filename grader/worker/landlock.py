"""Landlock: a process gives up files, TCP and signals for good, with no privilege and no namespace needed.

Kernel interface: include/uapi/linux/landlock.h; the three calls have the same numbers on every architecture.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from functools import cache
from typing import Final

from grader.worker import kernel

_CREATE, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_FILE_ACCESS: Final = (1 << 0) | (1 << 1) | (1 << 2)  # execute, write, read a file
_DEVICE: Final = (1 << 1) | (1 << 2)  # write and read a file
_IOCTL: Final = 1 << 15  # of a device; since version 5
_READ: Final = (1 << 0) | (1 << 2) | (1 << 3)  # execute and read files, list folders
#: version of the interface -> every right on files it knows
_ALL_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}


@cache
def version() -> int:
    """The kernel's version of the interface; 0 where there is none."""
    try:
        return max(0, _call(_CREATE, None, 0, _VERSION_FLAG))
    except (OSError, AttributeError):
        return 0


def ruleset(readable: Iterable[str] = ()) -> int:
    """A new ruleset as a descriptor: nothing is allowed but reading `readable` (files or folders). Raises: `OSError`."""
    newest = version()
    net = 0b11 if newest >= 4 else 0  # bind and connect TCP
    scoped = 0b11 if newest >= 6 else 0  # abstract sockets and signals to outside
    attributes = struct.pack("QQQ", _all_files(newest), net, scoped)
    size = 24 if newest >= 6 else 16 if newest >= 4 else 8
    descriptor = _call(_CREATE, ctypes.create_string_buffer(attributes, 24), size, 0)
    for path in readable:
        allow(descriptor, path, _READ)
    return descriptor


def allow_all(descriptor: int, path: str) -> None:
    """Allow every access to files below `path`. Raises: `OSError`."""
    allow(descriptor, path, _all_files(version()))


def allow_device(descriptor: int, path: str) -> None:
    """Allow reading, writing and, where the kernel asks for a right to it, controlling a device node. Raises: `OSError`."""
    allow(descriptor, path, _DEVICE | (_IOCTL if version() >= 5 else 0))


def allow(descriptor: int, path: str, access: int) -> None:
    """Allow `access` below `path`; a path that does not exist is skipped. Raises: `OSError`."""
    try:
        at = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            access &= _FILE_ACCESS | _IOCTL
        _call(
            _ADD_RULE,
            descriptor,
            _PATH_BENEATH,
            ctypes.create_string_buffer(struct.pack("<Qi", access, at), 12),
            0,
        )
    finally:
        os.close(at)


def enforce(descriptor: int) -> None:
    """Bind the calling thread, and all it starts, to the ruleset. Raises: `OSError`."""
    kernel.no_new_privileges()
    _call(_RESTRICT_SELF, descriptor, 0)


def _all_files(newest: int) -> int:
    return _ALL_FILES.get(newest, (1 << 16) - 1)


def _call(number: int, *arguments: object) -> int:
    wrapped = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return kernel.check(kernel.libc().syscall(ctypes.c_long(number), *wrapped), "landlock")
