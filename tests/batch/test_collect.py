"""Who handed in what: every layout, and everything that is listed instead of dropped."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.batch.clerk import read_text
from grader.batch.roster import load_roster
from grader.batch.submission import Collected, Trouble
from grader.errors import GraderError, InputError
from tests.batch.conftest import hand_in

Find = Callable[..., Collected]


def taken(found: Collected) -> list[tuple[str, str]]:
    return [(one.learner, one.exercise.id) for one in found.submissions]


def listed(found: Collected, kind: Trouble) -> list[str]:
    return [aside.path for aside in found.asides if aside.kind is kind]


def test_trees_and_flat_files(root: Path, found: Find) -> None:
    hand_in(root, "a", "ada/01_numbers/axpy.py")
    hand_in(root, "a", "ada/01_numbers/steps.py")
    hand_in(root, "b", "bob/steps.py")
    result = found()
    assert taken(result) == [("ada", "axpy"), ("ada", "steps"), ("bob", "steps")]
    assert result.asides == ()
    assert result.submissions[0].shown == "ada/01_numbers/axpy.py"


def test_what_is_no_submission_is_listed(root: Path, found: Find) -> None:
    hand_in(root, "a", "ada/axpy.py")
    hand_in(root, "again", "ada/old/axpy.py")
    hand_in(root, "x", "ada/notes.txt")
    hand_in(root, "x", "readme.md")
    (root / "empty").mkdir()
    (root / "link").symlink_to(root / "ada")
    result = found()
    assert taken(result) == [("ada", "axpy")]
    assert listed(result, Trouble.DUPLICATE) == ["ada/old/axpy.py"]
    assert sorted(listed(result, Trouble.UNUSED)) == ["ada/notes.txt", "link", "readme.md"]
    assert listed(result, Trouble.EMPTY) == ["empty"]


def _fifo(path: Path) -> None:
    os.mkfifo(path)


BROKEN = {
    "not_utf8": (lambda path: path.write_bytes(b"x = '\xff'"), "not UTF-8"),
    "folder": (lambda path: path.mkdir(), "folder"),
    "fifo": (_fifo, "not a regular file"),
    "symlink": (lambda path: path.symlink_to("/etc/passwd"), "symbolic link"),
    "large": (lambda path: path.write_bytes(b"#" * (50 << 20)), "bytes"),
    "nul": (lambda path: path.write_bytes(b"x = 1\0"), "NUL"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_submissions_that_cannot_be_read(name: str, root: Path, found: Find) -> None:
    (root / "ada").mkdir()
    make, says = BROKEN[name]
    make(root / "ada" / "axpy.py")
    result = found()
    assert taken(result) == [("ada", "axpy")]
    with pytest.raises(InputError, match=says):
        read_text(result.submissions[0].path, result.submissions[0].exercise)


@pytest.mark.parametrize("name", ["new\nline", "left\u202eright", "ünïcode", "'; drop table result; --", " "])
def test_names_of_learners_are_kept_as_they_are(name: str, root: Path, found: Find) -> None:
    hand_in(root, "a", f"{name}/axpy.py")
    assert taken(found()) == [(name, "axpy")]


def test_a_name_that_is_no_text_is_written_out(root: Path, found: Find) -> None:
    folder = Path(os.fsdecode(os.fsencode(root) + b"/ad\xffa"))
    hand_in(folder, "a", "axpy.py")
    assert taken(found()) == [("ad\\xffa", "axpy")]


def test_fifos_and_links_named_as_archives_and_notebooks_do_not_hang(root: Path, found: Find) -> None:
    hand_in(root, "a", "ada/axpy.py")
    for name in ("work.zip", "work.tar.gz", "work.ipynb"):
        os.mkfifo(root / "ada" / name)
        (root / "ada" / f"link-{name}").symlink_to("/dev/zero")
    os.mkfifo(root / "bob.zip")
    result = found()
    assert len(listed(result, Trouble.UNREADABLE)) == 6
    assert listed(result, Trouble.UNUSED) == ["bob.zip"]


def test_too_many_files_are_not_looked_at(root: Path, found: Find) -> None:
    for number in range(150):
        hand_in(root, "", f"ada/{number}.txt")
    unused = [aside for aside in found().asides if aside.kind is Trouble.UNUSED]
    assert len(unused) == 101
    assert "50 more files" in unused[-1].why


def test_nothing_there(found: Find, root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is empty"):
        found()
    with pytest.raises(InputError, match="no such folder"):
        found(tmp_path / "nowhere")


# ------------------------------------------------------------------------------------------------------ platforms


def test_canvas(root: Path, found: Find) -> None:
    hand_in(root, "a", "lovelaceada_101_9001_axpy.py")
    hand_in(root, "newer", "lovelaceada_101_9007_axpy-1.py")
    hand_in(root, "b", "bob_LATE_102_9002_steps.py")
    hand_in(root, "b", "bob_LATE_102_9003_essay.docx")
    result = found()
    assert taken(result) == [("bob_102", "steps"), ("lovelaceada_101", "axpy")]
    assert result.submissions[1].path.read_text() == "newer"
    assert result.submissions[1].submitted_at is None  # the download's time says nothing
    assert listed(result, Trouble.DUPLICATE) == ["lovelaceada_101_9001_axpy.py"]
    assert listed(result, Trouble.UNUSED) == ["bob_LATE_102_9003_essay.docx"]


def test_moodle_folders_and_flat(root: Path, found: Find) -> None:
    hand_in(root, "a", "Ada Lovelace_7_assignsubmission_file_/axpy.py")
    hand_in(root, "b", "Bob Noyce_8_assignsubmission_file_steps.py")
    assert taken(found()) == [("Ada Lovelace_7", "axpy"), ("Bob Noyce_8", "steps")]


def test_a_roster_knows_learners_by_every_cell(root: Path, found: Find, tmp_path: Path) -> None:
    roster = hand_in(tmp_path, "learner,name,canvas\nada,Ada Lovelace,101\ngrace,Grace Hopper,103\n", "r.csv")
    hand_in(root, "a", "lovelaceada_101_9001_axpy.py")
    hand_in(root, "b", "stranger_999_9002_axpy.py")
    result = found(roster=load_roster(roster))
    assert taken(result) == [("ada", "axpy"), ("stranger_999", "axpy")]
    assert [(a.kind, a.learner) for a in result.asides] == [
        (Trouble.UNKNOWN, "stranger_999"),
        (Trouble.MISSING, "grace"),
    ]


METADATA = """---
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: '101'
    :email: ada@example.org
  - :name: Bob
    :email: bob@example.org
  :created_at: 2026-02-27 10:30:00.123456000 Z
  :score: 0.0
submission_12:
  :submitters:
  - :name: Grace
  :created_at: 2026-02-27 11:30:00 Z
"""


def test_gradescope(root: Path, found: Find) -> None:
    hand_in(root, METADATA, "submission_metadata.yml")
    hand_in(root, "a", "submission_11/axpy.py")
    hand_in(root, "a", "submission_13/axpy.py")
    result = found()
    assert taken(result) == [("ada@example.org", "axpy"), ("bob@example.org", "axpy")]
    assert result.submissions[0].submitted_at == datetime(2026, 2, 27, 10, 30, 0, 123456, UTC)
    assert listed(result, Trouble.UNUSED) == ["submission_13"]
    assert [a.learner for a in result.asides if a.kind is Trouble.EMPTY] == ["Grace", "Grace"]


@pytest.mark.parametrize(
    "text", ["[1, 2]", "submission_1: 3", "submission_1:\n  :submitters: x", "../x: {}", "a: [", ""]
)
def test_gradescope_metadata_that_is_none(text: str, root: Path, found: Find) -> None:
    hand_in(root, text, "submission_metadata.yml")
    with pytest.raises(GraderError, match=r"submission_metadata\.yml"):
        found()
