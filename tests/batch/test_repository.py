"""Git clones: the right commit, and nothing of a stranger's configuration."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.batch.collect import collect
from grader.batch.repository import export, git_folder
from grader.batch.submission import Collected, Trouble
from grader.course.catalog import Course
from grader.errors import InputError
from grader.gradebook.assignment import Assignment

Find = Callable[..., Collected]


def git(folder: Path, *arguments: str, at: str = "2026-02-01T12:00:00Z") -> None:
    dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at, "GIT_CONFIG_GLOBAL": "/dev/null"}
    who = ["-c", "user.name=x", "-c", "user.email=x@x", "-c", "init.defaultBranch=main"]
    subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, env={**os.environ, **dates}
    )


def commit(folder: Path, text: str, at: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    (folder / "axpy.py").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x", at=at)


def test_the_last_commit_before_the_deadline(tmp_path: Path) -> None:
    commit(tmp_path / "ada", "early", "2026-02-01T12:00:00Z")
    commit(tmp_path / "ada", "late", "2026-02-03T12:00:00Z")
    (tmp_path / "ada" / "axpy.py").write_text("not committed")
    found = export(tmp_path / "ada", tmp_path / "a", datetime(2026, 2, 2, tzinfo=UTC))
    assert (tmp_path / "a" / "axpy.py").read_text() == "early"
    assert found.at == datetime(2026, 2, 1, 12, tzinfo=UTC)
    export(tmp_path / "ada", tmp_path / "b", None)
    assert (tmp_path / "b" / "axpy.py").read_text() == "late"
    with pytest.raises(InputError, match="no commit before"):
        export(tmp_path / "ada", tmp_path / "c", datetime(2026, 1, 1, tzinfo=UTC))


def test_packed_references_and_bare_clones(tmp_path: Path) -> None:
    commit(tmp_path / "ada", "text", "2026-02-01T12:00:00Z")
    git(tmp_path / "ada", "pack-refs", "--all")
    git(tmp_path / "ada", "gc", "-q")
    export(tmp_path / "ada", tmp_path / "a", None)
    git(tmp_path, "clone", "-q", "--bare", str(tmp_path / "ada"), str(tmp_path / "bare"))
    export(tmp_path / "bare", tmp_path / "b", None)
    assert (tmp_path / "a" / "axpy.py").read_text() == (tmp_path / "b" / "axpy.py").read_text() == "text"


def test_no_program_that_the_clone_names_is_run(tmp_path: Path) -> None:
    folder, proof = tmp_path / "eve", tmp_path / "ran"
    commit(folder, "text", "2026-02-01T12:00:00Z")
    (folder / ".gitattributes").write_text("*.py filter=evil diff=evil\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")
    bad = tmp_path / "bad.sh"
    bad.write_text(f"#!/bin/sh\ntouch {proof}\ncat\n")
    bad.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "gpg.program", "filter.evil.smudge",
                 "filter.evil.clean", "diff.evil.textconv", "diff.external", "alias.rev-list", "uploadpack.packObjectsHook"):  # fmt: skip
        git(folder, "config", name, str(bad))
    git(folder, "config", "log.showSignature", "true")
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (folder / ".git" / "hooks" / hook).write_text(bad.read_text())
        (folder / ".git" / "hooks" / hook).chmod(0o755)
    export(folder, tmp_path / "out", None)
    assert (tmp_path / "out" / "axpy.py").read_text() == "text"
    assert not proof.exists()


def test_links_in_a_commit_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "eve"
    commit(folder, "text", "2026-02-01T12:00:00Z")
    (folder / "steps.py").symlink_to("/etc/passwd")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")
    export(folder, tmp_path / "out", None)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["axpy.py"]


@pytest.mark.parametrize(
    "head", ["", "ref: refs/heads/none", "ref: ../../../etc/passwd", "f" * 40, "nonsense"]
)
def test_damaged_clones(head: str, tmp_path: Path) -> None:
    commit(tmp_path / "ada", "text", "2026-02-01T12:00:00Z")
    (tmp_path / "ada" / ".git" / "HEAD").write_text(head)
    assert git_folder(tmp_path / "ada") is not None
    with pytest.raises(InputError):
        export(tmp_path / "ada", tmp_path / "out", None)


def test_clones_of_a_class_under_an_assignment(root: Path, tiny: Course, tmp_path: Path) -> None:
    for learner in ("ada", "bob", "eve"):
        commit(root / learner, "first", "2026-02-01T12:00:00Z")
        commit(root / learner, "second", "2026-02-03T12:00:00Z")
    (root / "eve" / ".git" / "HEAD").write_text("gone")
    assignment = Assignment.model_validate(
        {
            "format": 1,
            "id": "a",
            "due": "2026-02-02 12:00",
            "timezone": "UTC",
            "extensions": {"bob": "2 days"},
        }
    )
    result = collect(root, tiny, tmp_path / "scratch", assignment=assignment)
    assert [(s.learner, s.path.read_text()) for s in result.submissions] == [
        ("ada", "first"),
        ("bob", "second"),
    ]
    assert result.submissions[0].submitted_at == datetime(2026, 2, 1, 12, tzinfo=UTC)
    assert [(a.kind, a.learner) for a in result.asides] == [
        (Trouble.UNREADABLE, "eve"),
        (Trouble.EMPTY, "eve"),
    ]
