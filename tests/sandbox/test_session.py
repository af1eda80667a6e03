from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.sandbox import Ending, Limits, Pool, WorkerEnded
from grader.worker.wire import Message, Tensor
from tests.sandbox.conftest import error_type, load, run, run_once

SHORT = Limits(wall_s=1.5)


def test_one_worker_answers_request_after_request(pool: Pool) -> None:
    with pool.session("numpy") as session:
        assert run(session, "x = 1")["status"] == "ok"
        said = run(session, "print('second')")
        assert said["status"] == "ok"
        assert session.output == "second\n"
        assert session.wall_s is not None and 0 < session.wall_s < 10


def test_nothing_of_one_session_is_seen_by_the_next(pool: Pool) -> None:
    poison = "import sys, math, os\nsys.poison = 1\nmath.pi = 3\nos.environ['POISON'] = '1'"
    assert run_once(pool, poison)["status"] == "ok"
    check = "import sys, math, os\nprint(hasattr(sys, 'poison'), math.pi, os.environ.get('POISON'))"
    assert run_once(pool, check)["printed"].startswith("False 3.14159")


@pytest.mark.parametrize(
    ("source", "ending", "words"),
    [
        ("while True: pass", Ending.TIMEOUT, "1.5 s"),
        (
            "import time\nwhile True:\n  try: time.sleep(9)\n  except BaseException: pass",
            Ending.TIMEOUT,
            "1.5 s",
        ),
        (
            "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass",
            Ending.TIMEOUT,
            "1.5 s",
        ),
        ("(1 << 10**9) ** 3", Ending.TIMEOUT, "1.5 s"),
        ("print('x' * 10**7)", Ending.OUTPUT_LIMIT, "256 KiB"),
        ("import os\nos.write(2, b'x' * 10**6)", Ending.OUTPUT_LIMIT, "256 KiB"),
        ("import os\nos._exit(0)", Ending.CRASHED, "status 0"),
        ("import ctypes\nctypes.string_at(0)", Ending.CRASHED, "memory fault"),
        ("import os\nos.abort()", Ending.CRASHED, "abort"),
        ("import os\nos.close(4)\nwhile True: pass", Ending.CRASHED, "closed"),
        ("import os\nos.write(4, b'garbage, and more of it')", Ending.CRASHED, "not a frame"),
        ("import os, struct\nos.write(4, struct.pack('<IQ', 100, 1 << 60))", Ending.OUTPUT_LIMIT, "at most"),
        (
            "import os, struct\nos.write(4, struct.pack('<IQ', 2, 0) + b'{}')",
            Ending.CRASHED,
            "lacks its parts",
        ),
    ],
)
def test_every_end_is_an_outcome_that_says_why(pool: Pool, source: str, ending: Ending, words: str) -> None:
    said = run_once(pool, source, limits=SHORT)
    assert said["status"] == ending, said
    assert words in said["outcome"].detail
    assert said["outcome"].wall_s is not None
    assert run_once(pool, "pass")["status"] == "ok"


def test_cpu_time_of_all_threads_is_bounded(pool: Pool) -> None:
    said = run_once(pool, "while True: pass", limits=Limits(wall_s=20, cpu_s=1))
    assert said["status"] == Ending.TIMEOUT
    assert "1 s of CPU time" in said["outcome"].detail
    assert said["outcome"].cpu_s == pytest.approx(1.0, abs=0.3)


def test_memory_is_bounded_beyond_the_warm_worker(pool: Pool) -> None:
    limits = Limits(memory_mib=256)
    assert run_once(pool, "import numpy as np\nnp.ones(200 << 17)", limits=limits)["status"] == "ok"
    said = run_once(pool, "import numpy as np\nnp.ones(300 << 17)", limits=limits)
    assert error_type(said) in ("MemoryError", "_ArrayMemoryError")


