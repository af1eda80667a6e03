"""Slips of the pen in YAML: each at the line where it was made, with what to do about it."""

from pathlib import Path

import pytest

from grader.course.yamlfile import parse
from grader.errors import InputError


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n\tb: 2\n", 2, "indent with spaces"),
        ("a: 1\nb:\n\tc: 2\n", 3, "indent with spaces"),
        ("a: 1\nstem: Note: what is it?\n", 2, "put quotes around the text, or write it below a `|`"),
        ("a: 1\nstem: `x` is what?\n", 2, "a text begins with ` (put quotes around the text)"),
        ("- a: 1\n- b: @you\n", 2, "a text begins with @ (put quotes around the text)"),
        ("a: 1\nb: %d\n", 2, "a text begins with % (put"),
        ("a: *Which* one?\n", 1, "a text begins with *, which means something to YAML"),
        ("a: {{n}} boxes\n", 1, "a text begins with {, which means something to YAML"),
        ('a: 1\nb: "open\nc: 3\n', 2, "a quote that is opened here is never closed (close it)"),
        ("a: 1\nb: [1, 2\nc: 3\n", 2, "a bracket that is opened here is never closed"),
        ("a: 1\nb:2\nc: 3\n", 2, "a key without a colon and a space"),
        ('a: "\\sigma"\n', 1, "use single quotes, or write it twice"),
        ('a: 1\nb: "x" is it\n', 2, "put quotes around all of it"),
        ("- a: 1\n  b: 2\n c: 3\n", 3, "indent it like the lines beside it"),
        ("a: 2026-04-31\n", 1, "is no date (put quotes"),
        ("--- 1\n--- 2\n", 2, "another document"),
    ],
)
def test_a_slip_is_said_where_it_was_made(text: str, line: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, Path("x.yaml"))
    assert caught.value.problems[0].line == line
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"x.yaml:{line}: not YAML: ")
