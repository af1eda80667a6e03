"""Which walls this machine can build, and the commands that build them."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

from grader.errors import MachineError
from grader.sandbox import jail
from grader.sandbox.farm import Farm
from grader.sandbox.fresh import Fresh
from grader.sandbox.gpu import Gpu
from grader.sandbox.policy import Level
from grader.sandbox.zygotes import Zygote
from grader.worker import landlock, seccomp
from grader.worker.confine import Walls

#: whether a process with a framework loaded can be forked; Apple's libraries abort or hang in the child
FORKS = sys.platform == "linux"

#: a range no distribution hands out to people or services (below systemd's dynamic users)
_SPARE_UIDS = range(60600, 60900)


def choose(level: Level | None) -> Level:
    """The level asked for, or the best there is. Raises: `MachineError` when it cannot be had."""
    reason = no_strong()
    if level is None:
        return Level.BASIC if reason else Level.STRONG
    if level is Level.STRONG and reason:
        raise MachineError(
            f"this machine does not give the strong sandbox: {reason}", remedy="run `grader doctor`"
        )
    return level


def no_strong() -> str | None:
    """Why there is no strong sandbox here; `None` when there is one."""
    return jailer()[1]


@cache
def jailer() -> tuple[Path | None, str | None]:
    """The bubblewrap that works here, or why none does. Tried, not guessed: a jail is started with each."""
    if sys.platform != "linux":
        return None, f"{sys.platform} has no namespaces"
    if not seccomp.supported():
        return None, "there is no table of system calls for this processor"
    reason = "bubblewrap is not installed"
    for bwrap in jail.find_bwraps():
        said = _trial(bwrap)
        if said is None:
            return bwrap, None
        reason = said
    return None, reason


def _trial(bwrap: Path) -> str | None:
    """What goes wrong when a jail is started and a worker's namespaces are made in it; `None`: nothing."""
    trial = jail.python_command("import ctypes; raise SystemExit(ctypes.CDLL(None).unshare(0x38020000))")
    command = jail.strong(bwrap, trial, "numpy", spare_uid())
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env={}, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    return (done.stderr.strip().splitlines() or ["namespaces are refused"])[-1]


@cache
def spare_uid() -> int | None:
    """Whom a root judge's workers become: a user nobody is; `None` for an ordinary user's judge."""
    if os.geteuid() != 0:
        return None
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    return next(uid for uid in _SPARE_UIDS if uid not in taken)


def strong_zygote(framework: str, gpu: Gpu | None = None) -> Zygote:
    """A zygote in a jail, its workers behind every wall. Raises: `MachineError`."""
    bwrap, reason = jailer()
    if bwrap is None:
        raise MachineError(
            f"this machine does not give the strong sandbox: {reason}", remedy="run `grader doctor`"
        )
    walls = asdict(Walls(namespaces=True, seccomp=True, landlock=landlock.version() > 0, gpu=_given(gpu)))
    nodes = () if gpu is None else gpu.nodes

    def command(control: int) -> list[str]:
        inside = jail.boot("zygote.main", [control, framework, walls], jail.SITE, jail.HARNESS)
        return jail.strong(bwrap, inside, framework, spare_uid(), nodes)

    return Zygote.start(command, {})


def basic_source(framework: str, farm: Farm, gpu: Gpu | None = None) -> Zygote | Fresh:
    """Workers without a jail, behind what walls the kernel gives anybody. Raises: `MachineError`."""
    walls = asdict(
        Walls(
            namespaces=False,
            seccomp=seccomp.supported(),
            landlock=sys.platform == "linux" and landlock.version() > 0,
            readable=(*farm.readable(), *(() if gpu is None else [f"/proc/{path}" for path, _ in gpu.files])),
            gpu=_given(gpu),
            uid=spare_uid(),
        )
    )
    site, harness = str(farm.site), str(farm.harness)
    environment = {**jail.ENVIRONMENT, "HOME": str(farm.home), "TMPDIR": str(farm.home)}

    def zygote(control: int) -> list[str]:
        return jail.boot("zygote.main", [control, framework, walls], site, harness)

    def single(descriptors: Sequence[int], forbidden: Sequence[str], home: str, file_mib: int) -> list[str]:
        arguments = [list(descriptors), framework, walls, list(forbidden), home, file_mib]
        return jail.boot("birth.single", arguments, site, harness)

    return Zygote.start(zygote, environment) if FORKS else Fresh(single, environment)


def _given(gpu: Gpu | None) -> dict[str, object] | None:
    """A GPU as the worker reads it."""
    return None if gpu is None else {**asdict(gpu), "files": dict(gpu.files)}
