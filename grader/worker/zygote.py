"""A process with the framework loaded that forks one clean worker per session, on the judge's orders.

It runs inside the jail, is trusted, and never reads a byte of a learner: it hands descriptors on. Orders are JSON datagrams on
a SEQPACKET socket, each with descriptors:

    {"op": "fork", "home": folder, "file_mib": n}
        request to read, reply to write, output to write, status to write, and perhaps the entry of a memory group
        -> {"pid": n} with a pidfd; on the worker's death, JSON on status
    {"op": "branch", "forbidden": [...]}
        a socket: a copy of this zygote serves it, with those operations refused
    {"op": "retire"}
        go when the last worker has gone
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
from dataclasses import dataclass, field
from typing import Any, NoReturn

from grader.worker import birth, confine, hugepages, landlock

#: a one-off check never waits for it; a batch does once, and after that the zygote's own writes undo little of it
_IDLE_S, _PATIENCE, _COLLAPSE_EVERY = 0.25, 8, 200


@dataclass
class Zygote:
    """The loop's state: the control socket, the walls, and the living workers by pidfd."""

    control: socket.socket
    walls: confine.Walls
    rules: int | None = None
    "a Landlock ruleset all workers share, where they share a home"
    own_pid_namespace: int | None = None
    living: dict[int, tuple[int, int | None]] = field(default_factory=dict)
    "pidfd -> (pid, status descriptor; a branch has none)"
    retired: bool = False
    forks: int = 0
    next_collapse: int = 1
    "forks after which the heap is gathered in huge pages, as soon as there is nothing else to do"


def main(control: int, framework: str, walls: dict[str, Any]) -> NoReturn:
    """Load, warm up, then obey until the judge is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    state = Zygote(socket.socket(fileno=control), birth.walls_of(walls))
    if state.walls.namespaces:
        confine.die_with_parent()  # which is the jail's own process; without a jail it would be one of the judge's threads
    birth.load(framework, state.walls)
    if state.walls.landlock and not state.walls.namespaces:
        state.rules = landlock.ruleset(state.walls.readable)
    if state.walls.namespaces:
        state.own_pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    _settle(state)
    _obey(state)


def _settle(state: Zygote) -> None:
    """Make what exists now cheap to share, and say ready, with a handle to end this process by."""
    gc.collect()
    gc.freeze()
    own = os.pidfd_open(os.getpid())
    socket.send_fds(state.control, [json.dumps({"ready": True}).encode()], [own])
    os.close(own)


def _obey(state: Zygote) -> NoReturn:
    while state.living or not state.retired:
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
    os._exit(0)


def _order(state: Zygote) -> None:
    message, descriptors, _, _ = socket.recv_fds(state.control, 65536, 8)
    if not message:
        _leave(state)
    order = json.loads(message)
    if order["op"] == "branch":
        _branch(state, descriptors[0], order["forbidden"])
    elif order["op"] == "retire":
        state.retired = True
    else:
        _fork(state, order["home"], order["file_mib"], descriptors)


def _leave(state: Zygote) -> NoReturn:
    """The judge is gone: its branches go by themselves, and are waited for so that their cost is counted; workers are killed."""
    for pidfd, (pid, status) in state.living.items():
        if status is None and select.select([pidfd], [], [], 1.0)[0]:
            os.wait4(pid, 0)
    os._exit(0)


def _fork(state: Zygote, home: str, file_mib: int, descriptors: list[int]) -> None:
    state.forks += 1
    if state.own_pid_namespace is not None:
        confine.new_pid_namespace()
    pid = os.fork()
    if pid == 0:
        birth.live(state.walls, descriptors, home, file_mib, state.rules, *descriptors[4:])
    if state.own_pid_namespace is not None:
        confine.return_to(state.own_pid_namespace)
    status = descriptors.pop(3)
    for descriptor in descriptors:
        os.close(descriptor)
    pidfd = os.pidfd_open(pid)
    state.living[pidfd] = (pid, status)
    socket.send_fds(state.control, [json.dumps({"pid": pid}).encode()], [pidfd])


def _bury(state: Zygote, pidfd: int) -> None:
    pid, status = state.living.pop(pidfd)
    _, code, usage = os.wait4(pid, 0)
    os.close(pidfd)
    if status is None:
        return
    record = {"status": os.waitstatus_to_exitcode(code), "cpu_s": usage.ru_utime + usage.ru_stime}
    try:
        os.write(status, json.dumps(record).encode())
    except OSError:
        pass  # nobody asks any more
    os.close(status)


def _branch(state: Zygote, control: int, forbidden: list[str]) -> None:
    pid = os.fork()
    if pid:
        os.close(control)
        state.living[os.pidfd_open(pid)] = (pid, None)
        return
    confine.die_with_parent()
    for pidfd, (_, status) in state.living.items():
        os.close(pidfd)
        if status is not None:
            os.close(status)
    state.control.close()
    branch = Zygote(socket.socket(fileno=control), state.walls, state.rules, state.own_pid_namespace)
    birth.forbid(forbidden)
    _settle(branch)
    _obey(branch)
