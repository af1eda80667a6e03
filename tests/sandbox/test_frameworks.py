"""What is not installed is skipped with a reason, and never an error."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from grader.course.catalog import Course
from grader.judge.check import Checker
from grader.judge.report import Status
from grader.sandbox import frameworks
from grader.sandbox.frameworks import lacking, without
from grader.sandbox.policy import Level
from grader.verify.store import Store
from grader.verify.text import text_of
from grader.verify.verify import Settings, Verification, prove


@pytest.fixture
def no_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        frameworks.importlib.util, "find_spec", lambda name: None if name == "triton" else real(name)
    )


def test_what_always_is_here() -> None:
    assert lacking("torch") is None and lacking("numpy") is None
    assert without("torch", [("cpu", None)]) == [("cpu", None)]


def test_each_place_is_skipped_with_the_reason(no_triton: None) -> None:
    (cpu, why), (cuda, same) = without("triton", [("cpu", None), ("cuda", "no GPU")])
    assert (cpu, cuda) == ("cpu", "cuda") and why == same and "pip install" in str(why)


def test_checking_without_triton(no_triton: None, course: Course, tmp_path: Path) -> None:
    exercise = course.exercise("triton_relu")
    (tmp_path / exercise.relative_path).parent.mkdir(parents=True)
    (tmp_path / exercise.relative_path).write_text("import triton\n")
    with Checker(course, tmp_path, sandbox="auto", device="auto", cache=tmp_path / "keys") as checker:
        report, troubles = checker.check(["triton_relu"])
    assert not troubles and [result.status for result in report.results] == [Status.SKIPPED]
    assert "Triton is not installed" in report.results[0].checks[0].message or report.results[0].message


def test_proving_without_triton(no_triton: None, course: Course, tmp_path: Path) -> None:
    exercises = course.select(["triton_relu"])
    proofs = prove(course, exercises, Settings(Level.STRONG), Store(tmp_path), lambda progress: None)
    found = Verification(course="cnn", version="1", sandbox="strong", proofs=proofs)
    text = text_of(found, course.root)
    assert found.clean and "skipped: Triton is not installed" in text and "1 skipped, not proved." in text
