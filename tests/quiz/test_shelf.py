"""How a bank may be called on the command line."""

from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.quiz.shelf import bank_paths


@pytest.fixture
def quizzes(tmp_path: Path) -> Path:
    for name in ("01_first", "02_pooling", "03_twice", "04_twice", "plain"):
        (tmp_path / f"{name}.yaml").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "file"), [("02_pooling", "02_pooling"), ("pooling", "02_pooling"), ("plain", "plain")]
)
def test_a_number_in_front_may_be_left_out(quizzes: Path, name: str, file: str) -> None:
    assert bank_paths(quizzes, [name]) == [quizzes / f"{file}.yaml"]


def test_what_may_be_two_banks_is_neither(quizzes: Path) -> None:
    with pytest.raises(UsageError, match="there is no bank twice"):
        bank_paths(quizzes, ["twice"])
