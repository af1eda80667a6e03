"""Calls to the C library that Python does not wrap; a failure is an `OSError`."""

from __future__ import annotations

import ctypes
import os
from functools import cache


@cache
def libc() -> ctypes.CDLL:
    """The C library, opened once: a fork shares it."""
    return ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """`result`, unless it says failure. Raises: `OSError` naming `what`."""
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def no_new_privileges() -> None:
    """From here on, no program started can have more rights than its starter. Raises: `OSError`."""
    check(libc().prctl(38, 1, 0, 0, 0), "no_new_privs")
