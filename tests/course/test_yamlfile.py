"""YAML enters here: every problem of a file at once, each at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.model import CourseInfo
from grader.course.yamlfile import load, read
from grader.errors import CourseError, InputError

GOOD = """format: 1
id: tiny
title: Tiny
topics:
  - id: one
    title: One
    exercises:
      - id: double
        title: Double
        kind: function
        points: 1
"""


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "course.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_good_file(tmp_path: Path) -> None:
    info = load(write(tmp_path, GOOD), CourseInfo)
    assert info.topics[0].exercises[0].entry_names == ("double",)


def test_all_problems_at_once_each_at_its_line(tmp_path: Path) -> None:
    text = GOOD.replace("kind: function", "kind: funktion").replace(
        "points: 1", "points: -1\n        colour: red"
    )
    with pytest.raises(CourseError) as caught:
        load(write(tmp_path, text), CourseInfo)
    lines = {problem.line: problem for problem in caught.value.problems}
    assert set(lines) == {10, 11, 12}
    assert "unknown key" in str(lines[12])
    assert str(lines[11]).startswith(f"{tmp_path / 'course.yaml'}:11: topics.0.exercises.0.points: ")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + "id: other\n", 12, "appears twice"),
        (GOOD + "  broken: [1, 2\n", 12, "not YAML"),
        (GOOD.replace("title: Tiny", "title: no"), 3, "reads it as false"),
        (GOOD.replace("title: Tiny", "title: 12:30"), 3, "reads it as the number 750"),
        (GOOD.replace("points: 1", "points: 1e-3"), 11, "must be a number"),
        (GOOD.replace("title: Tiny", "title: 2026-04-31"), 3, "'2026-04-31' is no date"),
        (GOOD.replace("title: Tiny", "title: !!map 3"), 3, "a text begins with !"),
        (GOOD.replace("points: 1", "points: " + "1" * 5000), 11, "is no whole number"),
        ("", None, "must be keys with values (`key: value` lines), not nothing"),
        ("- 1\n- 2\n", 1, "must be keys with values (`key: value` lines), not a list"),
    ],
)
def test_yaml_surprises_end_in_an_error_with_its_line(
    tmp_path: Path, text: str, line: int | None, words: str
) -> None:
    with pytest.raises(CourseError) as caught:
        load(write(tmp_path, text), CourseInfo)
    assert caught.value.problems[0].line == line
    assert words in str(caught.value)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        read(write(tmp_path, b"format: 1\ntitle: \xff\xfe\n"))
    with pytest.raises(InputError, match="not a file"):
        read(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "nowhere.yaml")


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    for text in (
        "[" * 10**5 + "]" * 10**5,
        "- " * 10**5 + "1",
        "\n".join(" " * i + "a:" for i in range(5000)),
    ):
        with pytest.raises(InputError, match="nested more than"):
            read(write(tmp_path, text))
