from __future__ import annotations

from pathlib import Path

import pytest

from grader.batch.roster import load_roster
from grader.errors import InputError
from tests.batch.conftest import hand_in


def test_every_cell_is_a_name_unless_two_share_it(tmp_path: Path) -> None:
    text = "\ufeffName;SIS Login ID;Section\r\nLovelace, Ada;ada;1\r\n\r\nNoyce, Bob;bob;1\r\n"
    roster = load_roster(hand_in(tmp_path, text, "roster.csv"))
    assert roster.learners == ("ada", "bob")
    assert roster.find("x", "lovelace ADA") == "ada"
    assert roster.find("1") is None  # the section


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column"),
        ("colour\nred\n", "1: has no column"),
        ("learner\nada\nada\n", "3: ada is on line 2 too"),
        ("learner,name\n,Ada\n", "2: names no learner"),
        ('learner\n"ada\n', "is no CSV"),
    ],
)
def test_what_is_no_roster(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says):
        load_roster(hand_in(tmp_path, text, "roster.csv"))
