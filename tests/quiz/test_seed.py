"""The nineteen questions that the course started from: all of them asked, answered and marked in one session."""

from pathlib import Path

import pytest

from grader.quiz.bank import Library, load_banks
from grader.quiz.entry import Kind
from grader.quiz.recall import Recall
from grader.quiz.store import ReviewLog
from tests.quiz.conftest import Clock
from tests.quiz.sessions import SEED, begun
from tests.quiz.test_plain import quiz

ROOT = Path(__file__).parents[2]


@pytest.fixture
def seed(tmp_path: Path) -> Library:
    return load_banks([ROOT / "quizzes" / "00_seed.yaml"])


@pytest.mark.parametrize("grade", ["good", "wrong"])
def test_all_are_asked_and_marked(
    seed: Library, log: ReviewLog, clock: Clock, tmp_path: Path, grade: str
) -> None:
    lines: list[str] = []
    for slot in begun(seed, log, clock()).slots:
        assert isinstance(slot.item, Recall)
        example = getattr(slot.item.examples, grade)[0]
        lines += [" ".join(example.split()), "", ""]  # an empty line ends it; another accepts the judgement
    said = quiz(ROOT, tmp_path / "home", lines, "00_seed", "--seed", str(SEED))
    assert "Quiz: 19 questions." in said and "Your session: 19 of 19 answered" in said
    with ReviewLog(tmp_path / "home" / "quiz.db") as stored:
        answers = list(stored.entries(kinds=[Kind.ANSWER]))
    assert {answer.item for answer in answers} == set(seed.items) and len(answers) == 19
    assert {answer.mark["correct"] for answer in answers} == {grade == "good"}
