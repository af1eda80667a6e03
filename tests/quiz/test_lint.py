import re
from pathlib import Path

import pytest

from grader.quiz.lint import SCHEMA_HEADER, Level, lint, lint_file

FIXTURES = Path(__file__).parent / "fixtures"
EXPECT = re.compile(r"# expect: ([a-z-]+)$")
SOUND = f"""{SCHEMA_HEADER}x
format: 1
title: t
topic: t
items:
  - {{id: a, type: true_false, stem: s, answer: true, explanation: e, source: s}}
"""


def expected(path: Path) -> list[tuple[int, str]]:
    lines = path.read_text().splitlines()
    return [(number, found[1]) for number, line in enumerate(lines, 1) if (found := EXPECT.search(line))]


def test_every_planted_defect_is_found_at_its_line_and_nothing_else() -> None:
    path = FIXTURES / "broken.yaml"
    found = lint_file(path, exercises=frozenset({"conv2d"}))
    wanted = expected(path)
    assert len(wanted) >= 40
    assert sorted((one.problem.line, one.code) for one in found) == sorted(wanted)


def test_every_finding_says_where_and_what_to_do() -> None:
    for one in lint([FIXTURES / "broken.yaml"]):
        assert re.match(r".*broken\.yaml:\d+: [\w.+-]+: \S", str(one)), one
        assert one.problem.remedy or "write " in one.problem.message or ": " in one.problem.message, one


def test_the_bank_of_every_type_is_clean_but_for_outputs_nobody_ran() -> None:
    assert [one.code for one in lint([FIXTURES / "every_type.yaml"])] == ["not-run"]


def test_ids_are_compared_across_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SOUND)
    (tmp_path / "b.yaml").write_text(SOUND)
    found = lint([tmp_path])
    assert [(one.code, one.problem.line) for one in found] == [("duplicate-id", 6)]
    assert str(tmp_path / "a.yaml") in found[0].problem.message


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("format: 1\n  title: x\n", "yaml", 2),
        ("format: 1\nformat: 1\n", "yaml", 2),
        (SOUND.replace(SCHEMA_HEADER, "# "), "no-schema-header", 1),
        (SOUND.replace("format: 1", "format: 2"), "schema", 2),
        (SOUND.replace("title: t\n", ""), "schema", 2),
        (SOUND.split("  - ")[0].replace("items:", "items: []"), "no-items", 1),
    ],
)
def test_what_is_wrong_with_a_whole_file(tmp_path: Path, text: str, code: str, line: int) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert (code, line) in [(one.code, one.problem.line) for one in lint([path])]


def test_a_missing_file_and_an_empty_folder_are_findings(tmp_path: Path) -> None:
    assert [one.level for one in lint([tmp_path / "no.yaml", tmp_path])] == [Level.ERROR]
    assert "holds no bank" in str(lint([tmp_path])[0])


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "items: 3", "items: [1, null, {id: [2]}]", "items: [{type: [x]}]"]
)
def test_nonsense_is_reported_and_never_crashes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert any(one.level is Level.ERROR for one in lint([path]))


def test_a_slip_in_a_key_is_answered_with_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SOUND.replace("explanation", "explanatoin"))
    assert any("did you mean explanation?" in str(one) for one in lint([path]))
