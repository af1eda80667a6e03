"""A learner's record: append-only, safe from several processes, and never in the way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.course.progress import Progress
from grader.errors import MachineError

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def test_best_last_and_passed(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "deep" / "progress.db")
    assert progress.standings("cnn") == {} and not (tmp_path / "deep").exists()
    for status, score in (("failed", 1.0), ("passed", 3.0), ("failed", 2.0)):
        progress.record(NOW, "cnn", "conv2d", status, score, 3.0)
    progress.record(NOW, "other", "conv2d", "passed", 9.0, 9.0)
    standing = progress.standings("cnn")["conv2d"]
    assert (standing.best, standing.last_status, standing.attempts, standing.passed) == (
        3.0,
        "failed",
        3,
        True,
    )


def test_hints_are_counted_per_exercise(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.db")
    assert progress.hints_shown("cnn", "conv2d") == 0
    progress.record_hint(NOW, "cnn", "conv2d", 1)
    progress.record_hint(NOW, "cnn", "conv2d", 2)
    assert progress.hints_shown("cnn", "conv2d") == 2
    assert progress.hints_shown("cnn", "relu") == 0


def test_a_place_that_cannot_be_written_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="GRADER_HOME"):
        Progress(tmp_path / "file" / "progress.db").record(NOW, "cnn", "x", "failed", 0, 1)
    (tmp_path / "progress.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(MachineError, match="cannot be kept"):
        Progress(tmp_path / "progress.db").record(NOW, "cnn", "x", "failed", 0, 1)


def test_an_attempt_is_there_for_others_while_the_record_is_held(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.db")
    with progress.held():
        progress.record(NOW, "cnn", "relu", "passed", 1, 1)
        assert Progress(tmp_path / "progress.db").standings("cnn")["relu"].passed
    assert Progress(tmp_path / "progress.db").standings("cnn")["relu"].attempts == 1
