"""The command from end to end, on a tiny course and on broken copies of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.verify.conftest import edit


def verify(home: Path, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "grader", "verify", "--course", str(root), "--jobs", "1", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "GRADER_HOME": str(home)},
        check=False,
    )


def proofs(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {proof["exercise"]: proof for proof in json.loads(done.stdout)["proofs"]}


def test_a_sound_course_is_proved_once(tiny: Path, tmp_path: Path) -> None:
    lock = tiny / "quizzes/tiny.lock.json"
    lock.unlink()
    done = verify(tmp_path / "home", tiny, "--json", "--write-table")
    assert done.returncode == 0, done.stdout + done.stderr
    found = proofs(done)
    judged = found["axpy"]["judged"]
    assert (judged["wheats"], judged["wheats_passed"]) == (3, 3)
    assert (judged["chaffs"], judged["chaffs_failed"], judged["chaffs_named"]) == (9, 9, 9)
    assert judged["seeds"] == 20
    assert found["steps"]["hunted"]["killed"] > 3 and not found["steps"]["hunted"]["survivors"]
    assert "[0, 3, 6]" in lock.read_text()
    table = (tiny / "docs/course-quality.md").read_text()
    assert "| `axpy` | 3 / 3 | 9 / 9 | 9 |" in table and "**2 exercises**" in table
    assert "axpy-judged" in done.stderr

    again = verify(tmp_path / "home", tiny, "--json")
    assert again.returncode == 0
    assert all(proof["cached"] for proof in proofs(again).values())
    assert "judged" not in again.stderr

    edit(tiny / "exercises/01_numbers/steps.py", "How many steps of a length", "How many steps of one length")
    one = verify(tmp_path / "home", tiny, "--json", "--fast", "--seeds", "20")
    assert {name: proof["cached"] for name, proof in proofs(one).items()} == {"axpy": True, "steps": False}


def test_a_broken_course_is_told_everything_at_once(tiny: Path, tmp_path: Path) -> None:
    edit(
        tiny / "solutions/01_numbers/axpy.py",
        "return torch.add(y, x, alpha=a)",
        "return torch.add(y, x, alpha=abs(a))",
        '"(a * x + y).float()"',
        '"a * x.clone() + y"',
        'lesson="The factor is applied twice."',
        'lesson=""',
    )
    edit(tiny / "exercises/01_numbers/axpy.py", "raise NotImplementedError", "return x")
    steps = tiny / "solutions/01_numbers/steps.py"
    text = steps.read_text()
    steps.write_text(
        text[: text.index('    yield Case("exact", dict(distance=draw')]
        + '    yield Case("partial", dict(distance=7, length=2))\n'
        + '    yield Case("partial", dict(distance=13, length=3))\n'
        + '    yield Case("partial", dict(distance=21, length=5))\n'
    )
    edit(tiny / "quizzes/tiny.lock.json", "[0, 3, 6]", "[0, 3, 7]")
    edit(tiny / "quizzes/tiny.yaml", "exercises: [axpy]", "exercises: [gone]")
    done = verify(tmp_path / "home", tiny)
    assert done.returncode == 1, done.stderr
    for wanted in (
        "BAD axpy",
        "axpy_fused: a wheat is refused with seed 0 on cpu: scaled: failed",
        "forced_float32: a chaff passes every check (add a case that it fails)",
        "squared: has an empty lesson",
        "the stub is failed with",
        "default_two: a chaff passes every check",
        "the judge passes a mutant of the reference (constant)",
        "+def steps(distance, length=2):",
        "add a case that tells it apart, such as steps(distance=",
        "the code prints '[0, 3, 6]\\n', but the lock file says '[0, 3, 7]\\n'",
        "there is no exercise gone",
    ):
        assert wanted in done.stdout, done.stdout


def test_what_cannot_be_read_is_an_error_of_the_course(tiny: Path, tmp_path: Path) -> None:
    edit(tiny / "solutions/01_numbers/axpy.py", '"a * x + y", "x + y"', '"a * z + y", "x + y"')
    done = verify(tmp_path / "home", tiny, "--fast", "axpy")
    assert done.returncode == 1 and "a_left_out: the reference has 'a * z + y' 0 times" in done.stdout

    edit(tiny / "exercises/course.yaml", "kind: design", "kind: art")
    done = verify(tmp_path / "home", tiny)
    assert done.returncode == 3 and "course.yaml:21" in done.stderr and done.stdout == ""


def test_a_table_of_half_a_course_is_refused(tiny: Path, tmp_path: Path) -> None:
    done = verify(tmp_path / "home", tiny, "axpy", "--write-table")
    assert done.returncode == 2 and "whole course" in done.stderr
    assert verify(tmp_path / "home", tiny, "nothing").returncode == 2


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers notice their closed pipes")
def test_workers_end_with_the_command(tiny: Path, tmp_path: Path) -> None:
    """A killed `verify` leaves nothing behind that goes on computing."""
    edit(tiny / "solutions/01_numbers/axpy.py", "import torch\n", "import time, torch\ntime.sleep(20)\n")
    command = [sys.executable, "-m", "grader", "verify", "--course", str(tiny), "--jobs", "1", "axpy"]
    with subprocess.Popen(command, env={**os.environ, "GRADER_HOME": str(tmp_path / "home")}) as running:
        children = wait_for(lambda: _children(running.pid, "spawn_main"), 90.0)
        running.kill()
    assert wait_for(lambda: not any(_alive(pid) for pid in children), 30.0)


def wait_for(what: Callable[[], Any], wall_s: float) -> Any:
    deadline = time.monotonic() + wall_s
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1.0)
    return what() or found


def _children(pid: int, marked: str) -> list[int]:
    """Worker processes that are set up: they hold torch, and so a sandbox's control socket soon."""
    listed = subprocess.run(
        ["ps", "-eww", "-o", "pid,ppid,rss,args"], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 3) for line in listed.stdout.splitlines()[1:]]
    return [int(r[0]) for r in rows if int(r[1]) == pid and marked in r[3] and int(r[2]) > 200_000]


def _alive(pid: int) -> bool:
    path = Path(f"/proc/{pid}/stat")
    return path.exists() and path.read_text().rsplit(")", 1)[1].split()[0] != "Z"
