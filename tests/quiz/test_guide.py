"""The guide's examples are a bank, and lint has nothing to say about it."""

import re
from pathlib import Path

from grader.quiz.bank import load_bank
from grader.quiz.lint import lint
from grader.quiz.model import ITEM_TYPES

GUIDE = Path(__file__).parents[2] / "docs" / "quiz-format.md"


def test_the_guides_examples_are_one_clean_bank_with_every_type(tmp_path: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", GUIDE.read_text(), re.S | re.M)
    path = tmp_path / "guide.yaml"
    path.write_text("".join(blocks))
    assert [str(one) for one in lint([path]) if one.code != "not-run"] == []
    assert {item.type for item in load_bank(path).items} == set(ITEM_TYPES)
