"""Items as the YAML an instructor would type: schema header, block texts, comments where they stood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from grader.quiz.exchange.model import Imported
from grader.quiz.exchange.paths import Data, data_of
from grader.quiz.lint import SCHEMA_HEADER
from grader.quiz.model import AnyItem

_BREAKS = re.compile("[\\r\\x85\\u2028\\u2029]")
_WIDTH = 110
_DRAFT = "Draft: the key points were guessed from the answer. Say how learners put them, and add examples."
_ORDER = tuple(
    "id type stem image image_alt code text vars let where options sequence pairs distractors blanks answer accept reject "
    "typos case_sensitive exact abs_tol rel_tol unit symbols credit shuffle mistakes feedback key_points misconceptions "
    "examples explanation source hints tags points exercises".split()
)
_GROUPS = frozenset({"patterns", "contradicted_by"})
_SINGLE = frozenset(
    {"accept", "reject", "hints", "exercises", "also", "where", "good", "partial", "wrong", "negated"}
)


class _Dumper(yaml.SafeDumper):
    """Lists indented under their key; texts of several lines as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


class _Flow(list[Any]):
    """A list written in brackets."""


def _brackets(dumper: yaml.SafeDumper, values: _Flow) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=True)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text.strip("\n") else None
    if _BREAKS.search(text) or text.endswith("\n\n"):  # line ends that only double quotes keep
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Flow, _brackets)


def bank_text(imported: Imported, *, topic: str, schema: str, origin: str) -> str:
    """A whole bank file; `schema` is the path of the JSON Schema from the bank, `origin` where the items came from."""
    head = _dump({"format": 1, "title": imported.title, "topic": topic})
    remark = _comment([f"Imported from {origin}."], "")
    body = "".join(item_text(item, imported) for item in imported.items).lstrip("\n")
    return (
        f"{SCHEMA_HEADER}{schema}\n{remark}{head}items:\n{body}"
        if body
        else f"{SCHEMA_HEADER}{schema}\n{remark}{head}items: []\n"
    )


def item_text(item: AnyItem, imported: Imported, indent: int = 2) -> str:
    """One entry of `items:`, an empty line and its comments before it."""
    margin = " " * indent
    remarks = [*imported.comments.get(item.id, ())]
    if item.id in imported.drafts:
        remarks.append(_DRAFT)
    lines = _dump(_ordered(data_of(item))).removesuffix("\n").split("\n")
    entry = "".join(
        _indented(line, f"{margin}- " if place == 0 else f"{margin}  ") + "\n"
        for place, line in enumerate(lines)
    )
    return "\n" + _comment(remarks, margin) + entry


def _indented(line: str, margin: str) -> str:
    return margin + line if line.strip(" ") else line  # a line of no-break spaces is a line of text


def _dump(data: Mapping[str, Any]) -> str:
    text: str = yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return text


def _ordered(data: Data) -> Data:
    known = [key for key in _ORDER if key in data]
    ordered = {key: data[key] for key in [*known, *(key for key in data if key not in known)]}
    return {key: _shortened(key, value) for key, value in ordered.items()}


def _shortened(key: str, value: Any) -> Any:
    """A list of one text, where the format lets it stand for the list."""
    if key in _SINGLE and isinstance(value, list) and len(value) == 1:
        return value[0]
    if key in _GROUPS and isinstance(value, list):
        return [group[0] if len(group) == 1 else _Flow(group) for group in value]
    if isinstance(value, list):
        return [_shortened("", part) for part in value]
    if isinstance(value, dict) and key not in {"vars", "let", "blanks", "symbols", "convert"}:
        return {name: _shortened(name, part) for name, part in value.items()}
    return value


def _comment(remarks: list[str], margin: str) -> str:
    lines = [line for remark in remarks for line in re.split(r"[\r\n\x85\u2028\u2029]+", remark)]
    shown = ("".join(sign if sign.isprintable() else " " for sign in line).rstrip() for line in lines)
    return "".join(f"{margin}# {line}\n" for line in shown if line)
