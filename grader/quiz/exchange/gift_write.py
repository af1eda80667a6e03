"""GIFT, Moodle's text format: https://docs.moodle.org/en/GIFT_format, and the reader in Moodle's source.

// [id:conv-bias] [tag:batchnorm]
::conv-bias::[markdown]A convolution followed by batch normalisation needs no bias.{TRUE#feedback####explanation}
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from grader.quiz.exchange.fits import fit_gift
from grader.quiz.exchange.model import Exported, Loss, Packing
from grader.quiz.exchange.paths import Data, data_of
from grader.quiz.exchange.prepare import Prepared, Profile, prepare_all
from grader.quiz.exchange.remarks import with_source
from grader.quiz.exchange.shape import (
    Lost,
    absolute_tolerance,
    balanced_credit,
    merged_mistakes,
    readable_source,
)
from grader.quiz.exchange.wildcard import starred
from grader.quiz.model import Bank

_RESERVED = str.maketrans({sign: f"\\{sign}" for sign in "\\#=~{}:"} | {"\n": "\\n"})
_FORMATS = ("[html]", "[moodle]", "[plain]", "[markdown]")
RULE = "\n\n---\n\n"
"""Between a free answer and its explanation, which share the general feedback."""


def _apart(data: Data) -> Lost:
    """A free answer must be told from the explanation after it."""
    if data["type"] != "recall" or RULE.strip() not in data["answer"].split("\n"):
        return []
    lines = data["answer"].split("\n")
    data["answer"] = "\n".join("* * *" if line == RULE.strip() else line for line in lines)
    return [("answer", "a rule of hyphens is written as one of stars")]


GIFT = Profile(
    held={
        "choice": frozenset({"options.text", "options.correct", "options.feedback"}),
        "multiple": frozenset({"options.text", "options.correct", "options.feedback"}),
        "true_false": frozenset({"answer", "feedback"}),
        "numeric": frozenset({"answer", "abs_tol", "mistakes"}),
        "short": frozenset({"accept", "reject", "mistakes"}),
        "matching": frozenset({"pairs.left", "pairs.right", "distractors"}),
        "recall": frozenset({"answer"}),
    },
    common=frozenset({"explanation", "source", "tags"}),
    fit=fit_gift,
    adapt=(absolute_tolerance, balanced_credit, readable_source, merged_mistakes, _apart),
    remarks={
        "short": "Moodle forgives no typing errors, and reads * in an answer as any text",
        "recall": "free answers are marked by a person there",
    },
)


def write_gift(bank: Bank, packing: Packing) -> Exported:
    """The bank as GIFT, in UTF-8."""
    ready, losses = prepare_all(bank, GIFT, packing.pictures)
    head = f"$CATEGORY: {_line(bank.title).replace('/', '//')}\n\n"
    text = head + "\n".join(_question(one) for one in ready)
    return Exported(text.encode("utf-8"), tuple([*losses, *_unmarked(bank)]))


def _unmarked(bank: Bank) -> list[Loss]:
    return [Loss("", "topic", f"the bank's topic {bank.topic!r}")] if bank.topic != bank.title else []


def percent(share: float) -> str:
    """A share as Moodle writes a percentage: up to five decimals, none that are not needed."""
    return f"{share * 100:.5f}".rstrip("0").rstrip(".")


def _question(one: Prepared) -> str:
    data = data_of(one.item)
    tags = "".join(f" [tag:{tag}]" for tag in data.get("tags", []))
    body = _ANSWERS[data["type"]](data)
    remark = with_source(data.get("explanation", ""), data.get("source", ""))
    if data["type"] == "recall":
        remark = data["answer"] + (RULE + remark if remark else "")
    general = f"####{_formatted(remark)}" if remark else ""
    tail = f"\t{general}\n" if general and body.endswith("\n") else general
    return f"// [id:{data['id']}]{tags}\n::{_escaped(data['id'])}::[markdown]{_escaped(data['stem'])}{{{body}{tail}}}\n"


def _choice(data: Data) -> str:
    return "\n" + "".join(
        f"\t{'=' if one.get('correct') else '~%0%'}{_said(one)}\n" for one in data["options"]
    )


def _multiple(data: Data) -> str:
    right = sum(bool(one.get("correct")) for one in data["options"])
    wrong = len(data["options"]) - right
    weights = {True: percent(1 / right), False: f"-{percent(1 / wrong)}" if wrong else "0"}
    return "\n" + "".join(
        f"\t~%{weights[bool(one.get('correct'))]}%{_said(one)}\n" for one in data["options"]
    )


def _said(option: dict[str, Any]) -> str:
    feedback = f"#{_formatted(option['feedback'])}" if option.get("feedback") else ""
    return _formatted(option["text"]) + feedback


def _true_false(data: Data) -> str:
    feedback = f"#{_formatted(data['feedback'])}" if data.get("feedback") else ""
    return ("TRUE" if data["answer"] else "FALSE") + feedback


def _numeric(data: Data) -> str:
    lines = [f"\t=%100%{_decimal(data['answer'])}:{_decimal(data.get('abs_tol', 0))}\n"]
    for one in data.get("mistakes", []):
        lines.append(f"\t=%0%{_decimal(one['answer'])}:0#{_formatted(one['feedback'])}\n")
    return "#\n" + "".join(lines)


def _decimal(number: object) -> str:
    """A number without an exponent, which not every reader knows; exactly the same number when read."""
    text = str(number)
    if "e" not in text:
        return text
    plain = f"{Decimal(text):f}"
    return plain if "." in plain else f"{plain}.0"


def _short(data: Data) -> str:
    lines = [f"\t=%100%{_formatted(starred(text))}\n" for text in data["accept"]]
    lines += [f"\t=%0%{_formatted(starred(text))}\n" for text in data.get("reject", [])]
    for mistake in data.get("mistakes", []):
        lines += [
            f"\t=%0%{_formatted(starred(text))}#{_formatted(mistake['feedback'])}\n"
            for text in mistake["answer"]
        ]
    return "\n" + "".join(lines)


def _matching(data: Data) -> str:
    lines = [f"\t={_formatted(one['left'])} -> {_escaped(one['right'])}\n" for one in data["pairs"]]
    lines += [f"\t= -> {_escaped(text)}\n" for text in data.get("distractors", [])]
    return "\n" + "".join(lines)


def _recall(data: Data) -> str:
    return ""


_ANSWERS: dict[str, Callable[[Data], str]] = {
    "choice": _choice,
    "multiple": _multiple,
    "true_false": _true_false,
    "numeric": _numeric,
    "short": _short,
    "matching": _matching,
    "recall": _recall,
}


def _escaped(text: str) -> str:
    return text.translate(_RESERVED)


def _formatted(text: str) -> str:
    """A text that begins like a format's name gets one, so that the name is not taken for it."""
    return _escaped(f"[markdown]{text}" if text.startswith(_FORMATS) else text)


def _line(text: str) -> str:
    return " ".join(text.split())
