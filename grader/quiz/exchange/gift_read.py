"""GIFT read as Moodle reads it: escapes first, then the first pair of braces, then what stands between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from grader.quiz.exchange.build import Gather
from grader.quiz.exchange.gift_write import RULE
from grader.quiz.exchange.markup import to_markdown
from grader.quiz.exchange.model import Imported
from grader.quiz.exchange.remarks import split_source
from grader.quiz.exchange.secure import decode
from grader.quiz.exchange.wildcard import WILD, unstarred

Data = dict[str, Any]

_ESCAPES = {"\\": "\0a", ":": "\0b", "#": "\0c", "=": "\0d", "{": "\0e", "}": "\0f", "~": "\0g", "n": "\0h"}
_PLAIN = {mark: "\n" if sign == "n" else sign for sign, mark in _ESCAPES.items()}
_WEIGHT = re.compile(r"^%(-?\d{1,3}(?:\.\d*)?)%")
_FORMAT = re.compile(r"^\[(html|moodle|plain|markdown)\]")
_META = re.compile(r"\[(id|tag):([^\]]*)\]")
_TAG = re.compile(r"</?(?:p|br|b|i|strong|em|ul|ol|li|span|div|img|code|pre|sub|sup|table|a)\b[^>]*>", re.I)
_NOISE = re.compile(r"^question: \d+\s+name:")
_TRUTHS = {"T": True, "TRUE": True, "F": False, "FALSE": False}


@dataclass(frozen=True)
class _Answer:
    """One entry between the braces: its weight in percent (None where none is given), text and feedback."""

    weight: float | None
    text: str
    feedback: str
    is_key: bool = False


def read_gift(data: bytes, name: str) -> Imported:
    """The questions of a GIFT file. Raises: InputError for what is no text."""
    gather, title = Gather(), ""
    for block in re.split(r"\n[ \t]*\n", decode(data, name)):
        remarks, lines = _split_comments(block)
        text = _hidden("\n".join(lines).strip())
        meta = {"id": "", "tags": []}
        for remark in remarks:
            _read_remark(gather, remark, meta)
        if text.startswith("$CATEGORY:"):
            path, _, text = text.partition("\n")
            title = title or _category(_shown(path[10:]))
        if text.strip():
            _add(gather, text.strip(), meta)
    return gather.result(title or name.rsplit(".", 1)[0] or "Imported")


def _split_comments(block: str) -> tuple[list[str], list[str]]:
    remarks, lines = [], []
    for line in block.split("\n"):
        if line.strip().startswith("//"):
            remarks.append(line.strip()[2:].strip())
        else:
            lines.append(line)
    return remarks, lines


def _read_remark(gather: Gather, remark: str, meta: Data) -> None:
    for key, value in _META.findall(remark):
        if key == "id":
            meta["id"] = value.strip()
        else:
            meta["tags"].append(value.strip())
    rest = _META.sub("", remark).strip()
    if rest and not _NOISE.match(rest):
        gather.comment(rest)


def _category(path: str) -> str:
    parts = re.split(r"(?<!/)/(?!/)", path.strip())
    return parts[-1].replace("//", "/").strip()


def _add(gather: Gather, text: str, meta: Data) -> None:
    name, text = _name(text)
    start, end = text.find("{"), text.find("}")
    label = meta["id"] or name or _shown(text)[:50]
    if start < 0 or end < start:
        what = "a text without a question" if start < 0 and end < 0 else "the braces do not pair"
        gather.lost(label, "", f"left out: {what}")
        return
    answers, _, general = (
        text[start + 1 : end].rpartition("####")
        if "####" in text[start:end]
        else (
            text[start + 1 : end],
            "",
            "",
        )
    )
    tail = text[end + 1 :].strip()
    stem, form = _texted(text[:start] + (f"_____{text[end + 1 :]}" if tail else ""), "")
    remark = _texted(general, form)[0]
    data = _question(gather, label, answers.strip(), form)
    if data["type"] == "recall":
        data["answer"], _, remark = remark.partition(RULE)
        if not data["answer"].strip():
            gather.lost(label, "", "left out: an essay without a model answer")
            return
    explanation, source = split_source(remark.strip())
    gather.add(
        label, {**data, "stem": stem, "explanation": explanation, "source": source, "tags": meta["tags"]}
    )


def _name(text: str) -> tuple[str, str]:
    if text.startswith("::"):
        name, found, rest = text[2:].partition("::")
        if found:
            return _shown(name).strip(), rest.strip()
    return "", text


def _question(gather: Gather, label: str, text: str, form: str) -> Data:
    """What the braces hold, by the same tests in the same order as Moodle's."""
    if not text:
        return {"type": "recall"}
    if text[0] == "#":
        return _numeric(gather, label, text[1:], form)
    if "~" in text:
        return _options(gather, label, text, form)
    if "=" in text and "->" in text:
        return _matching(text, form)
    head = text.split("#", 1)[0].strip()
    if head in _TRUTHS:
        parts = text.split("#", 2)
        if len(parts) > 2 and parts[2].strip():
            gather.lost(label, "feedback", "the feedback on the right answer")
        return {
            "type": "true_false",
            "answer": _TRUTHS[head],
            "feedback": _texted(parts[1], form)[0] if len(parts) > 1 else "",
        }
    return _short(gather, label, text, form)


