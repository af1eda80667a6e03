"""HTML as tags and texts, in time that grows with its length whatever it holds.

Python's own `html.parser` looks for the end of each unclosed tag up to the end of the text: 60 kB of `<a ` take minutes.
"""

from __future__ import annotations

import re
from html import unescape

_TAG = re.compile(r"""<(/?)([A-Za-z][^\s/<>"']*)((?:[^<>"']|"[^"]*"|'[^']*')*+)>""")
_OTHER = re.compile(r"<[!?/][^<>]*>")
_GIVEN = re.compile(r"""([^\s=/"'>]+)\s*+(?:=\s*+("[^"]*"|'[^']*'|[^\s"'>]*+))?""")
_RAW = {name: re.compile(rf"</{name}\b", re.I) for name in ("script", "style", "textarea", "title")}
_SHOWN = frozenset({"textarea", "title"})


class HtmlScanner:
    """Calls `opened`, `closed` and `said` for each tag and text in turn; subclasses say what to do."""

    def scan(self, html: str) -> None:
        """Go through `html`; comments, declarations and the content of scripts are passed over."""
        place = 0
        while place < len(html):
            at = html.find("<", place)
            at = len(html) if at < 0 else at
            if at > place:
                self.said(unescape(html[place:at]))
            if at < len(html):
                at = self._tag(html, at)
            place = at

    def opened(self, tag: str, given: dict[str, str]) -> None:
        """A tag that opens, its name in small letters, with its attributes."""

    def closed(self, tag: str) -> None:
        """A tag that closes."""

    def said(self, text: str) -> None:
        """A text between tags."""

    def _tag(self, html: str, at: int) -> int:
        """Handles what begins with the `<` at `at`; returns where it ends."""
        if html.startswith("<!--", at):
            end = html.find("-->", at + 4)
            return len(html) if end < 0 else end + 3
        found = _TAG.match(html, at)
        if found is None:
            other = _OTHER.match(html, at)
            if other is None:
                self.said("<")
            return other.end() if other else at + 1
        tag = found[2].lower()
        if found[1]:
            self.closed(tag)
            return found.end()
        self.opened(tag, {one[1].lower(): unescape(_bare(one[2])) for one in _GIVEN.finditer(found[3])})
        return self._raw(html, found.end(), tag) if tag in _RAW else found.end()

    def _raw(self, html: str, at: int, tag: str) -> int:
        """The content of an element in which tags are text."""
        found = _RAW[tag].search(html, at)
        end = found.start() if found else len(html)
        if tag in _SHOWN:
            self.said(unescape(html[at:end]))
        return end


def _bare(value: str | None) -> str:
    return value[1:-1] if value and value[0] in "\"'" else value or ""
