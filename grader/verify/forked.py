"""Trusted code that may loop for ever or take the process with it: run in a child, with a clock."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from grader.worker.confine import die_with_parent

T = TypeVar("T")
_SIZE = struct.Struct("<Q")


@dataclass(frozen=True)
class Lost:
    """The child gave no answer; `why` is a phrase."""

    why: str


def in_child(work: Callable[[], T], wall_s: float) -> T | Lost:
    """What `work` returns, from a forked child that is killed after `wall_s`. See `each_in_child`."""
    return next(each_in_child([work], wall_s))


def each_in_child(
    works: Sequence[Callable[[], T]], wall_s: float, memory_mib: int | None = None
) -> Iterator[T | Lost]:
    """What each of `works` returns, in order, by pickle: course code is trusted.

    One forked child does them in turn; where one takes longer than `wall_s` or ends the process, that one is `Lost`
    and a new child goes on. `memory_mib` bounds what a child may take beyond what this process holds. The caller must
    have no threads that hold locks, and PyTorch must run on one thread.
    """
    done = 0
    while done < len(works):
        with _Child(works[done:], memory_mib) as child:
            while done < len(works):
                answer = child.next(wall_s)
                yield answer
                done += 1
                if isinstance(answer, Lost) and child.over:
                    break


class _Child:
    def __init__(self, works: Sequence[Callable[[], Any]], memory_mib: int | None) -> None:
        self.over = False
        self._read, write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._read)
            _serve(works, write, memory_mib)
        os.close(write)

    def next(self, wall_s: float) -> Any:
        """The next answer, or why there is none; then the child is `over`."""
        deadline = time.monotonic() + wall_s
        try:
            (size,) = _SIZE.unpack(self._take(_SIZE.size, deadline))
            return pickle.loads(self._take(size, deadline))
        except TimeoutError:
            self.over = True
            return Lost(f"it does not end within {wall_s:.0f} s")
        except EOFError:
            self.over = True
            return Lost("it ends the process")

    def _take(self, count: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if select.select([self._read], [], [], left)[0]:
                part = os.read(self._read, min(count - len(data), 1 << 20))
                if not part:
                    raise EOFError
                data += part
        return bytes(data)

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._read)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _serve(works: Sequence[Callable[[], Any]], write: int, memory_mib: int | None) -> None:
    """The child's life; it never returns."""
    code = 1
    try:
        die_with_parent()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        sys.stdout = sys.stderr = open(
            os.devnull, "w", encoding="utf-8"
        )  # whatever they were, nobody reads it
        _bound_memory(memory_mib)
        with os.fdopen(write, "wb") as pipe:
            for work in works:
                try:
                    answer = pickle.dumps(work())
                except BaseException as wrong:
                    answer = pickle.dumps(Lost(f"{type(wrong).__name__}: {wrong}"))
                pipe.write(_SIZE.pack(len(answer)) + answer)
                pipe.flush()
        code = 0
    finally:
        os._exit(code)


def _bound_memory(mib: int | None) -> None:
    if mib is None or not Path("/proc/self/statm").exists():
        return
    import resource

    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + (mib << 20), resource.RLIM_INFINITY))
