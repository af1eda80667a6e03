from pathlib import Path

import pytest

from grader.errors import CourseError
from grader.quiz.bank import load_bank
from grader.quiz.outputs import lock_path, make_lock, read_lock, write_lock
from tests.quiz.items import FIXTURES, item_of, marked, run_here

ITEM = """format: 1
title: t
topic: t
items:
  - id: o
    type: output
    stem: s
    code: print([1,  {{ n }}], 'a b')
    vars: {n: {min: 1, max: 3}}
"""


def test_code_is_run_once_kept_and_used_for_marking(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(ITEM)
    lock = make_lock(load_bank(path), path, run_here)
    assert len(lock.outputs) == 3
    write_lock(lock_path(path), lock)
    item = load_bank(path).items[0]
    good = [marked(item, f"[1, {n}] a b") for n in (1, 2, 3)]
    assert sum(one.correct for one in good) == 1
    assert (
        marked(item, good[0].key).correct and marked(item, good[0].key.replace(" ", "", 1) + " \n\n").correct
    )
    assert not marked(item, good[0].key.replace("a b", "ab")).correct


def test_an_edited_code_meets_no_old_output(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(ITEM)
    write_lock(lock_path(path), make_lock(load_bank(path), path, run_here))
    path.write_text(ITEM.replace("[1,", "[2,"))
    with pytest.raises(CourseError, match="grader verify"):
        marked(load_bank(path).items[0], "x")


def test_code_that_prints_nothing_or_fails_is_a_problem_of_the_bank(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(ITEM)

    def fails(code: str) -> str:
        raise CourseError("NameError: x")

    with pytest.raises(CourseError, match="the code fails: NameError"):
        make_lock(load_bank(path), path, fails)
    with pytest.raises(CourseError, match="prints nothing"):
        make_lock(load_bank(path), path, lambda code: "")
    with pytest.raises(CourseError, match="prints 9,999 characters"):
        make_lock(load_bank(path), path, lambda code: "x" * 9999)


def test_a_damaged_lock_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(ITEM)
    lock_path(path).write_text("{")
    with pytest.raises(CourseError, match="delete it"):
        load_bank(path)
    assert read_lock(tmp_path / "none.json") == {}


def test_authors_cannot_type_the_output() -> None:
    with pytest.raises(CourseError, match="unknown key"):
        item_of("output", code="print(1)", locked={"x": "1"})


def test_an_empty_lock_leaves_no_file(tmp_path: Path) -> None:
    bank = load_bank(FIXTURES / "every_type.yaml")
    lock = make_lock(bank.model_copy(update={"items": bank.items[:2]}), tmp_path / "a.yaml", run_here)
    write_lock(tmp_path / "a.lock.json", lock)
    assert not (tmp_path / "a.lock.json").exists()
