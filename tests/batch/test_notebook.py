from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.batch.notebook import exercises_in, source_from
from grader.course.catalog import Course
from grader.errors import InputError


def written(path: Path, *cells: str | tuple[str, list[str]]) -> Path:
    def made(number: int, cell: str | tuple[str, list[str]]) -> dict[str, Any]:
        text, tags = (cell, []) if isinstance(cell, str) else cell
        return {
            "cell_type": "code",
            "id": f"cell{number}",
            "metadata": {"tags": tags},
            "source": text.splitlines(keepends=True),
            "outputs": [],
            "execution_count": None,
        }

    cells_ = [made(number, cell) for number, cell in enumerate(cells)]
    cells_.append({"cell_type": "markdown", "id": "text", "metadata": {}, "source": "def steps(): no"})  # type: ignore[dict-item]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells_}))
    return path


def run(text: str, name: str, *arguments: object) -> object:
    scope: dict[str, Any] = {}
    exec(text, scope)
    return scope[name](*arguments)


def test_by_definition_with_what_it_needs_and_nothing_else(tiny: Course, tmp_path: Path) -> None:
    path = written(
        tmp_path / "work.ipynb",
        "%matplotlib inline\nimport math\nimport os",
        "def helper(x):\n    return math.ceil(x)",
        "def steps(distance, length=1):\n    return -1",
        "def steps(distance, length=1):\n    !ls\n    return helper(distance / length)".replace(
            "    !ls\n", ""
        ),
        "print(steps(3, 2))\nraise SystemExit",
        "%%bash\nrm -rf /",
        "broken (",
    )
    assert [e.id for e in exercises_in(path, tiny.exercises)] == ["steps"]
    text = source_from(path, tiny.exercise("steps"))
    assert run(text, "steps", 7, 2) == 4
    assert "print" not in text and "bash" not in text and "SystemExit" not in text


def test_by_tag(tiny: Course, tmp_path: Path) -> None:
    path = written(
        tmp_path / "work.ipynb",
        ("SCALE = 1", ["exercise:steps"]),
        "def steps(distance, length=1): return None",
        ("def steps(distance, length=1):\n    return SCALE", ["steps", "graded"]),
    )
    text = source_from(path, tiny.exercise("steps"))
    assert text == "SCALE = 1\n\ndef steps(distance, length=1):\n    return SCALE\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"cells": 3}',
        "\x00",
        '{"nbformat": 4, "cells": [{"cell_type": "code"}]}',
        "[" * 9999,
    ],
)
def test_what_is_no_notebook(text: str, tiny: Course, tmp_path: Path) -> None:
    path = tmp_path / "work.ipynb"
    path.write_text(text)
    with pytest.raises(InputError):
        assert exercises_in(path, tiny.exercises)
        source_from(path, tiny.exercise("steps"))
        raise InputError("an empty notebook is one")


def test_a_notebook_that_defines_nothing(tiny: Course, tmp_path: Path) -> None:
    path = written(tmp_path / "work.ipynb", "x = 1")
    assert exercises_in(path, tiny.exercises) == []
    with pytest.raises(InputError, match="no cell defines steps"):
        source_from(path, tiny.exercise("steps"))
