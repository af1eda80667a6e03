"""A Ray cluster as executor: what crosses to a node, what a node does with it, and two real nodes of which one dies."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from grader.batch import node
from grader.batch.cluster import Cluster
from grader.batch.parcel import Parcel, folder_for, pack, unpack
from grader.cli.grade import grade
from grader.course.catalog import Course, load_course
from grader.errors import MachineError
from grader.judge.judge import Judge
from grader.judge.keysmith import code_version
from grader.judge.report import Result, Status
from tests.batch.conftest import TINY, hand_in, source
from tests.batch.test_kill import rows, start

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: make test-cluster"
)


def test_a_course_arrives_as_it_was(tiny: Course, tmp_path: Path) -> None:
    parcel = pack(tiny)
    assert parcel == pack(load_course(TINY))
    there = load_course(unpack(parcel, tmp_path / "node"))
    assert [e.fingerprint for e in there.exercises] == [e.fingerprint for e in tiny.exercises]
    assert there.version == tiny.version
    assert unpack(parcel, tmp_path / "node") == there.root  # found, not unpacked again
    assert (tmp_path / "node").stat().st_mode & 0o077 == 0


def test_a_damaged_parcel_is_refused(tiny: Course, tmp_path: Path) -> None:
    parcel = pack(tiny)
    with pytest.raises(MachineError, match="damaged on its way"):
        unpack(Parcel(parcel.digest, parcel.data[:-1] + b"x"), tmp_path / "node")
    assert list((tmp_path / "node").iterdir()) == []


def test_solutions_are_not_unpacked_where_others_can_read_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(MachineError, match="open to other users"):
        folder_for("0" * 64, tmp_path)


@pytest.fixture
def setting(tiny: Course, judge: Judge) -> node.Setting:
    level = judge.pool.level.value
    return node.Setting(pack(tiny).digest, tiny.info.model_dump_json(), 7, True, level, code_version())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A process that is a node: its own folder, no bench yet; the bench is closed at the end."""
    monkeypatch.setattr(node, "folder_for", lambda digest: folder_for(digest, tmp_path / "node"))
    monkeypatch.setattr(node, "unpack", lambda parcel: unpack(parcel, tmp_path / "node"))
    monkeypatch.setattr(node, "_bench", None)
    yield
    if node._bench is not None:
        node._bench[1].pool.close()


def test_a_node_gives_the_verdict_of_this_machine(
    here: Any, setting: node.Setting, tiny: Course, judge: Judge
) -> None:
    fetched: list[str] = []

    def parcel() -> bytes:
        fetched.append("course")
        return pack(tiny).data

    def keys() -> dict[str, bytes]:
        fetched.append("keys")
        return judge.keysmith.frames(tiny.exercise("axpy"), 7)

    hidden = replace(judge, seed=7, hidden=True)
    for variant in ("axpy_fused", "a_left_out"):
        text = source(tiny, "axpy", variant)
        reply = node.answer(setting.to_json(), parcel, keys, "axpy", text.encode(), "cpu")
        there, mine = Result.model_validate_json(reply["result"]), hidden.judge(tiny.exercise("axpy"), text)
        assert there.checks == mine.checks and there.score == mine.score
        assert isinstance(reply["answers"], bytes)
    assert fetched == ["course", "keys"]  # once a process, not once a task


def test_a_node_of_another_version_says_so(here: Any, setting: node.Setting, tiny: Course) -> None:
    other = replace(setting, code="00000000").to_json()
    reply = node.answer(other, lambda: pack(tiny).data, dict, "axpy", b"", "cpu")
    assert "another version of grader" in reply["trouble"]


def test_without_ray_the_remedy_is_said(
    tiny: Course, judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MachineError, match=r"needs Ray.*pip install 'cnn-grader\[cluster\]'"):
        Cluster("auto", tiny, judge)
    hand_in(tmp_path / "class", "", "ada/axpy.py")
    words = [tmp_path / "class", "--course", TINY, "--gradebook", tmp_path / "g.db", "--cluster", "auto"]
    done = CliRunner().invoke(grade, [*map(str, words)])
    assert isinstance(done.exception, MachineError) and done.exception.exit_code == 3


def test_no_other_command_imports_ray() -> None:
    code = (
        "import sys, grader.cli.grade, grader.batch.run, grader.batch.cluster; sys.exit('ray' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@needs_ray
def test_where_no_cluster_answers(tiny: Course, judge: Judge) -> None:
    with pytest.raises(MachineError, match="no Ray cluster at auto"):
        Cluster("auto", tiny, judge)


@needs_ray
@pytest.mark.cluster
def test_two_nodes_of_which_one_dies_give_the_serial_gradebook(tiny: Course, tmp_path: Path) -> None:
    from benchmarks.class_run import two_nodes

    crowd, home = tmp_path / "crowd", tmp_path / "home"
    solution = tiny.exercise("axpy").solution
    variants = [v.name for v in (*solution.wheats, *solution.chaffs)]
    for number in range(60):
        text = source(tiny, "axpy", variants[number % len(variants)])
        hand_in(crowd, f"{text}\n# learner {number}\n", f"learner{number:02}/axpy.py")
    hand_in(crowd, "import os\ndef axpy(*a): os._exit(3)\n", "left/axpy.py")
    hand_in(crowd, "def axpy(*a):\n    while True: pass\n", "endless/axpy.py")
    assert start(crowd, tmp_path / "serial.db", home, jobs=1).wait(300) == 0
    with two_nodes() as (address, cluster, victim):
        process = start(crowd, tmp_path / "ray.db", home, "--cluster", address)
        while process.poll() is None and len(rows(tmp_path / "ray.db")) < 15:
            pass
        before = rows(tmp_path / "ray.db")
        cluster.remove_node(victim, allow_graceful=False)
        assert process.wait(300) == 0
    assert 15 <= len(before) < 62 and set(before) <= set(rows(tmp_path / "ray.db"))
    assert rows(tmp_path / "ray.db") == rows(tmp_path / "serial.db")
    assert {row[4] for row in rows(tmp_path / "ray.db")} >= {Status.PASSED, Status.FAILED, Status.TIMEOUT}


@needs_ray
@pytest.mark.cluster
def test_what_a_cluster_says_is_json_alone(tiny: Course, tmp_path: Path) -> None:
    from benchmarks.class_run import two_nodes

    hand_in(tmp_path / "class", source(tiny, "axpy"), "ada/axpy.py")
    with two_nodes() as (address, _, _):
        words = ["grade", tmp_path / "class", "--course", TINY, "--gradebook", tmp_path / "g.db"]
        words += ["--cluster", address, "--format", "json"]
        done = subprocess.run(
            [sys.executable, "-m", "grader", *map(str, words)], capture_output=True, text=True, check=True
        )
    assert json.loads(done.stdout)["judged"] == 1
