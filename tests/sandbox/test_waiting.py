"""A limit holds for the code, not for a machine that does not let it run, nor for a listener that is not let run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import MachineError
from grader.sandbox import Ending, Limits, Pool, waiting
from grader.sandbox.child import Pipes
from grader.sandbox.exchange import Exchange, FrameReader, NotInTime
from grader.sandbox.waiting import PATIENCE, Queue, Spent, Wait
from grader.worker.wire import Message, pack
from tests.sandbox.conftest import run_once

counted = pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="the kernel does not count waiting"
)
LIMIT = Limits(wall_s=0.5)


class Starved(Queue):
    """Tells of a process that is ready and never runs: two seconds of waiting in each second."""

    def spent(self) -> Spent:
        now = super().spent()
        return Spent(now.ran_s, 2 * time.monotonic())


def test_a_machine_that_does_not_run_the_code_is_at_fault(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.sandbox.session.Queue", Starved)
    with pytest.raises(MachineError, match=r"too busy to judge.*--jobs"):
        run_once(pool, "import time\ntime.sleep(60)", limits=LIMIT)


def test_code_that_used_its_limit_is_at_fault_on_any_machine(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its main thread says of waiting: code could keep itself waiting by threads of its own."""
    monkeypatch.setattr("grader.sandbox.session.Queue", Starved)
    said = run_once(pool, "while True: pass", limits=LIMIT)
    assert said["status"] == Ending.TIMEOUT


@counted
def test_sleeping_is_not_waiting(pool: Pool) -> None:
    start = time.monotonic()
    said = run_once(pool, "import time\ntime.sleep(60)", limits=LIMIT)
    assert said["status"] == Ending.TIMEOUT and time.monotonic() - start < 30


@counted
def test_the_listener_s_own_waiting_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Queue(os.getpid())
    monkeypatch.setattr(waiting, "_threads", threading.local())
    monkeypatch.setattr(waiting, "Queue", Starved)
    wait = Wait(worker)
    time.sleep(0.2)
    assert wait.waited_s() >= 0.4


def test_who_is_gone_and_where_nobody_counts() -> None:
    for who in (2**22 - 1, "nobody"):
        queue = Queue(who)
        assert queue.spent() == Spent()
        queue.close()
        queue.close()
    assert Wait(Queue("nobody")).too_busy(PATIENCE * 2, None, 1.0) is None


@pytest.fixture
def pipes() -> Iterator[tuple[Pipes, int]]:
    """The judge's ends, and the end that a worker writes its reply to."""
    request, reply, output = os.pipe(), os.pipe(), os.pipe()
    for descriptor in (request[1], reply[0], output[0]):
        os.set_blocking(descriptor, False)
    yield Pipes(request[1], reply[0], output[0]), reply[1]
    for descriptor in (*request, *reply, *output):
        os.close(descriptor)


def test_an_answer_that_is_there_is_taken_however_late_it_is_read(pipes: tuple[Pipes, int]) -> None:
    ours, worker = pipes
    os.write(worker, pack(Message({"status": "ok"})))
    exchange = Exchange(ours, 1 << 10, bytearray())
    past = time.monotonic() - 5
    assert exchange.ask(pack(Message({})), past, 1 << 10).head == {"status": "ok"}
    with pytest.raises(NotInTime):
        exchange.ask(pack(Message({})), past, 1 << 10)


def test_half_an_answer_is_late(pipes: tuple[Pipes, int]) -> None:
    ours, worker = pipes
    os.write(worker, pack(Message({"text": "x" * 1000}))[:500])
    with pytest.raises(NotInTime):
        Exchange(ours, 1 << 10, bytearray()).ask(pack(Message({})), time.monotonic() - 5, 1 << 10)


def test_bytes_without_end_are_late(pipes: tuple[Pipes, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """There is always another byte of the answer to take; after some looks that is no excuse."""
    ours, worker = pipes
    os.write(worker, pack(Message({"text": "x" * 60000}))[:60000])
    exchange, looked = Exchange(ours, 1 << 10, bytearray()), []
    monkeypatch.setattr(FrameReader, "wanted", lambda self: looked.append(self) or 1)
    with pytest.raises(NotInTime):
        exchange.ask(pack(Message({})), time.monotonic() - 5, 1 << 20)
    assert 10 < len(looked) < 1000
