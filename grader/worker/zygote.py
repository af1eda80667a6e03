"""A process with the framework loaded that forks one clean worker per session, on the judge's orders.

It runs inside the jail, is trusted, and never reads a byte of a learner: it hands descriptors on. Orders are JSON datagrams on
a SEQPACKET socket, each with descriptors:

    {"op": "fork", "home": folder, "file_mib": n}
        request to read, reply to write, output to write, status to write
        -> {"pid": n} with a pidfd; on the worker's death, JSON on status
    {"op": "branch", "forbidden": [...]}
        a socket: a copy of this zygote serves it, with those operations refused
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import select
import signal
import socket
from dataclasses import dataclass, field
from typing import Any, NoReturn

from grader.worker import confine, hugepages, landlock, seccomp
from grader.worker.protocol import CONFINED, LENGTH, REPLY, REQUEST
from grader.worker.warm import warm

#: a one-off check never waits for it; a batch does once, and after that the zygote's own writes undo little of it
_IDLE_S, _PATIENCE, _COLLAPSE_EVERY = 0.25, 8, 200
_RULES = 5


@dataclass
class Zygote:
    """The loop's state: the control socket, the walls, and the living workers by pidfd."""

    control: socket.socket
    walls: confine.Walls
    rules: int | None = None
    "a Landlock ruleset all workers share, where they share a home"
    own_pid_namespace: int | None = None
    living: dict[int, tuple[int, int]] = field(default_factory=dict)
    "pidfd -> (pid, status descriptor)"
    forks: int = 0
    next_collapse: int = 1
    "forks after which the heap is gathered in huge pages, as soon as there is nothing else to do"


def main(control: int, framework: str, walls: dict[str, Any]) -> NoReturn:
    """Load, warm up, then obey until the judge is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    state = Zygote(
        socket.socket(fileno=control), confine.Walls(**{**walls, "readable": tuple(walls["readable"])})
    )
    warm(framework)
    _preload_harness(state.walls)
    if state.walls.landlock and not state.walls.namespaces:
        state.rules = landlock.ruleset(state.walls.readable)
    if state.walls.namespaces:
        state.own_pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    _settle(state)
    _obey(state)


def _preload_harness(walls: confine.Walls) -> None:
    """What each worker would otherwise import or compute for itself."""
    import grader.worker.serve  # noqa: F401

    if walls.namespaces and walls.seccomp:
        seccomp.program(1)  # workers are process 1 of their namespace


def _settle(state: Zygote) -> None:
    """Make what exists now cheap to share, and say ready."""
    gc.collect()
    gc.freeze()
    state.control.send(json.dumps({"ready": os.getpid()}).encode())


def _obey(state: Zygote) -> NoReturn:
    while True:
        due = state.forks >= state.next_collapse
        ready, _, _ = select.select([state.control.fileno(), *state.living], [], [], _IDLE_S if due else None)
        if due and (not ready or state.forks >= state.next_collapse + _PATIENCE):
            hugepages.collapse_heap()
            state.next_collapse = state.forks + _COLLAPSE_EVERY
        for source in ready:
            if source == state.control.fileno():
                _order(state)
            else:
                _bury(state, source)


def _order(state: Zygote) -> None:
    message, descriptors, _, _ = socket.recv_fds(state.control, 65536, 8)
    if not message:
        os._exit(0)  # the judge is gone; workers die with their parent
    order = json.loads(message)
    if order["op"] == "branch":
        _branch(state, descriptors[0], order["forbidden"])
    else:
        _fork(state, order, descriptors)


def _fork(state: Zygote, order: dict[str, Any], descriptors: list[int]) -> None:
    state.forks += 1
    if state.own_pid_namespace is not None:
        confine.new_pid_namespace()
    pid = os.fork()
    if pid == 0:
        _worker(state, order, descriptors)
    if state.own_pid_namespace is not None:
        confine.return_to(state.own_pid_namespace)
    *given, status = descriptors
    for descriptor in given:
        os.close(descriptor)
    pidfd = os.pidfd_open(pid)
    state.living[pidfd] = (pid, status)
    socket.send_fds(state.control, [json.dumps({"pid": pid}).encode()], [pidfd])


def _bury(state: Zygote, pidfd: int) -> None:
    pid, status = state.living.pop(pidfd)
    _, code, usage = os.wait4(pid, 0)
    record = {
        "status": os.waitstatus_to_exitcode(code),
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
    }
    try:
        os.write(status, json.dumps(record).encode())
    except OSError:
        pass  # nobody asks any more
    os.close(status)
    os.close(pidfd)


def _branch(state: Zygote, control: int, forbidden: list[str]) -> None:
    if os.fork():
        os.close(control)
        return
    confine.die_with_parent()
    for pidfd, (_, status) in state.living.items():
        os.close(pidfd)
        os.close(status)
    state.control.close()
    branch = Zygote(socket.socket(fileno=control), state.walls, state.rules, state.own_pid_namespace)
    from grader.worker import guard

    guard.install(tuple(forbidden))
    _settle(branch)
    _obey(branch)


def _worker(state: Zygote, order: dict[str, Any], descriptors: list[int]) -> NoReturn:
    code = 1
    try:
        rules = _wire_up(descriptors, state.rules)
        if state.walls.namespaces and state.walls.landlock:
            rules = landlock.ruleset(state.walls.readable)  # each has a home of its own to allow
        used = confine.enclose(state.walls, order["home"], order["file_mib"], rules)
        confine.limit(state.walls, _read_limits(), used)
        os.write(REPLY, CONFINED)
        from grader.worker.serve import serve

        serve(REQUEST, REPLY)
        code = 0
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode(errors="replace")[:2000])
    finally:
        os._exit(code)


def _wire_up(descriptors: list[int], rules: int | None) -> int | None:
    """0 is empty, 1 and 2 the learner's output, 3 requests, 4 replies, 5 `rules` until enforced; nothing else stays open."""
    null = os.open(os.devnull, os.O_RDONLY)
    high = [
        fcntl.fcntl(d, fcntl.F_DUPFD, 64)
        for d in (*descriptors[:3], null, *([] if rules is None else [rules]))
    ]
    request, reply, output, null, *rest = high
    for source, target in ((null, 0), (output, 1), (output, 2), (request, REQUEST), (reply, REPLY)):
        os.dup2(source, target)
    for kept in rest:
        os.dup2(kept, _RULES)
    os.closerange(_RULES + len(rest), 1 << 16)
    return _RULES if rest else None


def _read_limits() -> dict[str, Any]:
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
