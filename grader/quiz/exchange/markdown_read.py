"""Markdown with `<details>` blocks read: each summary is a question, what follows it the answer."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from grader.quiz.exchange.build import Gather
from grader.quiz.exchange.gift_write import RULE
from grader.quiz.exchange.model import Imported
from grader.quiz.exchange.remarks import split_source
from grader.quiz.exchange.secure import decode, picture_path

_EDGE = re.compile(r"<(/?)details\b([^>]*)>", re.I)
_SUMMARY = re.compile(r"\s*<summary\b[^>]*>(.*?)</summary\s*>", re.I | re.S)
_GIVEN = re.compile(r'([\w-]+)\s*=\s*"([^"]*)"')
_REMARK = re.compile(r"<!--(.{0,5000}?)-->", re.S)
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.S)
_OPTION = re.compile(r"^[-*] \[([ xX])\] (.+)$")
_BULLET = re.compile(r"^(?:[-*]|\d+[.)])\s+(.+)$")
_PICTURE = re.compile(r"^!\[[^\n]*\]\([^\n]*\)\n\n")
_TAGS = (
    (re.compile(r"</?(?:strong|b)>", re.I), "**"),
    (re.compile(r"</?(?:em|i)>", re.I), "*"),
    (re.compile(r"</?code>", re.I), "`"),
    (re.compile(r"[ \t]*<li\b[^>]*>\s*", re.I), "- "),
    (re.compile(r"<h([1-6])\b[^>]*>\s*", re.I), "### "),
    (re.compile(r"<br\s*/?>", re.I), "  \n"),
    (re.compile(r"</?(?:ul|ol|li|p|div|span|h[1-6])\b[^>]*>", re.I), ""),
)
_FENCE = re.compile(r"(^(?:```|~~~).*?^(?:```|~~~)[ \t]*$)", re.S | re.M)


def read_markdown(data: bytes, name: str) -> Imported:
    """The questions of a Markdown file. Raises: InputError for what is no text."""
    text = decode(data, name)
    gather = Gather()
    title = _title(text) or name.rsplit(".", 1)[0] or "Imported"
    front = _FRONT.match(text)
    end = front.end() if front else 0
    for start, stop, given, body in _blocks(text):
        for remark in _REMARK.findall(text[end:start]):
            gather.comment(remark)
        _add(gather, given, body, f"the block in line {text.count(chr(10), 0, start) + 1}")
        end = stop
    return gather.result(title)


def _title(text: str) -> str:
    front = _FRONT.match(text)
    named = re.search(r"^title:\s*(.+)$", front[1], re.M) if front else None
    head = re.search(r"^# (.+)$", text[: text.find("<details")] if "<details" in text else text, re.M)
    found = named or head
    return html.unescape(found[1].strip().strip("\"'")) if found else ""


def _blocks(text: str) -> list[tuple[int, int, str, str]]:
    """Start, end, attributes and content of each outermost block; one that is never closed ends with the text."""
    found, depth, start, given, inside = [], 0, 0, "", 0
    for edge in _EDGE.finditer(text):
        if not edge[1]:
            if depth == 0:
                start, given, inside = edge.start(), edge[2], edge.end()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                found.append((start, edge.end(), given, text[inside : edge.start()]))
    if depth:
        found.append((start, len(text), given, text[inside:]))
    return found


def _add(gather: Gather, given: str, block: str, place: str) -> None:
    named = {key.lower(): html.unescape(value) for key, value in _GIVEN.findall(given)}
    summary = _SUMMARY.match(block)
    if not summary or not summary[1].strip():
        gather.lost(place, "stem", "left out: there is no <summary> with the question")
        return
    stem = summary[1].strip() if "data-type" in named else _plain(summary[1])
    body = block[summary.end() :].strip()
    if named.get("data-image"):
        body = _PICTURE.sub("", body, count=1)
    answer, _, remark = body.partition(RULE) if "data-type" in named else (body, "", "")
    explanation, source = split_source(remark.strip())
    data: dict[str, Any] = {"stem": stem, "explanation": explanation, "source": source}
    data["tags"] = [tag.strip() for tag in named.get("data-tags", "").split(";") if tag.strip()]
    path = named.get("data-image", "")
    if path and picture_path(path) == path:
        data.update(image=path, image_alt=named.get("data-alt", ""))
    data.update(_answered(named, answer.strip() if "data-type" in named else _plain(answer)))
    if data["type"] == "recall" and not data["answer"]:
        gather.lost(stem[:50], "answer", "left out: there is no answer after the question")
        return
    gather.add(named.get("id", stem), data)


def _answered(named: dict[str, str], body: str) -> dict[str, Any]:
    kind = named.get("data-type", "")
    lines = [line for line in body.split("\n") if line.strip()]
    options = [found for line in lines if (found := _OPTION.match(line))]
    if options and len(options) == len(lines) and kind in {"", "choice", "multiple"}:
        is_choice = kind == "choice" if kind else sum(found[1] != " " for found in options) == 1
        read = [{"text": found[2], **({"correct": True} if found[1] != " " else {})} for found in options]
        shuffle = {"shuffle": False} if named.get("data-shuffle") == "false" else {}
        return {"type": "choice" if is_choice else "multiple", "options": read, **shuffle}
    bullets = [found[1] for line in lines if (found := _BULLET.match(line))]
    if kind == "short" and bullets:
        return {"type": "short", "accept": bullets}
    if kind == "ordering" and bullets:
        return {"type": "ordering", "sequence": bullets}
    if kind in {"numeric", "true_false"}:
        try:
            answer = json.loads(body)
        except ValueError:
            answer = body
        near = named.get("data-tolerance", "")
        return {"type": kind, "answer": answer, **({"abs_tol": float(near)} if _is_number(near) else {})}
    return {"type": "recall", "answer": body}


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\d+(?:\.\d*)?(?:e[-+]?\d+)?", text))


def _plain(text: str) -> str:
    """HTML that stands in Markdown, as Markdown; code is left alone."""
    pieces = _FENCE.split(text.strip())
    for place in range(0, len(pieces), 2):
        for tag, mark in _TAGS:
            pieces[place] = tag.sub(mark, pieces[place])
    return re.sub(r"\n{3,}", "\n\n", "".join(pieces)).strip()
