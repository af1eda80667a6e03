"""One implementation as a file of its own: complete, renamed, and nothing of ours in it."""

from __future__ import annotations

import ast

import pytest

from grader.course.catalog import Course
from grader.course.standalone import extract, rename
from grader.sandbox.frameworks import lacking

SOURCE = '''"""A solution."""

import math
import os

from grader.author import Case, chaff, wheat
from grader.sandbox.frameworks import lacking

SCALE = 2


def helper(x):
    return SCALE * x


def double(x):
    """The reference."""
    return helper(x)  # keeps its comment


# belongs to the wheat
@wheat("by addition")
def double_sum(x):
    return x + x


@chaff("rounds")
def rounded(x):
    return math.floor(double(x))
'''


def run(source: str, value: object) -> object:
    namespace: dict = {"__name__": "standalone"}
    exec(compile(source, "standalone", "exec"), namespace)
    return namespace["double"](value)


def test_only_what_is_needed_comes_along() -> None:
    text = extract(SOURCE, {"double": "double_sum"})
    assert text == "# belongs to the wheat\ndef double(x):\n    return x + x\n"
    assert run(text, 3) == 6


def test_the_reference_steps_aside_for_a_chaff_built_on_it() -> None:
    text = extract(SOURCE, {"double": "rounded"})
    assert "def _reference_double(x):" in text
    assert "import math" in text and "import os" not in text and "grader" not in text
    assert run(text, 1.3) == 2


def test_comments_and_docstrings_stay() -> None:
    text = extract(SOURCE, {"double": "double"})
    assert "# keeps its comment" in text and '"""The reference."""' in text


def test_attributes_and_strings_are_not_renamed() -> None:
    assert rename("x.old + old + 'old'\n", {"old": "new"}) == "x.old + new + 'old'\n"


def test_a_missing_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        extract(SOURCE, {"double": "nowhere"})


def test_every_implementation_of_the_course_is_python_and_free_of_ours(course: Course) -> None:
    for exercise in course.exercises:
        if lacking(exercise.info.framework):
            continue
        for variant in (*exercise.solution.wheats, *exercise.solution.chaffs):
            tree = ast.parse(variant.source)
            imported = {
                (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
                for node in ast.walk(tree)
                if isinstance(node, ast.Import | ast.ImportFrom)
                for alias in node.names
            }
            assert not any(name.split(".")[0] == "grader" for name in imported), variant.name
            assert (
                "mistake(" not in variant.source
                and "@chaff" not in variant.source
                and "@wheat" not in variant.source
            )
