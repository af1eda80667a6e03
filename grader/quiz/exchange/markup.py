"""Markdown to HTML and back, as far as questions go. No HTML of a bank's author or of a stranger is passed on."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from grader.quiz.exchange.htmlscan import HtmlScanner

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_MARKS = {
    "b": "**",
    "strong": "**",
    "i": "*",
    "em": "*",
    "code": "`",
    "tt": "`",
    "kbd": "`",
    "del": "~~",
    "s": "~~",
}
_BLOCKS = frozenset(
    "p div section article table tr ul ol blockquote h1 h2 h3 h4 h5 h6 pre hr dl dt dd".split()
)
_SILENT = frozenset("script style head title template noscript iframe object".split())
_ESCAPE = re.compile(r"([\\`*_\[\]])")
_MAX_NEST = 200


def to_html(text: str) -> str:
    """Markdown as XHTML; HTML in it is shown, not obeyed, and only http, https, mailto and relative links stay."""
    html: str = _markdown().render(text)
    return html.strip()


def to_html_line(text: str) -> str:
    """Markdown as XHTML without a paragraph around a single one."""
    html = to_html(text)
    single = html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1
    return html[3:-4] if single else html


def to_markdown(html: str) -> str:
    """HTML as Markdown: paragraphs, lists, code, emphasis, links, pictures, tables as lines; the rest as its text."""
    reader = _Reader()
    reader.scan(html)
    return reader.text()


@functools.cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "xhtmlOut": True}).enable("table")


class _Reader(HtmlScanner):
    def __init__(self) -> None:
        self._out: list[str] = []
        self._lists: list[tuple[str, int]] = []
        self._silent = 0
        self._pre = 0
        self._code = 0
        self._links: list[str] = []
        self._cell = False

    def text(self) -> str:
        joined = "".join(self._out)
        joined = re.sub(r"[ \t]+\n", "\n", joined)
        return re.sub(r"\n{3,}", "\n\n", joined).strip()

    def opened(self, tag: str, given: dict[str, str]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._out.append("\n" if self._pre else "  \n")
        elif tag == "img":
            self._image(given)
        elif tag == "pre":
            self._gap()
            self._out.append("```\n")
            self._pre += 1
        elif tag == "li":
            self._item()
        elif tag in {"ul", "ol"}:
            self._open_list(tag)
        elif tag in {"td", "th"}:
            self._out.append(" | " if self._cell else "")
            self._cell = True
        elif tag == "tr":
            self._cell = False
            self._line()
        elif tag == "a":
            self._links.append(given.get("href", ""))
            self._out.append("[")
        elif tag in _MARKS and not self._pre:
            self._code += tag in {"code", "tt", "kbd"}
            self._out.append(_MARKS[tag])
        elif tag in _BLOCKS:
            self._gap()
            if tag[0] == "h" and tag[1:].isdigit():
                self._out.append("#" * int(tag[1:]) + " ")

    def closed(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "pre" and self._pre:
            self._pre -= 1
            self._line()
            self._out.append("```")
            self._gap()
        elif tag in {"ul", "ol"}:
            if self._lists:
                self._lists.pop()
            self._gap() if not self._lists else self._line()
        elif tag == "a" and self._links:
            href = self._links.pop()
            self._out.append(f"]({href})" if re.match(r"https?://|mailto:", href, re.I) else "]")
        elif tag in _MARKS and not self._pre:
            self._code = max(0, self._code - (tag in {"code", "tt", "kbd"}))
            self._out.append(_MARKS[tag])
        elif tag in _BLOCKS - {"tr", "pre"}:
            self._gap()

    def said(self, data: str) -> None:
        if self._silent:
            return
        if self._pre or self._code:
            self._out.append(data)
            return
        plain = re.sub(r"\s+", " ", data)
        if plain.strip() or (self._out and not self._out[-1].endswith(("\n", " "))):
            at_start = not self._out or self._out[-1].endswith("\n")
            self._out.append(_ESCAPE.sub(r"\\\1", plain.lstrip() if at_start else plain))

    def _image(self, given: dict[str, str]) -> None:
        source = given.get("src", "")
        if source and not source.lower().startswith(("data:", "javascript:")):
            self._out.append(f"![{given.get('alt', '').replace(']', ')')}]({source})")

    def _item(self) -> None:
        self._line()
        kind, count = self._lists.pop() if self._lists else ("ul", 0)
        self._lists.append((kind, count + 1))
        mark = f"{count + 1}. " if kind == "ol" else "- "
        self._out.append("   " * min(len(self._lists) - 1, _MAX_NEST) + mark)

    def _open_list(self, tag: str) -> None:
        self._line() if self._lists else self._gap()
        self._lists.append((tag, 0))

    def _line(self) -> None:
        if self._out and not self._out[-1].endswith("\n"):
            self._out.append("\n")

    def _gap(self) -> None:
        if self._out and not self._out[-1].endswith("- "):
            self._line()
            self._out.append("\n")
