"""What is wrong with a text that is not YAML, in the words of somebody who types one, and what to do about it."""

from __future__ import annotations

import re

import yaml

_INDENT = "indent it like the lines beside it"
_VALUE = re.compile(r"^\s*(?:- +)*(?:[\w.-]+: +)?")


def about(wrong: yaml.YAMLError, text: str) -> tuple[str, int | None, str]:
    """The message, the line (from 1) to look at, and the remedy."""
    said = getattr(wrong, "problem", None) or str(wrong)
    mark, context = getattr(wrong, "problem_mark", None), getattr(wrong, "context_mark", None)
    where = None if mark is None else mark.line + 1
    begun = where if context is None else context.line + 1
    line = _line(text, where)
    first = _VALUE.sub("", line)[:1]
    if "tab character" in said or line.startswith("\t"):
        return "a tab indents the line", where, "indent with spaces"
    if "mapping values are not allowed" in said and line.count(": ") > 1:
        return (
            "a text holds a colon and a space",
            where,
            "put quotes around the text, or write it below a `|`",
        )
    if "cannot start any token" in said and first:
        return f"a text begins with {first}", where, "put quotes around the text"
    if first and first in "*&!{%@`" and "construct" not in said and "constructor" not in said:
        return (
            f"a text begins with {first}, which means something to YAML",
            where,
            "put quotes around the text",
        )
    if "unexpected end of stream" in said:
        return "a quote that is opened here is never closed", begun, "close it"
    if "',' or ']'" in said or "',' or '}'" in said:
        return "a bracket that is opened here is never closed, or a comma is missing", begun, "close it"
    if "could not find expected ':'" in said:
        return "a key without a colon and a space", begun, "write `key: value`, or quotes around a long text"
    if "unknown escape" in said:
        return "a backslash within double quotes", where, "use single quotes, or write it twice"
    if first in {'"', "'"} and "expected" in said:
        return "a text goes on after its quotes", where, "put quotes around all of it"
    if "indicator" in said or "expected key" in said or "block" in said or "mapping values" in said:
        return "the indentation does not fit", where, _INDENT
    return said, where, "put quotes around texts with special characters"


def _line(text: str, number: int | None) -> str:
    lines = text.splitlines()
    return lines[number - 1] if number is not None and number <= len(lines) else ""
