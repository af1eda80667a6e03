"""Markdown as lines of plain text: wrapped, without signs that only a screen can show, code as it stands."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from grader.quiz.maths import unicode_maths

_FENCE = re.compile(r"^\s*(```|~~~)")
_LIST = re.compile(r"^(\s*(?:[-*+]|\d+[.)])\s+)")
_CODE_SPAN = re.compile(r"(`+)(.+?)\1")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_LINK = re.compile(r"!?\[([^\]\n]+)\]\((\S+?)\)")
_MIN_WIDTH = 20


def lines_of(markdown: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    """The text as lines of at most `width` columns where words allow it; `first` starts the first line."""
    room = max(_MIN_WIDTH, width)
    lines: list[str] = []
    lead = indent if first is None else first
    for is_code, block in _blocks(unicode_maths(markdown).strip("\n")):
        if is_code:
            lines += [f"{indent}    {line}".rstrip() for line in block.split("\n")]
        else:
            lines += _wrapped(block, room, indent, lead)
        lead = indent
    return lines


def folded(line: str, width: int) -> list[str]:
    """A line as rows of at most `width` columns where words allow it; code, which is indented by four, as it is."""
    room = max(_MIN_WIDTH, width)
    if len(line) <= room or line.startswith("    "):
        return [line]
    return textwrap.wrap(line, room, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def code_lines(code: str) -> list[str]:
    """A block of code, indented as in `lines_of`."""
    return [f"    {line}".rstrip() for line in code.strip("\n").split("\n")]


def plain(markdown: str) -> str:
    """One line of text without the signs of Markdown; code loses its backticks only."""
    pieces = _CODE_SPAN.split(unicode_maths(markdown))
    text = ""
    for place in range(0, len(pieces), 3):
        text += _LINK.sub(_said_link, _EMPHASIS.sub(r"\1", _STRONG.sub(r"\2", pieces[place])))
        text += pieces[place + 2] if place + 2 < len(pieces) else ""
    return text


def _wrapped(block: str, width: int, indent: str, lead: str) -> list[str]:
    bullet = _LIST.match(block)
    hang = indent + " " * len(bullet[0]) if bullet else indent
    text = " ".join(plain(block).split())
    if bullet:
        text = bullet[0] + text[len(" ".join(bullet[0].split())) :].lstrip()
    return textwrap.wrap(
        text,
        width,
        initial_indent=lead,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def _blocks(text: str) -> Iterator[tuple[bool, str]]:
    """Paragraphs, list entries and fenced code, in order; an empty paragraph for an empty line."""
    pending: list[str] = []
    fence: str | None = None
    code: list[str] = []
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence is not None:
            if mark and mark[1] == fence:
                yield True, "\n".join(code)
                fence, code = None, []
            else:
                code.append(line)
            continue
        ends = mark or not line.strip() or _LIST.match(line) or line.lstrip().startswith(("#", "|"))
        if ends and pending:
            yield False, " ".join(pending)
            pending = []
        if mark:
            fence = mark[1]
        elif not line.strip():
            yield False, ""
        elif line.lstrip().startswith("|"):
            yield False, line
        else:
            pending.append(line.lstrip("# ") if line.lstrip().startswith("#") else line)
    if code:
        yield True, "\n".join(code)
    if pending:
        yield False, " ".join(pending)


def _said_link(found: re.Match[str]) -> str:
    return f"[{found[1]}]" if found[0].startswith("!") else f"{found[1]} ({found[2]})"
