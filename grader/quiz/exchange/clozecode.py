"""The gaps of Moodle's cloze questions: `{1:SHORTANSWER:%100%size~%0%depth#Why not}`, `{1:NUMERICAL:%100%2:0.1}`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from grader.quiz.exchange.gift_read import number_of
from grader.quiz.exchange.paths import Data
from grader.quiz.exchange.shape import Lost
from grader.quiz.exchange.wildcard import WILD, starred, unstarred
from grader.quiz.kinds import BLANK

CODE = re.compile(
    r"\{\d*:(SHORTANSWER_C|SHORTANSWER|SAC|SA|MWC|MW|NUMERICAL|NM|MULTICHOICE\w*|MC\w*|MULTIRESPONSE\w*|MR\w*):"
    r"((?:\\\}|[^}]){0,5000})\}",
    re.S,
)
_SPLIT = re.compile(r"(?<!\\)~")
_FEEDBACK = re.compile(r"(?<!\\)#")
_WEIGHT = re.compile(r"^(?:=|%(-?\d+(?:\.\d+)?)%)")
_ESCAPED = re.compile(r"\\([}~#\"/])")
FILL_IN = "Fill in the blanks."


def normal_cloze(data: Data) -> Lost:
    """Blanks named by their place, and a text whose first paragraph has one, as they are read back."""
    if data["type"] != "cloze":
        return []
    lost: Lost = []
    for key in ("stem", "text"):
        if CODE.search(data[key]):
            data[key] = data[key].replace("{", "(")
            lost.append((key, "braces that would be a gap there"))
    if BLANK.search(data["stem"]):
        data["stem"] = data["stem"].replace("[[", "[ [")
        lost.append(("stem", "double brackets that would be a blank"))
    names = BLANK.findall(data["text"])
    fresh = {name: f"b{place}" for place, name in enumerate(names, 1)}
    if list(fresh.values()) != names or list(data["blanks"]) != names:
        data["text"] = BLANK.sub(lambda found: f"[[{fresh[found[1]]}]]", data["text"])
        data["blanks"] = {fresh[name]: data["blanks"][name] for name in names}
        lost += [(key, "blanks are named by their place") for key in ("text", "blanks")]
    return lost + _moved_paragraphs(data)


def _moved_paragraphs(data: Data) -> Lost:
    stem, text = data["stem"].strip(), data["text"].strip()
    joined = joined_text(stem, text)
    again = split_text(joined)
    if again == (stem, text):
        return []
    data["stem"], data["text"] = again
    return [(key, "paragraphs before the first blank belong to the question") for key in ("stem", "text")]


def joined_text(stem: str, text: str) -> str:
    """Question and gap text as one."""
    return text if stem == FILL_IN else f"{stem}\n\n{text}"


def split_text(joined: str) -> tuple[str, str]:
    """Question and gap text again: the paragraphs before the first one with a blank are the question."""
    paragraphs = joined.strip().split("\n\n")
    first = next((place for place, one in enumerate(paragraphs) if BLANK.search(one)), 0)
    stem = "\n\n".join(paragraphs[:first]).strip()
    return stem or FILL_IN, "\n\n".join(paragraphs[first:]).strip()


def with_codes(data: Data) -> str:
    """The whole text of a cloze item as Moodle writes it."""
    text = joined_text(data["stem"], data["text"])
    return BLANK.sub(
        lambda found: _code(data["blanks"][found[1]]) if found[1] in data["blanks"] else found[0], text
    )


def without_codes(text: str, lost: Callable[[str], None]) -> tuple[str, str, dict[str, Data]]:
    """Question, gap text and blanks of a text with codes."""
    blanks: dict[str, Data] = {}

    def name(found: re.Match[str]) -> str:
        key = f"b{len(blanks) + 1}"
        blanks[key] = _blank(found[1], found[2], lost)
        return f"[[{key}]]"

    stem, rest = split_text(CODE.sub(name, text))
    return stem, rest, blanks


def _code(blank: dict[str, Any]) -> str:
    if blank["type"] == "numeric":
        answers = [f"%100%{blank['answer']}:{blank.get('abs_tol', 0)}"]
        answers += [f"%0%{one['answer']}:0#{_escaped(one['feedback'])}" for one in blank.get("mistakes", [])]
        return f"{{1:NUMERICAL:{'~'.join(answers)}}}"
    answers = [f"%100%{_escaped(starred(text))}" for text in blank["accept"]]
    answers += [f"%0%{_escaped(starred(text))}" for text in blank.get("reject", [])]
    for one in blank.get("mistakes", []):
        answers += [f"%0%{_escaped(starred(text))}#{_escaped(one['feedback'])}" for text in one["answer"]]
    kind = "SHORTANSWER_C" if blank.get("case_sensitive") else "SHORTANSWER"
    return f"{{1:{kind}:{'~'.join(answers)}}}"


def _escaped(text: str) -> str:
    """Quotes and slashes need a backslash only after one, which would be taken for theirs."""
    return re.sub(r"([}~#]|(?<=\\)[\"/])", r"\\\1", text)


def _blank(kind: str, body: str, lost: Callable[[str], None]) -> Data:
    entries = [_entry(part) for part in _SPLIT.split(body)]
    if kind in {"NUMERICAL", "NM"}:
        return _numeric(entries, lost)
    if kind.startswith(("MULTI", "MC", "MR")):
        lost("the options of a gap to pick from: the right one is typed here")
    blank: Data = {"type": "short", "accept": [], "reject": []}
    if kind in {"SHORTANSWER_C", "SAC", "MWC"}:
        blank["case_sensitive"] = True
    mistakes: dict[str, list[str]] = {}
    for weight, raw, feedback in entries:
        text = unstarred(raw, lambda: lost(WILD))
        if weight == 100:
            blank["accept"].append(text)
        elif weight:
            lost(f"{text!r} is worth {weight:g} % there and nothing here")
        elif feedback:
            mistakes.setdefault(feedback, []).append(text)
        else:
            blank["reject"].append(text)
    blank["mistakes"] = [{"answer": texts, "feedback": feedback} for feedback, texts in mistakes.items()]
    return {key: value for key, value in blank.items() if value not in ([], "")}


def _numeric(entries: list[tuple[float, str, str]], lost: Callable[[str], None]) -> Data:
    blank: Data = {"type": "numeric", "mistakes": []}
    for weight, text, feedback in entries:
        number, near = number_of(text)
        if number is None:
            lost(f"{text!r} is no number")
        elif weight == 100 and "answer" not in blank:
            blank.update(answer=number, abs_tol=near)
        elif not weight and feedback:
            blank["mistakes"].append({"answer": number, "feedback": feedback})
        else:
            lost(f"a further answer, {text}")
    return {key: value for key, value in blank.items() if value != []}


def _entry(part: str) -> tuple[float, str, str]:
    """Weight in percent, text and feedback of one answer in a gap."""
    part = part.strip()
    found = _WEIGHT.match(part)
    weight = 0.0 if not found else float(found[1]) if found[1] else 100.0
    pieces = _FEEDBACK.split(part[found.end() :] if found else part, maxsplit=1)
    shown = [_ESCAPED.sub(r"\1", piece).strip() for piece in pieces]
    return weight, shown[0], shown[1] if len(shown) > 1 else ""
