from pathlib import Path

import pytest

from grader.quiz.bank import load_bank
from grader.quiz.frozen import freeze, thaw
from grader.quiz.model import fingerprint
from tests.quiz.items import FIXTURES, bank_of

BANKS = [*sorted((Path(__file__).parents[2] / "quizzes").glob("*.yaml")), FIXTURES / "every_type.yaml"]


@pytest.mark.parametrize("path", BANKS, ids=lambda path: path.stem)
def test_a_bank_comes_back_as_it_was(path: Path) -> None:
    bank = load_bank(path)
    again = thaw(freeze(bank))
    assert again == bank.model_copy(update={"items": again.items})
    for one, two in zip(again.items, bank.items, strict=True):
        assert type(one) is type(two)
        assert one.model_dump() == two.model_dump()
        assert fingerprint(one) == fingerprint(two)
        assert one.model_dump_json(exclude_defaults=True) == two.model_dump_json(exclude_defaults=True)


def test_an_author_s_own_names_are_no_trap() -> None:
    unit = {"symbol": "m", "convert": {"Bank": 2.0, "": 3.0}}
    bank = bank_of({"id": "i", "type": "numeric", "stem": "s", "answer": 1, "unit": unit})
    assert thaw(freeze(bank)) == bank


@pytest.mark.parametrize("place", [0, 30, 64, 65, 200, -2])
def test_a_damaged_entry_is_none(place: int) -> None:
    text = freeze(load_bank(FIXTURES / "every_type.yaml"))
    changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
    with pytest.raises(ValueError, match="damaged"):
        thaw(changed)
