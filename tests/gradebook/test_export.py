"""Exports, read back by readers that are not ours."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml

from grader.cli.gradebook import gradebook as command
from grader.cli.gradebook_out import FORMATS
from grader.errors import InputError, UsageError
from grader.gradebook.assignment import Assignment
from grader.gradebook.export import WRITERS
from grader.gradebook.export.cells import inert, number
from grader.gradebook.filenames import safe_name
from grader.gradebook.store import Gradebook
from tests.gradebook.books import HOSTILE, NOW, check, record, result


def written(book: Gradebook, form: str, learner: str | None = None) -> str:
    out = io.StringIO()
    WRITERS[form](book, out, learner)
    return out.getvalue()


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), strict=True))


def weighted(book: Gradebook) -> None:
    """conv2d is worth 10, relu is extra credit, sobel nobody has."""
    text = {
        "format": 1,
        "id": "homework1",
        "exercises": [{"id": "conv2d", "weight": 10}, {"id": "relu", "extra_credit": True}, "sobel"],
        "due": "2026-03-01 18:00",
        "timezone": "UTC",
        "late": {"penalty": 0.5, "until": "7 days"},
    }
    book.keep_assignment(NOW, Assignment.model_validate(text))


def test_csv_in_pandas(book: Gradebook) -> None:
    frame = pd.read_csv(io.StringIO(written(book, "csv")))
    assert len(frame) == 6
    emile = frame[frame.learner == "Émile Ü"].iloc[0]
    assert (emile.score, emile.auto_score, emile.manual_score) == (2.5, 0, 2.5)
    assert emile.why == "prof: right idea"
    blaise = frame[(frame.learner == "blaise") & (frame.exercise == "conv2d")].iloc[0]
    assert (blaise.score, blaise.attempts, blaise.status) == (2, 2, "failed")


def test_json_is_json_line_by_line(book: Gradebook) -> None:
    text = written(book, "json")
    found = json.loads(text)
    assert found[0]["learner"] == HOSTILE
    assert found[1]["submitted_at"] == "2026-03-01T12:00:00+00:00"
    assert len(text.splitlines()) == len(found) + 2


def test_empty_gradebook_exports(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "none.db") as empty:
        assert json.loads(written(empty, "json")) == []
        assert len(rows(written(empty, "csv"))) == 1
        assert len(rows(written(empty, "canvas"))) == 2
        assert len(rows(written(empty, "moodle"))) == 1
        assert ET.fromstring(written(empty, "junit")).tag == "testsuites"


def test_canvas(book: Gradebook) -> None:
    found = rows(written(book, "canvas"))
    assert found[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "conv2d", "relu"]
    assert "Points Possible" in found[1][0]
    assert found[1][5:] == ["3", "1"]
    by_name = {row[0]: row for row in found[2:]}
    assert by_name["ada"] == ["ada", "", "", "ada", "", "3", "1"]
    assert by_name["Émile Ü"][5:] == ["2.5", ""]  # handed in nothing: empty, not zero


ROSTER = """Student,ID,SIS User ID,SIS Login ID,Section,homework (99)
    Points Possible,,,,,3
