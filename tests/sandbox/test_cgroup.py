from __future__ import annotations

import os
import subprocess
import sys

import pytest

from grader.sandbox import Ending, Limits, Pool, WorkerEnded, cgroup
from grader.sandbox.child import Record
from grader.sandbox.endings import cause
from tests.sandbox.conftest import load, run

LIMITS = Limits(memory_mib=64, cpu_s=5)


@pytest.fixture
def groups() -> cgroup.Groups:
    made = cgroup.Groups.open()
    if made is None:
        pytest.skip("no control group may be made here")
    return made


def test_a_process_is_counted_and_ended_by_the_kernel(groups: cgroup.Groups) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "input(); held = bytearray(400 << 20); input()"],
        stdin=subprocess.PIPE,
        text=True,
    )
    group = groups.take(process.pid, 100)
    assert group is not None
    process.communicate("\n\n")
    assert process.returncode == -9
    assert group.ran_out()
    peak = group.peak_mib()
    assert peak is not None and 100 <= peak <= 100 + cgroup.SLACK_MIB + 1
    groups.give_back(group)
    groups.close()
    assert not group.path.exists()


def test_groups_are_used_again(groups: cgroup.Groups) -> None:
    paths = set()
    for _ in range(5):
        process = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
        group = groups.take(process.pid, 10)
        assert group is not None and not group.ran_out()
        process.communicate(b"")
        groups.give_back(group)
        paths.add(group.path)
    assert len(paths) == 1
    groups.close()


def test_a_process_moves_itself_into_its_group_at_birth(groups: cgroup.Groups) -> None:
    reserved = groups.reserve()
    if reserved is None:
        pytest.skip("version 2")
    group, entry = reserved
    code = f"import os; os.write({entry}, b'0'); input(); held = bytearray(400 << 20); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, text=True, pass_fds=[entry]
    )
    os.close(entry)
    assert groups.bound(group, 100) is group
    process.communicate("\n\n")
    assert process.returncode == -9
    assert group.ran_out()
    groups.give_back(group)
    groups.close()


def test_every_worker_has_a_group_of_its_own_before_it_answers(pool: Pool, groups: cgroup.Groups) -> None:
    groups.close()
    with pool.session("numpy") as one, pool.session("numpy") as other:
        found = []
        for session in (one, other):
            assert run(session, "pass")["status"] == "ok"
            assert session._group is not None and session._child is not None
            found.append((session._group.path / "cgroup.procs").read_text().split())
            assert found[-1] == [str(session._child.pid)]
        assert found[0] != found[1]


def test_a_process_that_is_gone_has_no_group(groups: cgroup.Groups) -> None:
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    assert groups.take(process.pid, 10) is None
    groups.close()


def test_a_session_knows_what_its_worker_took(pool: Pool, groups: cgroup.Groups) -> None:
    groups.close()
    with pool.session("numpy") as session:
        assert run(session, "held = bytearray(b'x') * (100 << 20)")["status"] == "ok"
        with pytest.raises(WorkerEnded) as caught:
            session.ask(load("import os\nos._exit(0)"))
    peak = caught.value.outcome.peak_mib
    assert peak is not None and 100 <= peak < 120


def test_a_pidfd_leads_to_its_process() -> None:
    process = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
    descriptor = os.pidfd_open(process.pid)
    assert cgroup.pid_of(descriptor) == process.pid
    process.communicate(b"")
    assert cgroup.pid_of(descriptor) == -1
    os.close(descriptor)


@pytest.mark.parametrize(
    ("record", "output", "out_of_memory", "ending", "words"),
    [
        (Record(-9, 1.0), "", True, Ending.MEMORY_LIMIT, "64 MiB"),
        (
            Record(-6, 1.0),
            "terminate called after throwing an instance of 'std::bad_alloc'",
            False,
            Ending.MEMORY_LIMIT,
            "64",
        ),
        (Record(-9, 4.9), "", False, Ending.TIMEOUT, "5 s of CPU"),
        (Record(-9, 0.1), "", False, Ending.CRASHED, "pipes"),
        (Record(98, 0.1), "", False, Ending.CRASHED, "replaced"),
        (Record(3, 0.1), "", False, Ending.CRASHED, "status 3"),
        (Record(-31, 0.1), "", False, Ending.CRASHED, "never allowed"),
        (Record(-12, 0.1), "", False, Ending.CRASHED, "signal 12"),
    ],
)
def test_an_end_has_a_cause(
    record: Record, output: str, out_of_memory: bool, ending: Ending, words: str
) -> None:
    said = cause(record, LIMITS, output, out_of_memory)
    assert said[0] is ending
    assert words in said[1]