def test_swallowing_memory_errors_does_not_help(pool: Pool) -> None:
    hoard = "held = []\nwhile True:\n  try: held.append(bytearray(1 << 20))\n  except MemoryError: break\nprint(len(held))"
    said = run_once(pool, hoard, limits=Limits(memory_mib=128))
    assert said["status"] == "ok"
    assert 100 <= int(said["printed"]) <= 128


def test_a_reply_is_bounded_by_what_was_asked_for(pool: Pool) -> None:
    source = "import numpy as np\ndef f(): return np.ones(1000)"
    request = Message(
        {"do": "load", "name": "m", "source": source, "entries": ["f"]}, {"x": Tensor.of(np.ones(3))}
    )
    with pool.session("numpy") as session:
        assert session.ask(request, max_reply_bytes=0).head["status"] == "ok"
        forged = "import os, struct\nos.write(4, struct.pack('<IQ', 10, 64))"
        with pytest.raises(WorkerEnded) as caught:
            session.ask(load(forged), max_reply_bytes=63)
    assert caught.value.outcome.ending is Ending.OUTPUT_LIMIT
    assert "64 bytes" in caught.value.outcome.detail


def test_an_answer_nobody_asked_for_is_refused(pool: Pool) -> None:
    late = (
        "import os, threading, time\n"
        "def later():\n  time.sleep(.2)\n  os.write(4, b'\\0' * 12)\n"
        "threading.Thread(target=later, daemon=True).start()"
    )
    with pool.session("numpy") as session:
        assert run(session, late)["status"] == "ok"
        import time

        time.sleep(0.5)
        said = run(session, "pass")
    assert said["status"] == Ending.CRASHED
    assert "pipe" in said["outcome"].detail


def test_an_ended_session_keeps_saying_so_and_keeps_what_was_printed(pool: Pool) -> None:
    with pool.session("numpy") as session:
        first = run(session, "print('before', flush=True)\nimport os\nos._exit(7)")
        assert first["outcome"].status == 7
        assert session.output == "before\n"
        assert run(session, "pass")["outcome"] is first["outcome"]
        session.close()
        session.close()


def test_a_large_request_and_reply_pass(pool: Pool) -> None:
    tensor = Tensor.of(np.arange(1 << 20, dtype=np.float64))
    with pool.session("numpy") as session:
        message = Message({"do": "load", "name": "m", "source": "pass", "entries": []}, {"x": tensor})
        assert session.ask(message).head["status"] == "ok"


def test_a_request_the_worker_never_reads_ends_in_time(pool: Pool) -> None:
    with pool.session("numpy") as session:
        assert (
            run(session, "import threading, os, time\nthreading.Thread(target=lambda: os.close(3)).start()")[
                "status"
            ]
            == "ok"
        )
        tensor = Tensor.of(np.zeros(1 << 21))
        message = Message({"do": "load", "name": "m", "source": "pass", "entries": []}, {"x": tensor})
        with pytest.raises(WorkerEnded):
            session.ask(message, wall_s=2)


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the kernel does not count waiting")
def test_waiting_for_a_processor_does_not_count(pool: Pool) -> None:
    """A second of work under a limit of 2.5 seconds, while three others run on the worker's only processor."""
    busy = "import time\nuntil = time.thread_time() + 1.0\nwhile time.thread_time() < until: pass"
    processor = min(os.sched_getaffinity(0))
    crowd = [  # in sessions of their own: some kernels divide time among sessions first
        subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True) for _ in range(3)
    ]
    try:
        with pool.session("numpy", limits=Limits(wall_s=2.5)) as session:
            run(session, "x = 1")
            for pid in (session._pid, *(each.pid for each in crowd)):
                os.sched_setaffinity(pid, {processor})
            assert run(session, busy)["status"] == "ok"
            assert session.wall_s is not None and session.wall_s > 2.5, "there was no crowd to wait for"
    finally:
        for each in crowd:
            each.kill()
            each.wait()
