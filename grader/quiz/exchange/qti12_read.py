"""QTI 1.2 read: our own packages whole; those of Canvas, text2qti, Blackboard and others as far as there is a counterpart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from grader.quiz.exchange.build import Gather
from grader.quiz.exchange.carried import EDITED, add_whole, whole_item
from grader.quiz.exchange.clozecode import split_text
from grader.quiz.exchange.gift_read import number_of
from grader.quiz.exchange.model import Imported
from grader.quiz.exchange.qti12 import QTI12, item_element
from grader.quiz.exchange.qti12_question import Question, question_of
from grader.quiz.exchange.qtifiles import (
    Page,
    Say,
    blank_name,
    finite,
    inner_text,
    pages,
    points_of,
    typed,
    with_its_picture,
)
from grader.quiz.exchange.remarks import split_source

Data = dict[str, Any]

_ROOTS = frozenset({"questestinterop"})
_KINDS = {
    "multiple_choice_question": "choice",
    "true_false_question": "true_false",
    "multiple_answers_question": "multiple",
    "numerical_question": "numeric",
    "short_answer_question": "short",
    "fill_in_multiple_blanks_question": "cloze",
    "multiple_dropdowns_question": "dropdowns",
    "matching_question": "matching",
    "ordering_question": "ordering",
    "essay_question": "recall",
    "cc.multiple_choice.v0p1": "choice",
    "cc.multiple_response.v0p1": "multiple",
    "cc.true_false.v0p1": "true_false",
    "cc.fib.v0p1": "short",
    "cc.pattern_match.v0p1": "short",
    "cc.essay.v0p1": "recall",
}
_NONE = frozenset({"text_only_question", "file_upload_question", "calculated_question"})


def read_qti12(data: bytes, name: str) -> Imported:
    """The questions of a QTI 1.2 package or file. Raises: InputError for what is none."""
    gather, title = Gather(), ""
    found = pages(data, name, _ROOTS, lambda what: gather.lost("", "", what))
    for page in found:
        assessment = page.root.find("assessment")
        title = title or (assessment.get("title", "") if assessment is not None else "")
        for item in page.root.iter("item"):
            _add(gather, item, page)
    return gather.result(title.strip() or name.rsplit(".", 1)[0] or "Imported")


def _add(gather: Gather, item: Element, page: Page) -> None:
    label = item.get("title") or item.get("ident") or "a question"
    whole, is_edited = whole_item(item, QTI12, item_element, page.beside)
    if whole is not None:
        add_whole(gather, whole, page.beside)
        return
    say: Say = lambda key, what: gather.lost(label, key, what)  # noqa: E731
    if is_edited:
        say("", EDITED)
    meta = _metadata(item)
    told = meta.get("question_type") or meta.get("cc_profile") or ""
    if told in _NONE or item.find("presentation") is None:
        say("type", f"left out: the question type {told or '(none)'} has no counterpart")
        return
    question = question_of(item, _KINDS.get(told, ""), say)
    read = _READERS.get(question.kind)
    if read is None:
        say("type", "left out: what is asked of the learner has no counterpart")
        return
    explanation, source = split_source(_explanation(question))
    stem, picture = with_its_picture(gather, question.stem, page, say)
    points = meta.get("points_possible") or meta.get("cc_weighting") or meta.get("qmd_absolutescore_max", "")
    data: Data = {"stem": stem, **picture, "explanation": explanation, "source": source}
    data["points"] = points_of(points)
    data.update(read(question, data))
    for name, text in question.said.items():
        if name not in question.used:
            say("feedback", f"the remark {name}: {text[:60]!r}")
    if data["type"] == "recall" and not str(data.get("answer", "")).strip():
        say("answer", "left out: a free answer without a model answer")
        return
    gather.add(label, data)


def _picked(question: Question, data: Data) -> Data:
    response = question.responses[0] if question.responses else None
    if response is None:
        return {"type": question.kind}
    right = question.right(response.ident)
    options = [
        {"text": text, "correct": ident in right, "feedback": question.feedback_on(response.ident, ident)}
        for ident, text in response.labels
    ]
    return {"type": question.kind, "options": options}


def _true_false(question: Question, data: Data) -> Data:
    found = _picked(question, data).get("options", [])
    key = next((one for one in found if one["correct"]), None)
    if key is not None and key["feedback"]:
        question.say("feedback", "the feedback on the right answer")
    wrong = next((one["feedback"] for one in found if not one["correct"]), "")
    answer = key["text"].strip().lower() == "true" if key else None
    return {"type": "true_false", "answer": answer, "feedback": wrong}


def _numeric(question: Question, data: Data) -> Data:
    ident = question.responses[0].ident if question.responses else ""
    paid = [rule for rule in question.rules if rule.pays > 0]
    if len(paid) > 1:
        question.say("answer", f"{len(paid) - 1} further answers: one is kept")
    tests = [test for rule in paid[:1] for test in rule.tests if test.response in {ident, ""}]
    exact = next((test.value for test in tests if test.relation == "varequal"), None)
    low = next((finite(test.value) for test in tests if test.relation in {"vargte", "vargt"}), None)
    high = next((finite(test.value) for test in tests if test.relation in {"varlte", "varlt"}), None)
    number = number_of(exact)[0] if exact is not None else None
    if number is None and low is not None and high is not None:
        middle = (low + high) / 2
        return {
            "type": "numeric",
            "answer": int(middle) if middle.is_integer() else middle,
            "abs_tol": abs(high - low) / 2,
        }
    near = 0.0
    if number is not None and low is not None and high is not None:
        near = max(high - number, number - low, 0.0)
    return {"type": "numeric", "answer": number, "abs_tol": near}


def _short(question: Question, data: Data) -> Data:
    ident = question.responses[0].ident if question.responses else ""
    accept = question.right(ident)
    for text in accept:
        if question.feedback_on(ident, text):
            question.say("feedback", f"the feedback on the right answer {text!r}")
    wrong: dict[str, list[str]] = {}
    for rule in question.rules:
        for test in rule.tests:
            if test.relation == "varequal" and test.value not in accept and rule.pays <= 0:
                said = question.feedback_on(ident, test.value)
                if said:
                    wrong.setdefault(said, []).append(test.value)
    is_exact = any(test.case for rule in question.rules if rule.pays > 0 for test in rule.tests)
    mistakes = [{"answer": texts, "feedback": feedback} for feedback, texts in wrong.items()]
    return {
        "type": "short",
        "accept": accept,
        "mistakes": mistakes,
        **({"case_sensitive": True} if is_exact else {}),
    }


def _cloze(question: Question, data: Data) -> Data:
    """Blanks `[name]` in the text, as Canvas has them; or places to type in the middle of it, marked while reading."""
    stem = data["stem"]
    blanks: Data = {}
    for place, response in enumerate(question.responses, 1):
        told = response.label or response.ident.removeprefix("response_")
        name = blank_name(told, place, blanks)
        for sign in (
            rf"\[{told}\]".replace("_", r"\_"),
            rf"\[{told}\]",
            f"[{told}]",
            f"@@{response.ident}@@",
        ):
            stem = stem.replace(sign, f"[[{name}]]", 1) if f"[[{name}]]" not in stem else stem
        right = question.right(response.ident)
        texts = dict(response.labels)
        accept = [typed(texts.get(value, value)) for value in right]
        if (
            question.kind == "cloze" and texts
        ):  # Canvas pays the first wording in the file, and takes them all
            accept = list(dict.fromkeys([*accept, *map(typed, texts.values())]))
        elif len(right) < len(texts):
            question.say("blanks", f"the words to pick from in the blank {name}: the right one is typed here")
        blanks[name] = {"type": "short", "accept": accept}
    whole_stem, text = split_text(stem)
    return {"type": "cloze", "stem": whole_stem, "text": text, "blanks": blanks}


def _matching(question: Question, data: Data) -> Data:
    pairs, used = [], set()
    for response in question.responses:
        texts = dict(response.labels)
        right = [texts[value] for value in question.right(response.ident) if value in texts]
        if len(right) == 1 and response.label:
            pairs.append({"left": response.label, "right": right[0]})
            used.add(right[0])
        else:
            question.say("pairs", f"{response.label or response.ident!r} has {len(right)} partners: left out")
    every = [text for response in question.responses for _, text in response.labels]
    others = [text for text in dict.fromkeys(every) if text not in used]
    return {"type": "matching", "pairs": pairs, "distractors": others}


def _ordering(question: Question, data: Data) -> Data:
    response = question.responses[0]
    texts = dict(response.labels)
    return {
        "type": "ordering",
        "sequence": [texts[one] for one in question.right(response.ident) if one in texts],
    }


def _recall(question: Question, data: Data) -> Data:
    model = next((name for name in ("model_answer", "solution") if name in question.said), "")
    if model:
        question.used.add(model)
        return {"type": "recall", "answer": question.said[model]}
    return {"type": "recall", "answer": data["explanation"], "explanation": ""}


_READERS: dict[str, Callable[[Question, Data], Data]] = {
    "choice": _picked,
    "multiple": _picked,
    "true_false": _true_false,
    "numeric": _numeric,
    "short": _short,
    "cloze": _cloze,
    "dropdowns": _cloze,
    "matching": _matching,
    "ordering": _ordering,
    "recall": _recall,
}


def _explanation(question: Question) -> str:
    """The remark that everyone reads."""
    if "general_fb" in question.said:
        question.used.add("general_fb")
        return question.said["general_fb"]
    return ""


def _metadata(item: Element) -> dict[str, str]:
    """Metadata fields by label, and Blackboard's elements by tag."""
    found = {}
    for one in item.iter("qtimetadatafield"):
        found[inner_text(one.find("fieldlabel"))] = inner_text(one.find("fieldentry"))
    for one in item.iter():
        if isinstance(one.tag, str) and one.tag.startswith(("qmd_", "bbmd_")):
            found.setdefault(one.tag, inner_text(one))
    return found
