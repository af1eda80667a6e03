"""Markdown with a `<details>` block a question: readable anywhere, the answer folded away.

<details id="conv-bias" data-type="true_false">
<summary>A convolution followed by batch normalisation needs no bias.</summary>

true

---

The explanation. Then, as the last paragraph, *Source:* ...

</details>
"""

from __future__ import annotations

import html
import json
import re

from grader.quiz.exchange.fits import fit_xml
from grader.quiz.exchange.gift_write import RULE
from grader.quiz.exchange.model import Exported, Loss, Packing
from grader.quiz.exchange.paths import Data, data_of
from grader.quiz.exchange.prepare import Prepared, Profile, prepare_all
from grader.quiz.exchange.remarks import with_source
from grader.quiz.exchange.shape import Lost, absolute_tolerance, balanced_credit, readable_source
from grader.quiz.model import Bank

_OPTION = frozenset({"options.text", "options.correct", "shuffle"})
_TAG = re.compile(r"<(?=/?(?:details|summary)\b)|<(?=!--)", re.I)


def fit_markdown(kind: str, key: str, text: str) -> str:
    """No tags that would end the block; lists have entries of one line."""
    fitted = _TAG.sub("&lt;", fit_xml(kind, key, text))
    if key in {"options.text", "sequence", "accept", "tags"}:
        return " ".join(fitted.split()).replace(";" if key == "tags" else "\0", ",")
    return fitted


def _apart(data: Data) -> Lost:
    """Nothing before the rule may look like one."""
    if data["type"] != "recall" or RULE.strip() not in [line.strip() for line in data["answer"].split("\n")]:
        return []
    lines = data["answer"].split("\n")
    data["answer"] = "\n".join("* * *" if line.strip() == RULE.strip() else line for line in lines)
    return [("answer", "a rule of hyphens is written as one of stars")]


MARKDOWN = Profile(
    held={
        "choice": _OPTION,
        "multiple": _OPTION,
        "true_false": frozenset({"answer"}),
        "numeric": frozenset({"answer", "abs_tol"}),
        "short": frozenset({"accept"}),
        "ordering": frozenset({"sequence"}),
        "recall": frozenset({"answer"}),
    },
    common=frozenset({"explanation", "source", "tags", "image", "image_alt"}),
    fit=fit_markdown,
    adapt=(absolute_tolerance, balanced_credit, readable_source, _apart),
    pictures=True,
)


def write_markdown(bank: Bank, packing: Packing) -> Exported:
    """The bank as Markdown in UTF-8; pictures are named, not packed."""
    ready, losses = prepare_all(bank, MARKDOWN, packing.pictures)
    losses += [Loss("", "topic", f"the bank's topic {bank.topic!r}")] if bank.topic != bank.title else []
    head = f"# {' '.join(_TAG.sub('&lt;', bank.title).split())}\n\n"
    return Exported((head + "\n".join(_block(one) for one in ready)).encode(), tuple(losses))


def _block(one: Prepared) -> str:
    data = data_of(one.item)
    given = {"id": data["id"], "data-type": data["type"], "data-tags": "; ".join(data.get("tags", []))}
    given |= {"data-tolerance": str(data.get("abs_tol", "")), "data-image": data.get("image", "")}
    given |= {
        "data-alt": data.get("image_alt", ""),
        "data-shuffle": "" if data.get("shuffle", True) else "false",
    }
    marks = "".join(f' {key}="{html.escape(value)}"' for key, value in given.items() if value)
    picture = f"![{html.escape(data.get('image_alt', ''))}]({data['image']})\n\n" if "image" in data else ""
    remark = with_source(data.get("explanation", ""), data.get("source", ""))
    body = _body(data) + (RULE + remark if remark else "")
    return f"<details{marks}>\n<summary>\n\n{data['stem']}\n\n</summary>\n\n{picture}{body}\n\n</details>\n"


def _body(data: Data) -> str:
    kind = data["type"]
    if kind in {"choice", "multiple"}:
        return "\n".join(f"- [{'x' if one.get('correct') else ' '}] {one['text']}" for one in data["options"])
    if kind == "short":
        return "\n".join(f"- {text}" for text in data["accept"])
    if kind == "ordering":
        return "\n".join(f"{place}. {step}" for place, step in enumerate(data["sequence"], 1))
    return str(data["answer"]) if kind == "recall" else json.dumps(data["answer"])
