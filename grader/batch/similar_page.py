"""Likely copies as HTML: a ranked table, and the two files of each pair side by side with what they share marked."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from grader.batch.similar import COMMON, Group, Pair, Span, couples

NO_PROOF = (
    "Likeness is no proof of copying. Short exercises have few good solutions, learners may work from the same lecture, "
    "and who wrote first is not known. Look at the code, then talk with both."
)
_MOST = 200
_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;padding:0 1rem;max-width:90rem}"
    "table{border-collapse:collapse}th,td{border-bottom:1px solid #8886;padding:.25rem .75rem;text-align:left}"
    ".sides{display:flex;gap:1rem;flex-wrap:wrap}.sides section{flex:1 1 30rem;min-width:0}"
    "pre{overflow-x:auto;background:#8882;padding:.75rem;font-size:.85rem}"
    "mark{background:#ffe08a;color:#000;text-decoration:underline}.note{border-left:4px solid #1f4e8c;padding:.1rem 1rem}"
)


def write_pages(pairs: Sequence[Pair], folder: Path, groups: Sequence[Group] = ()) -> Path:
    """FOLDER/index.html and a page for each of the first 200 pairs; gives the index's path."""
    for number, pair in enumerate(pairs[:_MOST], 1):
        (folder / f"pair-{number:03}.html").write_text(_pair_page(number, pair), encoding="utf-8")
    index = folder / "index.html"
    index.write_text(_index(pairs, groups), encoding="utf-8")
    return index


def marked(text: str, spans: Sequence[Span]) -> str:
    """Text as HTML, the spans in `mark` elements."""
    parts, at = [], 0
    for start, end in spans:
        parts += [html.escape(text[at:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        at = end
    return "".join([*parts, html.escape(text[at:])])


def _index(pairs: Sequence[Pair], groups: Sequence[Group]) -> str:
    rows = []
    for number, pair in enumerate(pairs, 1):
        link = f'<a href="pair-{number:03}.html">side by side</a>' if number <= _MOST else ""
        cells = [number, pair.exercise, pair.first.learner, pair.second.learner, f"{pair.shares[0]:.0%}",
                 f"{pair.shares[1]:.0%}", pair.shared, "yes" if pair.identical else ""]  # fmt: skip
        rows.append(
            f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in cells)}<td>{link}</td></tr>"
        )
    often = "".join(
        f"<li>{html.escape(first)} and {html.escape(second)}: {len(found)} exercises ({html.escape(', '.join(found))})</li>"
        for (first, second), found in couples(pairs)
        if len(found) > 1
    )
    heads = (
        "No.",
        "Exercise",
        "First",
        "Second",
        "Of the first",
        "Of the second",
        "Shared",
        "Identical",
        "Files",
    )
    top = "".join(f'<th scope="col">{head}</th>' for head in heads)
    body = (
        f"<table><caption>{len(pairs)} pairs, most alike first; shared: characters of code without names and comments</caption>"
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        if pairs
        else "<p>No two files are alike beyond the threshold.</p>"
    )
    again = f"<h2>Together in several exercises</h2><ul>{often}</ul>" if often else ""
    return _page("Likely copies", body + again + _groups(groups))


def _groups(groups: Sequence[Group]) -> str:
    """Files that many share: with the names, and the file to look at."""
    told = "".join(
        f"<details><summary>{html.escape(group.exercise)}: {len(group.works)} learners</summary>"
        f"<p>{html.escape(', '.join(work.learner for work in group.works))}</p>"
        f'<pre tabindex="0"><code>{html.escape(group.works[0].text)}</code></pre></details>'
        for group in groups
    )
    return (
        f"<h2>One file, many learners</h2><p>More than {COMMON} handed in the same file, character for character. A short "
        f"exercise may have one obvious solution; a long one goes round the class. These are in no pair.</p>{told}"
        if told
        else ""
    )


def _pair_page(number: int, pair: Pair) -> str:
    sides = "".join(
        f"<section><h2>{html.escape(work.learner)}</h2><p>{share:.0%} of it is shared. {html.escape(work.source)}</p>"
        f'<pre tabindex="0"><code>{marked(work.text, spans)}</code></pre></section>'
        for work, share, spans in zip((pair.first, pair.second), pair.shares, pair.spans, strict=True)
    )
    said = "The two files are identical, character for character." if pair.identical else ""
    return _page(
        f"Pair {number}: {pair.exercise}",
        f'<p><a href="index.html">All pairs</a>. {said} Shared code is marked and underlined.</p><div class="sides">{sides}</div>',
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><main><h1>{html.escape(title)}</h1>"
        f'<p class="note">{html.escape(NO_PROOF)}</p>\n{body}</main></body></html>\n'
    )
