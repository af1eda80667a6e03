"""Exported files opened by other people's readers. Each test is skipped where its reader is not installed.

pip install anki qti2latex pyslet citolab-qti-convert        npm install gift-pegjs   (GIFT_PEGJS: its folder)
pip install pygiftparser 'setuptools<81'   (in an environment of its own: it needs a Markdown of 2018)
"""

import io
import json
import os
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from grader.quiz.bank import load_bank, load_banks
from grader.quiz.exchange.formats import write_bytes
from grader.quiz.exchange.merge import merged, pictures_of
from grader.quiz.exchange.model import Packing
from grader.quiz.kinds import Choice, Multiple
from grader.quiz.model import Bank
from tests.quiz.items import FIXTURES

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUIZZES = Path(__file__).parents[3] / "quizzes"


def exported(name: str) -> bytes:
    return write_bytes(load_bank(FIXTURES / "every_type.yaml"), name, Packing(lambda path: None, NOW)).data


@pytest.fixture(scope="module")
def course() -> Bank:
    """All items of the course's banks."""
    return merged(load_banks([QUIZZES]), "The course")


@pytest.fixture(scope="module")
def whole(course: Bank) -> Callable[[str], bytes]:
    """The course's items in a format."""
    pictures = pictures_of(load_banks([QUIZZES]))
    return lambda name: write_bytes(course, name, Packing(pictures, NOW)).data


def keys(bank: Bank, kind: type[Choice] | type[Multiple]) -> dict[str, list[bool]]:
    """By item without variables: which options are right."""
    found = [item for item in bank.items if isinstance(item, kind) and not item.vars]
    return {item.id: [option.correct is True for option in item.options] for item in found}


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


def test_anki_makes_a_card_of_every_item_of_the_course(
    tmp_path: Path, whole: Callable[[str], bytes], course: Bank
) -> None:
    anki = pytest.importorskip("anki.collection", reason="anki is not installed")
    deck = tmp_path / "d.apkg"
    deck.write_bytes(whole("apkg"))
    collection = anki.Collection(str(tmp_path / "c.anki2"))
    collection.import_anki_package(
        anki.ImportAnkiPackageRequest(package_path=str(deck), options=anki.ImportAnkiPackageOptions())
    )
    assert collection.card_count() == len(course.items)
    assert collection.get_empty_cards().report == ""
    for number in collection.find_cards(""):
        card = collection.get_card(number)
        assert "{{" not in card.question() + card.answer()
        assert len(card.answer()) > len(card.question())


@pytest.fixture(scope="module")
def pegjs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], dict[str, Any]]:
    """Questions by title, as gift-pegjs reads them."""
    folder = os.environ.get("GIFT_PEGJS")
    if not folder or shutil.which("node") is None:
        pytest.skip("GIFT_PEGJS does not name the folder of the npm package gift-pegjs, or node is missing")
    path = tmp_path_factory.mktemp("pegjs") / "x.gift"

    def read(data: bytes) -> dict[str, Any]:
        path.write_bytes(data)
        code = "const g=require(process.argv[1]);console.log(JSON.stringify(g.parse(require('fs').readFileSync(process.argv[2],'utf8'))))"
        done = subprocess.run(
            ["node", "-e", code, folder, str(path)], capture_output=True, text=True, check=True
        )
        return {one["title"]: one for one in json.loads(done.stdout) if one["type"] != "Category"}

    return read


def test_gift_pegjs_reads_every_question(pegjs: Callable[[bytes], dict[str, Any]]) -> None:
    found = pegjs(exported("gift"))
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


def test_gift_pegjs_reads_the_course_with_its_keys(
    pegjs: Callable[[bytes], dict[str, Any]], whole: Callable[[str], bytes], course: Bank
) -> None:
    found = pegjs(whole("gift"))
    assert len(found) == len(course.items)
    for name, right in keys(course, Choice).items():
        assert [one["isCorrect"] for one in found[name]["choices"]] == right, name
    for name, right in keys(course, Multiple).items():
        assert [one["weight"] > 0 for one in found[name]["choices"]] == right, name


