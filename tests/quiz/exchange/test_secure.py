"""Files from strangers: bombs, paths, entities, encodings, formulas, damage."""

import io
import json
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import GraderError, InputError
from grader.quiz.exchange import secure
from grader.quiz.exchange.csvs import guarded, unguarded
from grader.quiz.exchange.formats import READABLE, pictures_in, read_bytes, read_file, write_bytes
from grader.quiz.exchange.model import Packing
from tests.quiz.items import bank_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(InputError, match="zip bomb"):
        read_bytes(zipped({"collection.anki2": b"\0" * (40 << 20)}), "x.apkg")
    with pytest.raises(InputError, match="more than 20,000 members"):
        secure.Archive(zipped({str(place): b"" for place in range(20_001)}), "x.zip")


@pytest.mark.parametrize(
    "bad",
    [
        b'<!DOCTYPE q [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><quiz>&b;</quiz>',
        b'<!DOCTYPE q [<!ENTITY a SYSTEM "file:///etc/passwd">]><quiz>&a;</quiz>',
        b"<quiz><question></quiz>",
        b"<other/>",
        b"<quiz>" * 200 + b"</quiz>" * 200,
        b'<?xml version="1.0" encoding="no-such"?><quiz/>',
    ],
)
def test_xml_with_entities_or_damage_is_refused_with_a_remedy(bad: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_bytes(bad, "x.xml")
    assert "x.xml" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("../../etc/passwd.png", "etc/passwd.png"),
        ("/abs/a.png", "abs/a.png"),
        ("C:\\x\\a.png", "C_/x/a.png"),
        ("a.exe", None),
        (".png", None),
        ("figures/a b.jpg", "figures/a b.jpg"),
        ("..", None),
    ],
)
def test_pictures_stay_below_the_bank(path: str, kept: str | None) -> None:
    assert secure.picture_path(path) == kept


def test_a_bank_reaches_no_file_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"s")
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "a.png").write_bytes(b"a")
    (tmp_path / "bank" / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "bank" / "key.txt").write_bytes(b"k")
    read = pictures_in(tmp_path / "bank")
    assert [read(name) for name in ("a.png", "../secret.png", "link.png", "key.txt", "no.png")] == [
        b"a",
        None,
        None,
        None,
        None,
    ]


@given(st.text(max_size=20))
@settings(deadline=None)
def test_no_cell_is_a_formula_and_every_cell_comes_back(text: str) -> None:
    assert guarded(text)[:1] not in set("=+-@\t\r\n＝＋－＠") - {""}
    assert unguarded(guarded(text)) == text


def test_formulas_of_a_bank_are_disarmed_in_the_sheet() -> None:
    bank = bank_of({"id": "a", "type": "true_false", "stem": '=HYPERLINK("http://x","y")', "answer": True})
    sheet = write_bytes(bank, "csv", Packing(lambda path: None, NOW)).data.decode("utf-8-sig")
    assert ",\"'=HYPERLINK" in sheet
    assert read_bytes(sheet.encode(), "x.csv").items == bank.items


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_usual_encoding_is_read(encoding: str) -> None:
    found = read_bytes("front;back\r\nWas ist größer?;Das Übliche – größer".encode(encoding), "x.csv")
    assert (found.items[0].stem, found.title) == ("Was ist größer?", "x")


def test_a_database_with_a_trap_is_refused_in_bounded_time() -> None:
    base = sqlite3.connect(":memory:")
    models = json.dumps({"1": {"name": "m", "type": 0, "flds": [{"name": "Front", "ord": 0}]}})
    base.execute("CREATE TABLE col (models TEXT)")
    base.execute("INSERT INTO col VALUES (?)", [models])
    loop = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x AS id, 1 AS mid, 'a' AS flds, '' AS tags FROM r"
    base.execute(f"CREATE VIEW notes AS {loop}")
    base.commit()
    with pytest.raises(InputError, match="cannot be read"):
        read_bytes(zipped({"collection.anki2": base.serialize()}), "x.apkg")


@given(data=st.binary(max_size=300), name=st.sampled_from(READABLE))
@settings(deadline=None, max_examples=100)
def test_no_bytes_make_a_reader_fail_otherwise_than_with_a_message(data: bytes, name: str) -> None:
    try:
        read_bytes(data, "x", name)
    except GraderError as wrong:
        assert str(wrong)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no.csv: cannot be read"):
        read_file(tmp_path / "no.csv")
    with pytest.raises(GraderError, match="name one of: csv, gift"):
        read_bytes(b"", "x.docx")