"Lovelace, Ada",4711,S1,ada,Group 1,
"Pascal, Blaise",4712,S2,bp@x.org,Group 2,1
"Doppel, D",5,S5,twin,,
"Doppel, D",6,S6,twin,,
"""


def test_canvas_identities_from_its_own_export(book: Gradebook, tmp_path: Path) -> None:
    roster = tmp_path / "canvas.csv"
    roster.write_text(ROSTER, encoding="utf-8-sig")
    for name in ("pascalblaise_4712", "twin", "student_4711"):
        record(book, name, result("conv2d", check("forward")))
    out = tmp_path / "out.csv"
    options = ["--to", "canvas", "--roster", str(roster), "--out", str(out), "--gradebook", book.where]
    done = CliRunner().invoke(command, ["export", *options])
    assert done.exit_code == 0, done.output
    found = {tuple(row[:5]) for row in rows(out.read_text(encoding="utf-8"))[2:]}
    assert ("Lovelace, Ada", "4711", "S1", "ada", "Group 1") in found
    assert ("Pascal, Blaise", "4712", "S2", "bp@x.org", "Group 2") in found
    assert ("twin", "", "", "twin", "") in found  # two of that name: nobody's number
    assert ("student_4711", "", "", "student_4711", "") in found  # a number alone is no one's


def test_canvas_roster_that_is_none(book: Gradebook, tmp_path: Path) -> None:
    roster = tmp_path / "list.csv"
    roster.write_text("name,mail\n", encoding="utf-8")
    options = ["--to", "canvas", "--roster", str(roster), "--gradebook", book.where]
    done = CliRunner().invoke(command, ["export", *options])
    assert isinstance(done.exception, InputError)
    assert "list.csv:1: has no columns Student and ID" in str(done.exception)


def test_weights_lateness_and_extra_credit(book: Gradebook) -> None:
    weighted(book)
    found = rows(written(book, "canvas"))
    assert found[0][5:] == ["conv2d", "relu", "sobel"]
    assert found[1][5:] == ["10", "0", ""]
    by_name = {row[0]: row[5:] for row in found[2:]}
    assert by_name["ada"] == ["10", "1", ""]
    # blaise: 2 of 3 points, a day late, half is left: 1 of 3, in weights of 10
    assert by_name["blaise"] == ["3.3333", "0", ""]
    github = list(csv.DictReader(io.StringIO(written(book, "github"))))
    ada = next(row for row in github if row["github_username"] == "ada")
    assert (ada["points_awarded"], ada["points_available"], ada["assignment_name"]) == (
        "11",
        "10",
        "homework1",
    )


def test_moodle(book: Gradebook) -> None:
    found = rows(written(book, "moodle"))
    assert found[0] == ["Username", "conv2d (Real)", "conv2d (Feedback)", "relu (Real)", "relu (Feedback)"]
    by_name = {row[0]: row for row in found[1:]}
    assert by_name["Émile Ü"][1] == "2.5"
    assert by_name["Émile Ü"][3:] == ["-", ""]
    assert "set by hand by prof: right idea" in by_name["Émile Ü"][2]


def test_github_columns(book: Gradebook) -> None:
    found = list(csv.DictReader(io.StringIO(written(book, "github"))))
    blaise = next(row for row in found if row["roster_identifier"] == "blaise")
    assert blaise["points_awarded"] == "2"
    assert blaise["points_available"] == "4"
    assert blaise["submission_timestamp"] == "2026-03-02T12:00:00+00:00"


def test_junit_by_another_reader(book: Gradebook) -> None:
    parsed = JUnitXml.fromstring(written(book, "junit").encode())
    suites = {suite.name: suite for suite in parsed}
    assert suites["blaise.conv2d.cpu"].tests == 2
    assert suites["blaise.conv2d.cpu"].failures == 1
    assert suites["Émile Ü.conv2d.cpu"].skipped == 1
    facts = {item.name: item.value for item in suites["Émile Ü.conv2d.cpu"].properties()}
    assert facts["override"] == "prof: right idea"
    assert f"{HOSTILE}.relu.cpu" in suites


def test_gradescope_one_learner(book: Gradebook) -> None:
    found = json.loads(written(book, "gradescope", "blaise"))
    assert found["score"] == 2
    assert sum(test["score"] for test in found["tests"]) == 2
    assert [test["status"] for test in found["tests"]] == ["passed", "failed", "failed"]
    assert set(found["tests"][0]) <= {
        "score", "max_score", "name", "number", "output", "tags", "visibility", "status", "output_format",
    }  # fmt: skip
    with pytest.raises(UsageError, match="--out DIR"):
        written(book, "gradescope")


def test_gradescope_score_is_the_override(book: Gradebook) -> None:
    found = json.loads(written(book, "gradescope", "Émile Ü"))
    assert found["score"] == 2.5
    assert "set by hand by prof" in found["output"]


@pytest.mark.parametrize("form", FORMATS)
def test_command_line(book: Gradebook, form: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(command, ["export", "--to", form, "--out", str(out), "--gradebook", book.where])
    assert done.exit_code == 0, done.output
    if form == "gradescope":
        assert json.loads((out / "ada" / "results.json").read_text())["score"] == 4
        assert len(list(out.iterdir())) == 4
    else:
        assert out.read_text(encoding="utf-8") == written(book, form)


def test_standard_output_and_unknown_learner(book: Gradebook) -> None:
    done = CliRunner().invoke(command, ["export", "--learner", "ada", "--gradebook", book.where])
    assert rows(done.output)[1][:3] == ["ada", "conv2d", "3"]
    wrong = CliRunner().invoke(command, ["export", "--learner", "nobody", "--gradebook", book.where])
    assert isinstance(wrong.exception, UsageError)
    assert "no results of 'nobody'" in str(wrong.exception)


@pytest.mark.parametrize("form", ["csv", "canvas", "moodle", "github"])
def test_no_cell_is_a_formula(book: Gradebook, form: str) -> None:
    record(book, "-2+3", result("conv2d", check("forward")))
    book.override(NOW, "-2+3", "conv2d", 1.0, "@prof", "=cmd|' /C calc'!A0")
    for row in rows(written(book, form)):
        for cell in row:
            bare = cell.lstrip(" ")
            assert not bare.startswith(("=", "+", "@", "\t")) and (not bare.startswith("-") or cell == "-")


@given(st.text())
def test_inert_keeps_the_text(text: str) -> None:
    safe = inert(text)
    assert safe in (text, "'" + text)
    assert not safe.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.floats(min_value=-1e9, max_value=1e9, allow_nan=False))
def test_numbers_read_back(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, abs=5.1e-5)
    assert "e" not in number(value)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.text(st.characters(), min_size=1, max_size=300), unique=True))
def test_file_names_are_portable_and_distinct(names: list[str]) -> None:
    made = [safe_name(name) for name in names]
    assert len({name.casefold() for name in made}) == len(names)
    for name in made:
        assert len(name.encode()) <= 80
        assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-_")


def test_file_names_of_known_traps() -> None:
    assert safe_name("ada") == "ada"
    assert safe_name("con") != "con" and safe_name("index") != "index"
    assert safe_name("Ada") != safe_name("ada") and safe_name("../../etc/passwd").startswith("etc-passwd-")
    taken = safe_name("Ada")
    assert safe_name(taken) != taken  # a learner who is called like another's file