def test_pygiftparser_reads_the_course(whole: Callable[[str], bytes], course: Bank) -> None:
    gift = pytest.importorskip("pygiftparser.parser", reason="pygiftparser is missing", exc_type=ImportError)
    questions = gift.parseFile(io.StringIO(whole("gift").decode()))
    assert len(questions) == len(course.items)
    refused = [one for one in questions if not one.valid]
    assert all("%-" in one.source for one in refused), "it knows no negative numbers"
    shown = {one.title: type(one.answers).__name__ for one in questions if one.valid}
    assert {shown[name] for name in keys(course, Choice)} == {"SelectSet"}
    assert {shown[name] for name in keys(course, Multiple)} == {"MultipleChoicesSet"}


def test_moodle_xml_parser_reads_choices_and_gaps(whole: Callable[[str], bytes], course: Bank) -> None:
    moodle = pytest.importorskip("moodle_xml_parser.parser", reason="moodle-xml-parser is not installed")
    read = moodle.parse_bytes(whole("moodle"))
    found = {one.name: one for one in read["multichoice"]}
    for kind in (Choice, Multiple):
        for name, right in keys(course, kind).items():
            assert [one.score_fraction > 0 for one in found[name].options] == right, name
            assert found[name].single == (kind is Choice)
            assert sum(max(one.score_fraction, 0) for one in found[name].options) == pytest.approx(
                100, abs=0.01
            )
    gaps = [gap for one in read["cloze"] for gap in one.gaps]
    assert len(gaps) >= 2 * len(read["cloze"]) > 0
    assert {max(option.score for option in gap.options) for gap in gaps} == {100}


def test_html5lib_finds_no_error_in_the_page(whole: Callable[[str], bytes], course: Bank) -> None:
    html5lib = pytest.importorskip("html5lib", reason="html5lib is not installed")
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    page = parser.parse(whole("html"))
    assert parser.errors == []
    assert len(page.findall(".//article")) == len(course.items)


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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pyslet_pays_the_declared_answer_in_full(
    tmp_path: Path, whole: Callable[[str], bytes], course: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its engine runs the scoring of every item of the course on the correct response, and on none."""
    qti = pytest.importorskip("pyslet.qtiv2.xml", reason="pyslet is not installed")
    from pyslet.qtiv2 import expressions, variables

    # It forgot that a tolerance is a list of numbers.
    monkeypatch.setattr(expressions.Equal, "XMLATTR_tolerance", ("tolerance", str, str, list))
    monkeypatch.setattr(expressions.Equal, "float_or_template_ref", lambda self, state, text: float(text))
    with zipfile.ZipFile(io.BytesIO(whole("qti21"))) as archive:
        archive.extractall(tmp_path)

    def score(item: Any, is_right: bool) -> float:
        state = variables.ItemSessionState(item)
        state.begin_session()
        for one in item.ResponseDeclaration if is_right else ():
            state.map[one.identifier] = variables.Value.copy_value(one.get_correct_value())
        item.ResponseProcessing.run(state)
        return float(state["SCORE"].value)

    paid = Counter[tuple[float, float]]()
    for path in sorted((tmp_path / "items").glob("*.xml")):
        document = qti.QTIDocument()
        with path.open("rb") as file:
            document.read(src=file)
        item = document.root
        is_free = not any(one.get_correct_value() for one in item.ResponseDeclaration)
        most = 0.0 if is_free else float(item.get_declaration("SCORE").normalMaximum)
        paid[round(score(item, True) - most, 12), score(item, False)] += 1
    assert paid == {(0.0, 0.0): len(course.items)}


def test_qti_convert_takes_the_course_to_qti_3(
    tmp_path: Path, whole: Callable[[str], bytes], course: Bank
) -> None:
    pytest.importorskip("qti_convert", reason="citolab-qti-convert is not installed")
    from qti_convert.cli import main

    (tmp_path / "old.zip").write_bytes(whole("qti21"))
    assert not main(["upgrade", str(tmp_path / "old.zip"), str(tmp_path / "new.zip")])
    with zipfile.ZipFile(tmp_path / "new.zip") as archive:
        roots = [fromstring(archive.read(name)) for name in archive.namelist() if name.startswith("items/")]
    assert [root.tag.rpartition("}")[2] for root in roots] == ["qti-assessment-item"] * len(course.items)
