"""Memory where no control group may be made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from grader.sandbox import Ending, Level, Limits, Pool, WorkerEnded, session
from grader.sandbox.cgroup import SLACK_MIB, Groups
from grader.sandbox.watcher import Watcher
from tests.sandbox.conftest import load, run, run_once

TAKE = "held = bytearray(b'x') * ({} << 20)"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process holds")


@pytest.fixture(params=list(Level), ids=str)
def bare(
    request: pytest.FixtureRequest, pools: Callable[[Level], Pool], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pool]:
    """A pool on a machine that lets nobody make control groups."""
    pools(request.param)
    monkeypatch.setattr(Groups, "open", classmethod(lambda cls: None))
    with Pool(request.param) as pool:
        yield pool


def _process(code: str) -> subprocess.Popen[str]:
    """A process in a session of its own that has run `code`, and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code}\nimport os; os.write(1, b'there\\n')\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "there\n"
    return process


@pytest.mark.parametrize(("mib", "over"), [(60, False), (200, True)])
def test_what_a_process_took_is_seen(mib: int, over: bool) -> None:
    process = _process(TAKE.format(mib))
    watcher = Watcher(process.pid, 100)
    assert watcher.over() is over
    if over:
        assert watcher.peak_mib is not None and mib <= watcher.peak_mib < mib + SLACK_MIB
    process.communicate("\n")
    assert not watcher.over(), "a process that is gone holds nothing"


def test_several_processes_count_together_and_what_they_share_counts_once() -> None:
    process = _process(f"import os\n{TAKE.format(120)}\nfor _ in range(2): os.fork()")
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline() == "there\n"
    assert not Watcher(process.pid, 250, alone=False).over(), "four times 120, were it counted for each"
    assert Watcher(process.pid, 40, alone=False).over()
    process.communicate("\n" * 4)


def test_a_worker_over_its_limit_is_ended_and_the_limit_named(
    bare: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address space, which would be met first, is left wide by watching for less."""
    monkeypatch.setattr(session, "Watcher", lambda pid, memory_mib: Watcher(pid, 64))
    said = run_once(bare, TAKE.format(300) + "\nwhile True: pass", limits=Limits(memory_mib=512))
    assert said["status"] == Ending.MEMORY_LIMIT, said
    assert "512 MiB" in said["outcome"].detail
    assert 64 + SLACK_MIB < said["outcome"].peak_mib < 310


@pytest.mark.slow
def test_what_a_zygote_made_is_nobodys(bare: Pool) -> None:
    """A warm torch worker shows 200 MiB and has taken 3: a limit below the one is not met by the other."""
    source = "import time\ntime.sleep(.4)"
    assert run_once(bare, source, "torch", Limits(memory_mib=64))["status"] == "ok"


def test_the_address_space_still_holds(bare: Pool) -> None:
    with bare.session("numpy", limits=Limits(memory_mib=64)) as held:
        assert run(held, TAKE.format(100))["error"]["type"] == "MemoryError"
        with pytest.raises(WorkerEnded) as caught:
            held.ask(load("import os\nos._exit(0)"))
    assert caught.value.outcome.peak_mib is None
