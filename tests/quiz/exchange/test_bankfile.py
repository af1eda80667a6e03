"""Imported items become a bank file that is valid YAML, keeps remarks, and is only added to."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings

from grader.errors import InputError
from grader.quiz.bank import load_bank, parse_bank
from grader.quiz.exchange.bankfile import save
from grader.quiz.exchange.formats import read_bytes
from grader.quiz.exchange.model import Imported
from grader.quiz.exchange.yamltext import bank_text
from grader.quiz.model import Bank
from tests.quiz.exchange.strategies import banks
from tests.quiz.items import bank_of

GIFT = b"// Ask this first.\n::padding::What keeps the size with a kernel of 5?{=%100%padding of 2}\n\n::second::Is pooling learned?{FALSE}\n"


@given(bank=banks())
@example(bank=bank_of({"id": "a", "type": "true_false", "stem": "1\n\xa0", "answer": True}))
@settings(deadline=None, max_examples=30)
def test_a_written_bank_is_read_as_the_same_items(bank: Bank) -> None:
    remarks = {bank.items[0].id: ("a remark: # [x]\nof two lines\x85\u2028or: more",)}
    text = bank_text(
        Imported(bank.title, bank.items, comments=remarks),
        topic="t",
        schema="quiz.schema.json",
        origin="x\ny",
    )
    assert parse_bank(text, Path("x.yaml")).items == bank.items


def test_a_new_bank_has_the_schema_header_the_remarks_and_is_linted(tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    saved = save(read_bytes(GIFT, "x.gift"), path, origin="x.gift")
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=quiz.schema.json\n# Imported from x.gift.\n")
    assert "  # Ask this first.\n  - id: padding\n" in text
    assert {finding.code for finding in saved.findings} == {"no-explanation", "no-source"}
    assert all(finding.problem.line for finding in saved.findings)


def test_adding_leaves_the_bank_as_it_was_and_knows_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    old = "# yaml-language-server: $schema=q\nformat: 1  # mine\ntitle: T\nitems:\n- id: padding   # keep me\n  type: true_false\n  stem: s\n  answer: true\n\ntopic: t\n"
    path.write_text(old)
    saved = save(read_bytes(GIFT, "x.gift"), path)
    text = path.read_text()
    assert saved.added == ("padding-2", "second")
    assert [(loss.item, loss.key) for loss in saved.losses] == [("padding", "id")]
    assert (
        text.startswith(old[: old.index("\ntopic")])
        and text.endswith("\ntopic: t\n")
        and "# Ask this first." in text
    )
    assert [item.id for item in load_bank(path).items] == ["padding", "padding-2", "second"]
    again = save(read_bytes(GIFT.split(b"\n\n")[1], "x.gift"), path)
    assert (again.added, again.known, path.read_text()) == ((), ("second",), text)


def test_nothing_is_written_when_nothing_can_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no question"):
        save(read_bytes(b"just text\n", "x.gift"), tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text(
        "format: 1\ntitle: T\ntopic: t\nitems: [{id: a, type: true_false, stem: s, answer: true}]\n"
    )
    with pytest.raises(InputError, match=r"b.yaml:4: items: .*brackets"):
        save(read_bytes(GIFT, "x.gift"), tmp_path / "b.yaml")
    assert not (tmp_path / "a.yaml").exists()
