from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from grader.errors import MachineError
from grader.sandbox import Level, Limits, Pool, WorkerEnded, walls, zygotes
from grader.sandbox import pool as pool_module
from tests.sandbox.conftest import alive, descendants, error_type, load, run, run_once


@pytest.fixture
def own() -> Iterator[Pool]:
    """A pool that the test may hurt."""
    with Pool() as pool:
        yield pool


def _zygote(pool: Pool) -> zygotes.Zygote:
    root = pool._roots["numpy", None]
    assert isinstance(root, zygotes.Zygote)
    return root


def _kill_zygote(pool: Pool) -> None:
    process = _zygote(pool)._process
    assert process is not None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_threads_hold_sessions_at_once(pool: Pool) -> None:
    printed: dict[int, str] = {}

    def work(number: int) -> None:
        printed[number] = run_once(pool, f"import time\ntime.sleep(.05)\nprint({number})")["printed"]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert printed == {n: f"{n}\n" for n in range(8)}


def test_a_pool_started_in_a_thread_outlives_it(own: Pool) -> None:
    thread = threading.Thread(target=own.warm, args=("numpy",))
    thread.start()
    thread.join()
    time.sleep(0.1)
    assert run_once(own, "pass")["status"] == "ok"


def test_a_dead_zygote_is_replaced_between_sessions(own: Pool) -> None:
    assert run_once(own, "pass")["status"] == "ok"
    _kill_zygote(own)
    assert run_once(own, "print(1)")["printed"] == "1\n"


def test_a_dead_zygote_is_replaced_within_a_session_and_what_was_asked_is_asked_again(own: Pool) -> None:
    with own.session("numpy") as session:
        assert run(session, "import sys\nsys.kept = 41")["status"] == "ok"
        _kill_zygote(own)
        assert run(session, "import sys\nprint(sys.kept + 1)")["status"] == "ok"
        assert session.output == "42\n"


def test_a_dead_zygote_during_a_request_costs_no_verdict(own: Pool) -> None:
    with own.session("numpy") as session:
        timer = threading.Timer(0.3, _kill_zygote, (own,))
        timer.start()
        assert run(session, "import time\ntime.sleep(1)\nprint('done')")["status"] == "ok"
        assert session.output == "done\n"


def test_a_zygote_that_has_forked_often_is_replaced_under_no_session(
    own: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "FORKS_EACH", 3)
    with own.session("numpy") as held:
        assert run(held, "import sys\nsys.kept = 1")["status"] == "ok"
        first = _zygote(own)
        for _ in range(4):
            assert run_once(own, "pass")["status"] == "ok"
        assert _zygote(own) is not first
        assert run(held, "import sys\nprint(sys.kept)")["status"] == "ok"
        assert session_count(first) == 1
    deadline = time.monotonic() + 5
    while not first.gone and time.monotonic() < deadline:
        time.sleep(0.05)
    assert first.gone


def session_count(zygote: zygotes.Zygote) -> int:
    return 0 if zygote.gone else 1


def test_sessions_with_other_limits_get_them(pool: Pool) -> None:
    source = "import resource\nprint(resource.getrlimit(resource.RLIMIT_FSIZE)[0] >> 20)"
    for mib in (3, 3, 5, 16):
        assert run_once(pool, source, limits=Limits(file_mib=mib))["printed"] == f"{mib}\n"


def test_closing_ends_every_process(own: Pool) -> None:
    session = own.session("numpy")
    assert run(session, "pass")["status"] == "ok"
    process = _zygote(own)._process
    own.close()
    assert process is not None and process.poll() is not None
    with pytest.raises(RuntimeError, match="closed"):
        own.session("numpy")
    session.close()


ORPHAN = """
import sys, threading, time
from grader.sandbox import Level, Pool
from grader.worker.wire import Message
pool = Pool(Level(sys.argv[1]))
session = pool.session("numpy")
loop = Message({"do": "load", "name": "m", "source": "while True: pass", "entries": []})
threading.Thread(target=session.ask, args=(loop,), daemon=True).start()
time.sleep(0.5)
print("running", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("level", list(Level), ids=str)
def test_a_killed_judge_leaves_no_process(level: Level, pools: object) -> None:
    pools(level)  # type: ignore[operator]
    process = subprocess.Popen([sys.executable, "-c", ORPHAN, level], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "running\n"
    below = descendants(process.pid)
    assert len(below) >= 3  # the zygote, the worker, a spare
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(alive(pid) for pid in below):
        time.sleep(0.05)
    assert not [pid for pid in below if alive(pid)]
    process.stdout.close()


def test_a_forked_process_may_not_use_the_pool(own: Pool) -> None:
    own._owner = -1
    with pytest.raises(RuntimeError, match="belongs to the process"):
        own.session("numpy")


def test_a_level_that_cannot_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "no_strong", lambda: "bubblewrap is not installed")
    assert Pool().level is Level.BASIC
    with pytest.raises(MachineError, match="grader doctor"):
        Pool(Level.STRONG)


def test_a_framework_that_does_not_load_is_the_machines_fault(
    own: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.sandbox.visible.packages", lambda framework: {})
    with pytest.raises(MachineError, match="numpy"):
        own.warm("numpy")


def test_without_a_zygote_each_worker_is_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "FORKS", False)
    with Pool(Level.BASIC) as own:
        assert run_once(own, "print(1)")["printed"] == "1\n"
        assert run_once(own, "while True: pass", limits=Limits(wall_s=1))["status"] == "timeout"
        ended = run_once(own, "import os\nos._exit(3)")
        assert ended["outcome"].status == 3
        forbidden = run_once(own, "import numpy as np\nnp.convolve([1], [1])", forbidden=("numpy.convolve",))
        assert error_type(forbidden) == "ForbiddenOperation"
        with own.session("numpy") as session, pytest.raises(WorkerEnded):
            session.ask(load("import os\nos.write(4, b'x' * 99)"))


def test_a_zygote_that_hangs_is_ended_with_everything_in_it(
    own: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = own.session("numpy")
    assert run(session, "pass")["status"] == "ok"
    zygote = _zygote(own)
    assert zygote._process is not None and zygote._pidfd is not None
    below = descendants(zygote._process.pid)
    signal.pidfd_send_signal(zygote._pidfd, signal.SIGSTOP)
    waits = zygote._process.wait
    monkeypatch.setattr(
        zygote._process, "wait", lambda timeout=60: waits(min(timeout, 0.5) if timeout == 5 else timeout)
    )
    own.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(alive(pid) for pid in below):
        time.sleep(0.05)
    assert not [pid for pid in below if alive(pid)]
    session.close()