def _numeric(gather: Gather, label: str, text: str, form: str) -> Data:
    text, _, wrong = text.partition("~")
    if "#" in wrong:
        gather.lost(label, "feedback", "the feedback on every other number")
    data: Data = {"type": "numeric", "mistakes": []}
    for one in _answers(text, form):
        number, near = number_of(one.text)
        if number is None:
            gather.lost(label, "answer", f"{one.text!r} is no number")
        elif one.weight in {None, 100.0} and "answer" not in data:
            data.update(answer=number, abs_tol=near)
            if one.feedback:
                gather.lost(label, "feedback", "the feedback on the right answer")
        elif one.weight == 0 and one.feedback:
            data["mistakes"].append({"answer": number, "feedback": one.feedback})
        else:
            share = 100.0 if one.weight is None else one.weight
            gather.lost(label, "answer", f"a further answer, {one.text} for {share:g} %")
    return data


def number_of(text: str) -> tuple[int | float | None, float]:
    """The number and how near is near enough, from `5`, `5:0.1` or `4.9..5.1`."""
    try:
        if ".." in text:
            low, high = (float(part) for part in text.split("..", 1))
            return _whole((low + high) / 2), abs(high - low) / 2
        value, _, near = text.partition(":")
        number = int(value) if re.fullmatch(r"\s*[-+]?\d{1,300}\s*", value) else float(value)
        return number, float(near or 0)
    except ValueError:
        return None, 0.0


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _options(gather: Gather, label: str, text: str, form: str) -> Data:
    entries = [part.strip() for part in text.replace("=", "~=").split("~")]
    found = [_answer(part.removeprefix("="), form, part.startswith("=")) for part in entries if part]
    keys = [one for one in found if one.is_key]
    is_right = [one.is_key if keys else (one.weight or 0) > 0 for one in found]
    if keys and any((one.weight or 0) > 0 for one in found if not one.is_key):
        gather.lost(label, "credit", "options worth a part of the points")
    weights = {one.weight for one, right in zip(found, is_right, strict=True) if right}
    if not keys and len(weights) > 1:
        gather.lost(label, "credit", "right options of different weight: each counts the same")
    options = [
        {"text": one.text, "correct": right, "feedback": one.feedback}
        for one, right in zip(found, is_right, strict=True)
    ]
    kind = "choice" if len(keys) == 1 else "multiple"
    if len(keys) > 1:
        gather.lost(label, "type", "several options are right and one may be picked: read as multiple")
    return {"type": kind, "options": options}


def _matching(text: str, form: str) -> Data:
    pairs, others = [], []
    for part in text.split("="):
        left, found, right = part.partition("->")
        if not found:
            continue
        if left.strip():
            pairs.append({"left": _texted(left, form)[0], "right": _shown(right).strip()})
        else:
            others.append(_shown(right).strip())
    return {"type": "matching", "pairs": pairs, "distractors": others}


def _short(gather: Gather, label: str, text: str, form: str) -> Data:
    accept: list[str] = []
    reject: list[str] = []
    mistakes: dict[str, list[str]] = {}
    for raw in _answers(text, form):
        one = replace(raw, text=unstarred(raw.text, lambda: gather.lost(label, "accept", WILD)))
        if one.weight in {None, 100.0}:
            accept.append(one.text)
            if one.feedback:
                gather.lost(label, "feedback", "the feedback on a right answer")
        elif one.feedback:
            mistakes.setdefault(one.feedback, []).append(one.text)
        elif one.weight == 0:
            reject.append(one.text)
        if one.weight not in {None, 0.0, 100.0}:
            gather.lost(label, "accept", f"{one.text!r}, worth {one.weight:g} % there, is worth nothing here")
    told = [{"answer": answers, "feedback": feedback} for feedback, answers in mistakes.items()]
    return {"type": "short", "accept": accept, "reject": reject, "mistakes": told}


def _answers(text: str, form: str) -> list[_Answer]:
    return [_answer(part.strip(), form) for part in text.split("=") if part.strip()]


def _answer(text: str, form: str, is_key: bool = False) -> _Answer:
    weight = None if is_key else _WEIGHT.match(text)
    said, _, feedback = (text[weight.end() :] if weight else text).partition("#")
    share = float(weight[1]) if weight else None
    return _Answer(share, _texted(said, form)[0], _texted(feedback, form)[0], is_key)


def _texted(text: str, form: str) -> tuple[str, str]:
    """A text as Markdown, and its format: its own where it names one, else `form`."""
    text = text.strip()
    named = _FORMAT.match(text)
    if named:
        text, form = text[named.end() :], named[1]
    shown = _shown(text).strip()
    if form == "html" or (form in {"", "moodle"} and _TAG.search(shown)):
        shown = to_markdown(shown)
    return shown, form


def _hidden(text: str) -> str:
    """Escaped signs as marks that mean nothing to the parser."""
    return re.sub(r"\\([\\:#={}~n])", lambda found: _ESCAPES[found[1]], text)


def _shown(text: str) -> str:
    return re.sub(r"\0[a-h]", lambda found: _PLAIN[found[0]], text)
