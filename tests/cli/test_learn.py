"""`list` and `reset`: what is on disk counts, not what once was."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.learn import list_, reset
from grader.cli.options import open_progress
from grader.course.catalog import Course
from grader.course.workspace import make

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def line_of(exercise: str, workspace: Path) -> str:
    said = CliRunner().invoke(list_, ["--workspace", str(workspace)])
    assert said.exit_code == 0, said.output
    return next(line for line in said.output.splitlines() if line.split(":")[0].split()[:1] == [exercise])


def test_list_says_what_changed_since_it_was_judged(home: Path, course: Course, tmp_path: Path) -> None:
    make(tmp_path, course)
    path = tmp_path / course.exercise("relu").relative_path
    assert "not started" in line_of("relu", tmp_path)
    open_progress().record(NOW, course.info.id, "relu", "passed", 1.0, 1.0)
    before, after = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    os.utime(path, (before.timestamp(),) * 2)
    assert line_of("relu", tmp_path).endswith("passed")
    os.utime(path, (after.timestamp(),) * 2)
    assert line_of("relu", tmp_path).endswith("passed; changed since")


def test_list_says_that_the_last_check_failed(home: Path, course: Course, tmp_path: Path) -> None:
    for status in ("passed", "failed"):
        open_progress().record(NOW, course.info.id, "relu", status, 1.0, 1.0)
    assert line_of("relu", tmp_path).endswith("passed once; last time: failed")


def test_list_fits_a_narrow_terminal(
    home: Path, course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert line_of("relu", tmp_path) == "  relu: not started"


def test_reset_keeps_work_and_leaves_no_copy_of_a_stub(home: Path, course: Course, tmp_path: Path) -> None:
    make(tmp_path, course)
    path = tmp_path / course.exercise("relu").relative_path
    again = CliRunner().invoke(reset, ["relu", "--workspace", str(tmp_path)])
    assert again.exit_code == 0 and not list(path.parent.glob("*.bak"))
    path.write_text("mine")
    CliRunner().invoke(reset, ["relu", "--workspace", str(tmp_path)])
    assert [copy.read_text() for copy in path.parent.glob("*.bak")] == ["mine"]
    assert path.read_text() == course.exercise("relu").stub
