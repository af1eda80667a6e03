"""CSV: one item a row, all of it. And the plain two-column sheets of flash cards.

    id,type,stem,answer,options,explanation,source,tags,more
    conv-bias,true_false,A convolution ...,true,,,,,

`options` holds one option a line, the right ones marked `[x]`; `tags` are separated by `; `; `more` is JSON with every
other key. No cell begins with a sign that a spreadsheet would take for a formula (OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from typing import Any

from grader.errors import InputError
from grader.quiz.exchange.build import MAX_ITEMS, Gather
from grader.quiz.exchange.model import Exported, Imported, Loss, Packing
from grader.quiz.exchange.paths import Data, data_of, mapped
from grader.quiz.exchange.secure import MAX_FILE, decode
from grader.quiz.model import Bank

COLUMNS = ("id", "type", "stem", "answer", "options", "explanation", "source", "tags", "more")
_TRIGGERS = "=+-@\t\r\n＝＋－＠'"
_OPTION = re.compile(r"^\[([ x])\] ")
_FRONT = {"front", "question", "stem", "q", "term", "prompt"}
_BACK = {"back", "answer", "a", "definition", "response"}
_PLAIN = ("id", "type", "stem", "explanation", "source")


def write_csv(bank: Bank, packing: Packing) -> Exported:
    """The bank as CSV in UTF-8 with a byte order mark, as spreadsheets want it."""
    out = io.StringIO(newline="")
    sheet = csv.writer(out, lineterminator="\r\n")
    sheet.writerow(COLUMNS)
    losses: list[Loss] = []
    for item in bank.items:
        sheet.writerow([guarded(cell) for cell in _row(_fitted(data_of(item), losses))])
        if item.image:
            losses.append(Loss(item.id, "", "the picture is named, not packed: copy it along"))
    if bank.about.strip():
        losses.append(Loss("", "about", "the remark about the whole bank"))
    return Exported(out.getvalue().encode("utf-8-sig"), tuple(losses))


def read_csv(data: bytes, name: str) -> Imported:
    """Our own columns, `front,back`, or two columns without a heading; comma, semicolon or tab.

    Raises: InputError for what is no such sheet.
    """
    rows = _rows(decode(data, name, line_ends=False), name)
    if not rows:
        raise InputError(f"{name} has no rows", remedy="export it again")
    head = [cell.strip().lower() for cell in rows[0]]
    gather = Gather()
    if {"type", "stem"} <= set(head):
        for line, row in enumerate(rows[1:], 2):
            _add(gather, dict(zip(head, row, strict=False)), f"row {line}")
    else:
        _add_cards(gather, rows, head)
    return gather.result(name.rsplit(".", 1)[0] or "Imported")


def guarded(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula; `unguarded` gives it back."""
    return f"'{cell}" if cell[:1] and cell[0] in _TRIGGERS else cell


