"""Exported files opened by other people's readers. Each test is skipped where its reader is not installed.

pip install anki qti2latex        npm install gift-pegjs   (GIFT_PEGJS: its folder)
"""

import io
import json
import os
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from grader.quiz.bank import load_bank
from grader.quiz.exchange.formats import write_bytes
from grader.quiz.exchange.model import Packing
from tests.quiz.items import FIXTURES

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def exported(name: str) -> bytes:
    return write_bytes(load_bank(FIXTURES / "every_type.yaml"), name, Packing(lambda path: None, NOW)).data


def test_anki_imports_the_deck_once(tmp_path: Path) -> None:
    anki = pytest.importorskip("anki.collection", reason="anki is not installed")
    deck = tmp_path / "d.apkg"
    deck.write_bytes(exported("apkg"))
    collection = anki.Collection(str(tmp_path / "c.anki2"))
    request = anki.ImportAnkiPackageRequest(package_path=str(deck), options=anki.ImportAnkiPackageOptions())
    assert len(collection.import_anki_package(request).log.new) == 11
    assert len(collection.import_anki_package(request).log.new) == 0, "a second import finds the same guids"
    assert (collection.note_count(), collection.card_count()) == (11, 11)
    note = collection.get_note(collection.find_notes("Id:et-choice")[0])
    assert note.tags == ["stride"] and "It halves it" in note["Back"]


def test_gift_pegjs_reads_every_question(tmp_path: Path) -> None:
    folder = os.environ.get("GIFT_PEGJS")
    if not folder or shutil.which("node") is None:
        pytest.skip("GIFT_PEGJS does not name the folder of the npm package gift-pegjs, or node is missing")
    path = tmp_path / "x.gift"
    path.write_bytes(exported("gift"))
    code = "const g=require(process.argv[1]);console.log(JSON.stringify(g.parse(require('fs').readFileSync(process.argv[2],'utf8'))))"
    done = subprocess.run(["node", "-e", code, folder, str(path)], capture_output=True, text=True, check=True)
    found = {one["title"]: one for one in json.loads(done.stdout) if one["type"] != "Category"}
    kinds = {
        "et-choice": "MC",
        "et-true-false": "TF",
        "et-numeric": "Numerical",
        "et-short": "Short",
        "et-matching": "Matching",
        "et-recall": "Essay",
    }
    assert {name: found[name]["type"] for name in kinds} == kinds
    assert [one["isCorrect"] for one in found["et-choice"]["choices"]] == [True, False, False]
    assert len(found) == 11


def test_qti2latex_finds_every_question_its_type_and_its_key(tmp_path: Path) -> None:
    qti = pytest.importorskip("qti2latex", reason="qti2latex is not installed")
    with zipfile.ZipFile(io.BytesIO(exported("qti12"))) as archive:
        archive.extractall(tmp_path)
    root = fromstring((tmp_path / "quiz" / "quiz.xml").read_bytes())
    items = {one.get("title"): one for one in qti.findall_anyns(root, "item")}
    kinds = {name: qti.guess_type(qti.get_qti_metadata(one), one) for name, one in items.items()}
    assert len(items) == 11
    assert kinds["et-choice"] == "multiple_choice_question" and kinds["et-recall"] == "essay_question"
    assert {"o1"} <= qti.get_correct_idents(items["et-choice"])  # it takes conditions of feedback for keys
    assert "4" in qti.get_correct_idents(items["et-numeric"])
    assert "stride of 2" in qti.get_item_stem(items["et-choice"])
