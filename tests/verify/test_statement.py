from __future__ import annotations

from pathlib import Path

import pytest
import torch

from grader.course.catalog import Exercise, load_course
from grader.verify.statement import check_examples, check_signature
from tests.verify.conftest import edit


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def axpy(root: Path) -> Exercise:
    return load_course(root).exercise("axpy")


def test_a_sound_statement(tiny: Path) -> None:
    assert list(check_signature(axpy(tiny))) == []
    assert check_examples(axpy(tiny)) == []


@pytest.mark.parametrize("wrong", ["y, x, a=1", "x, y, a", "x, y, a=2", "x, y, factor=1", "x, y, *, a=1"])
def test_a_differing_signature_is_said_with_its_line(tiny: Path, wrong: str) -> None:
    edit(tiny / "exercises/01_numbers/axpy.py", "axpy(x, y, a=1)", f"axpy({wrong})")
    (problem,) = check_signature(axpy(tiny))
    assert problem.line == 21 and f"axpy({wrong})" in str(problem) and "axpy(x, y, a=1)" in str(problem)


def test_a_false_example_is_said_with_its_line_and_what_came_out(tiny: Path) -> None:
    edit(tiny / "exercises/01_numbers/axpy.py", "tensor([2.])", "tensor([3.])", ", a=3)", ", b=3)")
    first, second = check_examples(axpy(tiny))
    assert first.line == 10 and "unexpected keyword argument 'b'" in first.message
    assert second.line == 12 and "Expected: tensor([3.]) Got: tensor([2.])" in second.message


def test_a_statement_without_an_example_is_said(tiny: Path) -> None:
    edit(tiny / "exercises/01_numbers/axpy.py", ">>> ", "")
    (problem,) = check_examples(axpy(tiny))
    assert "no example" in problem.message


def test_an_example_that_never_ends_is_said(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.verify.statement.EXAMPLES_S", 1.0)
    edit(
        tiny / "exercises/01_numbers/axpy.py",
        ">>> axpy(torch.tensor([1.])",
        ">>> while True: axpy(torch.tensor([1.])",
    )
    (problem,) = check_examples(axpy(tiny))
    assert "do not end" in problem.message