def unguarded(cell: str) -> str:
    """A cell without the apostrophe that `guarded` put before it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] and cell[1] in _TRIGGERS else cell


def _fitted(data: Data, losses: list[Loss]) -> Data:
    """Zero bytes end a text for most readers of CSV."""

    def fit(key: str, text: str) -> str:
        if "\0" in text:
            losses.append(Loss(data["id"], key, "a zero byte in a text"))
        return text.replace("\0", "\ufffd")

    fitted: Data = mapped(data, fit)
    return fitted


def _row(data: Data) -> list[str]:
    left = dict(data)
    cells = {key: left.pop(key, "") for key in _PLAIN}
    cells["options"] = _options(left)
    cells["answer"] = _answer(left)
    tags = left.get("tags", [])
    cells["tags"] = "; ".join(left.pop("tags")) if tags and all(_is_plain_tag(tag) for tag in tags) else ""
    cells["more"] = json.dumps(left, ensure_ascii=False) if left else ""
    return [cells[key] for key in COLUMNS]


def _is_plain_tag(tag: str) -> bool:
    return bool(tag) and tag == tag.strip() and ";" not in tag


def _options(left: Data) -> str:
    """Options as lines, where a line each holds them; their feedback goes to `more`."""
    options = left.get("options", [])
    if not options or any(
        "\n" in one["text"] or not isinstance(one.get("correct", False), bool) for one in options
    ):
        return ""
    left["options"] = [{key: one[key] for key in one if key not in {"text", "correct"}} for one in options]
    if not any(left["options"]):
        left.pop("options")
    return "\n".join(f"[{'x' if one.get('correct') else ' '}] {one['text']}" for one in options)


def _answer(left: Data) -> str:
    """The answer as a cell; a text that reads like something else stays in `more`."""
    answer = left.get("answer")
    if answer is None:
        return ""
    cell = json.dumps(answer) if not isinstance(answer, str) else answer
    if isinstance(answer, str) and _typed(answer) != answer:
        return ""
    left.pop("answer")
    return cell


def _typed(cell: str) -> Any:
    """true, false and numbers as such."""
    try:
        value = json.loads(cell)
    except ValueError:
        return cell
    return value if isinstance(value, bool | int | float) else cell


def _add(gather: Gather, raw: dict[str, str], place: str) -> None:
    cells = {key: unguarded(cell) for key, cell in raw.items()}
    if not any(cells.values()):
        return
    try:
        more = json.loads(cells.get("more") or "{}")
    except (ValueError, RecursionError):
        more = None
    if not isinstance(more, dict):
        gather.lost(cells.get("id") or place, "more", "left out: the cell `more` is no JSON object")
        return
    data: Data = {key: cells.get(key, "") for key in _PLAIN if key != "id"}
    data["tags"] = [tag.strip() for tag in cells.get("tags", "").split(";") if tag.strip()]
    if cells.get("answer"):
        typed = _typed(cells["answer"])
        data["answer"] = typed if cells.get("type") in {"numeric", "true_false"} else cells["answer"]
    if cells.get("options"):
        data["options"] = _read_options(cells["options"], more.pop("options", []))
    gather.add(cells.get("id") or place, {**data, **more})


def _read_options(cell: str, extras: Any) -> list[Data]:
    found = []
    for index, line in enumerate(cell.split("\n")):
        mark = _OPTION.match(line)
        extra = extras[index] if isinstance(extras, list) and index < len(extras) else {}
        option = {"text": line[mark.end() :] if mark else line, **(extra if isinstance(extra, dict) else {})}
        found.append({**option, "correct": True} if mark and mark[1] == "x" else option)
    return found


def _add_cards(gather: Gather, rows: list[list[str]], head: list[str]) -> None:
    """Flash cards: a question and its answer a row."""
    front = next((place for place, cell in enumerate(head) if cell in _FRONT), None)
    back = next((place for place, cell in enumerate(head) if cell in _BACK and place != front), None)
    tags = head.index("tags") if "tags" in head else None
    if front is None or back is None:
        front, back, body = 0, 1, rows
    else:
        body = rows[1:]
    for row in body:
        cells = [unguarded(cell).strip() for cell in row]
        if len(cells) <= max(front, back) or not cells[front] or not cells[back]:
            if any(cells):
                gather.lost(" ".join(cells)[:40], "", "left out: the row has no question and answer")
            continue
        kept = cells[tags].split() if tags is not None and tags < len(cells) else []
        gather.add(
            cells[front], {"type": "recall", "stem": cells[front], "answer": cells[back], "tags": kept}
        )


def _rows(text: str, name: str) -> list[list[str]]:
    lines = text.split("\n", 10)
    options = [
        line for line in lines[:10] if line.startswith("#")
    ]  # Anki's own export begins with `#separator:tab`
    body = "\n".join(lines[len(options) :]) if options and lines[0].startswith("#") else text
    delimiter = _delimiter(body, options)
    csv.field_size_limit(MAX_FILE)
    try:
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
        rows = list(itertools.islice(reader, MAX_ITEMS + 2))
    except csv.Error as wrong:
        raise InputError(f"{name} is no CSV: {wrong}", remedy="save it as CSV in UTF-8") from None
    if len(rows) > MAX_ITEMS + 1:
        raise InputError(f"{name} has more than {MAX_ITEMS:,} rows", remedy="split the file")
    return [row for row in rows if any(cell.strip() for cell in row)]


def _delimiter(body: str, options: list[str]) -> str:
    named = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
    for line in options:
        if line.lower().startswith("#separator:"):
            value = line.split(":", 1)[1].strip()
            return named.get(value.lower(), value[:1] or ",")
    first = body.split("\n", 1)[0]
    return max(",;\t", key=first.count) if any(sign in first for sign in ",;\t") else ","
