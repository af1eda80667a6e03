"""Memory of one worker where no control group may be made: looked at now and then, while its judge waits for an answer.

A second wall behind the address-space limit, and the only one over several processes where no filter keeps a worker from making
them. See smaps_rollup in Documentation/filesystems/proc.rst of the kernel.
"""

from __future__ import annotations

import os
from pathlib import Path

from grader.sandbox.cgroup import SLACK_MIB
from grader.worker import seccomp

#: seconds between looks; a quick answer is never looked at
EVERY_S = 0.1
_MIB_PER_PAGE = os.sysconf("SC_PAGE_SIZE") / (1 << 20)
_SESSION = 3  # the field's place in /proc/PID/stat, counted after the command's name


class Watcher:
    """Looks at a worker and at what it started: every process of its session."""

    def __init__(self, pid: int, memory_mib: int, alone: bool | None = None) -> None:
        """`memory_mib`: the limit; `alone`: whether the worker cannot make processes (`None`: as on this machine)."""
        self._pid, self._bound_mib = pid, memory_mib + SLACK_MIB
        self._alone = seccomp.supported() if alone is None else alone
        self.peak_mib: float | None = None
        "the most that was seen; `None`: it was never near the limit, or the system does not say"

    def over(self) -> bool:
        """Look once: whether the worker took more than the limit and what the kernel keeps for it allow."""
        pids = [self._pid] if self._alone else _session_of(self._pid)
        if sum(map(_resident_mib, pids)) <= self._bound_mib:  # quick to know, and an upper bound
            return False
        held = _held_mib(pids)
        self.peak_mib = max(held, self.peak_mib or 0.0)
        return held > self._bound_mib


def _held_mib(pids: list[int]) -> float:
    """What these processes took themselves. Of pages that several share each has its part (PSS).

    One alone shares only what its zygote made, which is not its own: there private pages are the measure.
    """
    return sum(_rollup_kib(pid, "Private_" if len(pids) == 1 else "Pss:") for pid in pids) / 1024


def _rollup_kib(pid: int, fields: str) -> int:
    lines = _read(f"/proc/{pid}/smaps_rollup").splitlines()[1:]
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields))


def _resident_mib(pid: int) -> float:
    return int((_read(f"/proc/{pid}/statm").split() or ["0", "0"])[1]) * _MIB_PER_PAGE


def _session_of(pid: int) -> list[int]:
    """Every process in the session that `pid` leads, or `pid` alone while it has not left its zygote's."""
    found = {int(folder.name): _session(folder) for folder in Path("/proc").glob("[0-9]*")}
    return [other for other, session in found.items() if session == pid] or [pid]


def _session(folder: Path) -> int:
    fields = _read(f"{folder}/stat").rpartition(")")[2].split()
    return int(fields[_SESSION]) if len(fields) > _SESSION else -1


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
