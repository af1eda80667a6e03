"""Cache entries that know whether they are whole."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.keeping import keep, opened, sealed


@given(st.text())
def test_what_was_sealed_is_opened(payload: str) -> None:
    assert opened(sealed(payload)) == payload


@given(st.text(), st.data())
def test_a_single_changed_character_is_noticed(payload: str, data: st.DataObject) -> None:
    text = sealed(payload)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda letter: letter != text[place]))
    with pytest.raises(ValueError, match="damaged"):
        opened(text[:place] + other + text[place + 1 :])


def test_the_newest_of_a_kind_are_kept(tmp_path: Path) -> None:
    (tmp_path / "other-1.json").write_text("")
    for number in range(4):
        keep(tmp_path / f"some-{number}.json", str(number), 2)
        os.utime(tmp_path / f"some-{number}.json", (number, number))
    assert {file.name for file in tmp_path.iterdir()} == {"some-2.json", "some-3.json", "other-1.json"}


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keep(tmp_path / "file" / "some-1.json", "x", 2)
