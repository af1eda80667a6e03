"""From a loaded process to a confined worker that answers the judge."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from grader.worker import confine, integrity, landlock, seccomp
from grader.worker.confine import Walls
from grader.worker.protocol import CONFINED, LENGTH, REPLY, REQUEST
from grader.worker.warm import warm

_RULES = REPLY + 1


def load(framework: str, walls: Walls) -> None:
    """What each worker would otherwise import or compute for itself."""
    warm(framework)
    from grader.worker import globals_state, memory, rehearse

    if framework != "numpy":
        import grader.worker.nets
        import grader.worker.traffic

    if walls.gpu is not None:
        import grader.worker.gpu  # noqa: F401
    memory.prepare(framework)
    globals_state.prepare(framework)
    integrity.seal()
    rehearse.rehearse(framework)
    if walls.namespaces and walls.seccomp:
        seccomp.program(1, gpu=walls.gpu is not None)  # a zygote's workers are process 1 of their namespace


def forbid(operations: Sequence[str]) -> None:
    """Refuse these operations from here on."""
    if operations:
        from grader.worker import guard

        guard.install(tuple(operations))
    integrity.seal()()  # so that no worker has to look at what was loaded since


def walls_of(given: dict[str, Any]) -> Walls:
    """The walls from their JSON form."""
    return Walls(**{**given, "readable": tuple(given["readable"])})


def single(
    descriptors: list[int],
    framework: str,
    walls: dict[str, Any],
    forbidden: list[str],
    home: str,
    file_mib: int,
) -> NoReturn:
    """One worker in a process of its own, where a loaded framework cannot be forked."""
    built = walls_of(walls)
    load(framework, built)
    forbid(forbidden)
    live(built, descriptors, home, file_mib, landlock.ruleset(built.readable) if built.landlock else None)


def live(
    walls: Walls,
    descriptors: Sequence[int],
    home: str,
    file_mib: int,
    rules: int | None,
    group: int | None = None,
) -> NoReturn:
    """Confine this process, then answer requests until the judge has no more. Never returns.

    `descriptors`: where requests come from, replies go to, and what the learner prints goes to; `group`: the entry of a
    memory group.
    """
    code = 1
    try:
        if group is not None:
            os.write(group, b"0")  # which is this process, whatever its number is outside
        rules = _wire_up(descriptors, rules)
        if walls.namespaces and walls.landlock:
            rules = landlock.ruleset(walls.readable)  # each has a home of its own to allow
        used = confine.enclose(walls, home, file_mib, rules)
        limits = _read_limits()
        confine.limit(walls, limits, used)
        check = integrity.seal()
        if walls.gpu is not None:
            check = _on_device(walls.gpu, limits["device_mib"], check)
        os.write(REPLY, CONFINED)
        from grader.worker.serve import serve

        serve(REQUEST, REPLY, check)
        code = 0
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode(errors="replace")[:2000])
    finally:
        os._exit(code)


def _on_device(gpu: Mapping[str, Any], device_mib: int, check: Callable[[], None]) -> Callable[[], None]:
    from grader.worker.gpu import open_device

    settle = open_device(gpu["kind"], gpu["uuid"], device_mib)

    def both() -> None:
        settle()
        check()

    return both


def _wire_up(descriptors: Sequence[int], rules: int | None) -> int | None:
    """0 is empty, 1 and 2 the learner's output, 3 requests, 4 replies, 5 `rules` until enforced; nothing else stays open."""
    given = [*descriptors[:3], os.open(os.devnull, os.O_RDONLY), *([] if rules is None else [rules])]
    request, reply, output, null, *rest = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 64) for descriptor in given]
    for source, target in ((null, 0), (output, 1), (output, 2), (request, REQUEST), (reply, REPLY)):
        os.dup2(source, target)
    for kept in rest:
        os.dup2(kept, _RULES)
    os.closerange(_RULES + len(rest), 1 << 16)
    return _RULES if rest else None


def _read_limits() -> dict[str, int]:
    (length,) = LENGTH.unpack(_read(LENGTH.size))
    return dict(json.loads(_read(length)))


def _read(count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = os.read(REQUEST, count - len(data))
        if not more:
            os._exit(0)  # a spare that was never needed
        data += more
    return data
