"""A proof as CI's log shows it: short, and nothing wrong left out."""

from pathlib import Path

import pytest

from grader.cli.verify import _LINES, _Bar
from grader.course.model import Kind
from grader.verify.result import Flaw, Hunted, Judged, Proof, Verification
from grader.verify.text import text_of
from grader.verify.verify import Progress

SOUND = Judged(wheats=3, wheats_passed=3, chaffs=8, chaffs_failed=8, chaffs_named=8, seeds=20, wall_s=1.5)
WRONG = Judged(flaws=(Flaw(message="a chaff passes every check"),), wheats=3, chaffs=9, chaffs_failed=8)
HUNTED = Hunted(total=5, killed=4, equivalent=1)


def proof_of(exercise: str, judged: Judged, *, cached: bool = False) -> Proof:
    return Proof(
        exercise=exercise, topic="t", kind=Kind.FUNCTION, judged=judged, hunted=HUNTED, cached=cached
    )


def text(*proofs: Proof, brief: bool) -> list[str]:
    found = Verification(course="cnn", version="1", sandbox="strong", proofs=proofs, wall_s=64.6)
    return text_of(found, Path("/course"), brief=brief).splitlines()


def test_brief_names_what_is_wrong_and_gives_the_sums() -> None:
    skipped = Proof(exercise="three", topic="t", kind=Kind.FUNCTION, skipped="Triton is not installed here")
    proofs = (proof_of("one", SOUND, cached=True), proof_of("two", WRONG), skipped)
    assert text(*proofs, brief=True) == [
        "BAD two    wheats 0/3, chaffs 8/9, named 0, mutants 4/4 (1 equivalent), 0.0 s",
        "--  three  skipped: Triton is not installed here",
        "",
        "a chaff passes every check",
        "",
        "wheats 3/6, chaffs 16/17, mutants 8/8; 1 proofs kept from before; 1:05 min",
        "1 problem in 3 exercises.",
    ]
    assert text(*proofs, brief=False)[0].startswith("ok  one ")


def test_a_sound_course_is_two_lines() -> None:
    assert [line for line in text(proof_of("one", SOUND), brief=True) if line] == [
        "wheats 3/3, chaffs 8/8, mutants 4/4; 1:05 min",
        "1 exercises, nothing wrong.",
    ]


def test_progress_without_a_terminal_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with _Bar() as bar:
        for done in range(1, 124):
            bar.told(Progress(f"job{done}", done, 123, 2 if done == 50 else 0))
    lines = capsys.readouterr().err.splitlines()
    assert _LINES <= len(lines) <= _LINES + 1 and not any("\x1b" in line for line in lines)
    assert "[50/123] job50, 2 wrong" in lines and lines[-1] == "[123/123] job123"
