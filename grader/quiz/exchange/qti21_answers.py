"""What each interaction of QTI 2.1 asks, as the keys of an item type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from grader.quiz.exchange.clozecode import split_text
from grader.quiz.exchange.gift_read import number_of
from grader.quiz.exchange.paths import Data
from grader.quiz.exchange.qti21_parts import Declared
from grader.quiz.exchange.qti21_question import TYPED, Question, gap_mark
from grader.quiz.exchange.qtifiles import blank_name, inner_text, marked

Reader = Callable[[Question, Data], Data]
"""Takes the question and what is known of the item so far; gives its type and the keys of the type."""


def reader_of(question: Question) -> Reader | None:
    """How to read what is asked, or None."""
    asks = question.asks
    if asks and all(ask.tag in TYPED for ask in asks):
        head, mark, tail = question.stem.rpartition(gap_mark(0))
        is_last = len(asks) == 1 and mark and not tail.strip() and (not head or head.endswith("\n\n"))
        if not is_last or asks[0].tag == "inlineChoiceInteraction":
            return _cloze
        question.stem = head.strip() or "?"
        base = question.one.base
        return _numeric if base in {"float", "integer"} else _short
    return _READERS.get(str(asks[0].tag)) if len(asks) == 1 else None


def _choice(question: Question, data: Data) -> Data:
    ask, response = question.asks[0], question.one
    right = question.paid(response)
    rows = [(one.get("identifier", ""), one) for one in ask.iter("simpleChoice")]
    options: list[Data] = []
    for ident, one in rows:
        inside = [part for part in one.iter("feedbackInline") if part.get("identifier", "") == ident]
        feedback = "\n\n".join(marked(part, question.say) for part in inside)
        for part in one.iter("feedbackInline"):
            part.clear()
        text = marked(one, question.say)
        options.append({"text": text, "correct": ident in right, "feedback": feedback or question.feedback_on(response, ident)})  # fmt: skip
    for ident in response.partly if response.cardinality == "single" else ():
        question.say("options", f"{ident} is paid in part there and not here")
    if response.cardinality == "multiple":
        return {"type": "multiple", "options": options, **_shuffle(ask)}
    texts = [one["text"].strip().lower() for one in options]
    if sorted(texts) == ["false", "true"]:
        return _true_false(question, options)
    kind = "multiple" if len(right) > 1 else "choice"
    return {"type": kind, "options": options, **_shuffle(ask)}


def _shuffle(ask: Element) -> Data:
    return {} if ask.get("shuffle", "false") == "true" else {"shuffle": False}


def _true_false(question: Question, options: list[Data]) -> Data:
    key = next((one for one in options if one["correct"]), None)
    if key is not None and key["feedback"]:
        question.say("feedback", "the feedback on the right answer")
    wrong = next((one["feedback"] for one in options if not one["correct"]), "")
    return {
        "type": "true_false",
        "answer": key["text"].strip().lower() == "true" if key else None,
        "feedback": wrong,
    }


def _numeric(question: Question, data: Data) -> Data:
    response = question.one
    return {"type": "numeric", **_number(question, response), "mistakes": _mistakes(question, response, True)}


def _number(question: Question, response: Declared) -> Data:
    tests = [rule.when for rule in question.rules if rule.when and rule.when.response == response.ident]
    right = question.paid(response)
    for text in right[1:]:
        question.say("answer", f"a further answer, {text}")
    near = next((one for one in tests if one.value in {None, *right[:1]}), None)
    number = number_of(right[0])[0] if right else None
    if near is not None and near.share:
        return {"answer": number, "rel_tol": min(near.share, 0.999)}
    return {"answer": number, "abs_tol": near.near if near is not None else 0.0}


def _short(question: Question, data: Data) -> Data:
    response = question.one
    return {
        "type": "short",
        **_words(question, response, "accept"),
        "mistakes": _mistakes(question, response, False),
    }


def _words(question: Question, response: Declared, key: str) -> Data:
    for text in response.partly:
        question.say(key, f"{text!r} is paid in part there and not here")
    accept = question.paid(response)
    return {"accept": accept, **({"case_sensitive": True} if response.case and accept else {})}


def _mistakes(question: Question, response: Declared, is_number: bool) -> list[Data]:
    right = question.paid(response)
    wrong: dict[str, list[Any]] = {}
    for rule in question.rules:
        value = rule.when.value if rule.when and rule.when.response == response.ident else None
        said = question.feedback_on(response, value) if value is not None else ""
        if value in right and said:
            question.say("feedback", f"the feedback on the right answer {value!r}")
        elif said and value is not None:
            wrong.setdefault(said, []).append(number_of(value)[0] if is_number else value)
    if is_number:
        return [{"answer": one, "feedback": said} for said, found in wrong.items() for one in found]
    return [{"answer": found, "feedback": said} for said, found in wrong.items()]


def _cloze(question: Question, data: Data) -> Data:
    blanks: Data = {}
    stem = data["stem"]
    for place, ask in enumerate(question.asks):
        response = question.response(ask)
        name = blank_name(response.ident.removeprefix("RESPONSE_"), place + 1, blanks)
        stem = stem.replace(gap_mark(place), f"[[{name}]]")
        if ask.tag == "inlineChoiceInteraction":
            blanks[name] = _picked_word(question, ask, name)
        elif response.base in {"float", "integer"}:
            blanks[name] = {"type": "numeric", **_number(question, response)}
        else:
            blanks[name] = {"type": "short", **_words(question, response, "blanks")}
    return _cloze_of(stem, blanks)


def _cloze_of(stem: str, blanks: Data) -> Data:
    whole_stem, text = split_text(stem)
    kept = {
        name: {key: one for key, one in blank.items() if one not in (None, 0.0)}
        for name, blank in blanks.items()
    }
    return {"type": "cloze", "stem": whole_stem, "text": text, "blanks": kept}


def _picked_word(question: Question, ask: Element, name: str) -> Data:
    texts = {one.get("identifier", ""): inner_text(one) for one in ask.iter("inlineChoice")}
    right = [texts[value] for value in question.paid(question.response(ask)) if value in texts]
    question.say("blanks", f"the words to pick from in the blank {name}: the right one is typed here")
    return {"type": "short", "accept": right}


def _gap_match(question: Question, data: Data) -> Data:
    ask, stem = question.asks[0], data["stem"]
    blanks: Data = {}
    texts = {one.get("identifier", ""): inner_text(one) for one in ask.iter("gapText")}
    pairs = [value.split() for value in question.paid(question.one)]
    for place, gap in enumerate(ask.findall("found")):
        right = [texts[one[0]] for one in pairs if one[1:] == [gap.get("identifier")] and one[0] in texts]
        name = blank_name(gap.get("identifier", ""), place + 1, blanks)
        stem = stem.replace(gap_mark(place), f"[[{name}]]")
        question.say("blanks", f"the words to pick from in the blank {name}: the right one is typed here")
        blanks[name] = {"type": "short", "accept": right}
    return _cloze_of(stem, blanks)


def _ordering(question: Question, data: Data) -> Data:
    texts = {
        one.get("identifier", ""): marked(one, question.say) for one in question.asks[0].iter("simpleChoice")
    }
    return {"type": "ordering", "sequence": [texts[one] for one in question.one.correct if one in texts]}


def _matching(question: Question, data: Data) -> Data:
    choices = [[*one.iter("simpleAssociableChoice")] for one in question.asks[0].iter("simpleMatchSet")]
    return _pairs(question, *choices[:2]) if len(choices) == 2 else {"type": "matching"}


def _associate(question: Question, data: Data) -> Data:
    every = [*question.asks[0].iter("simpleAssociableChoice")]
    first = {value.split()[0] for value in question.paid(question.one) if value.split()}
    lefts = [one for one in every if one.get("identifier", "") in first]
    return _pairs(question, lefts, [one for one in every if one not in lefts])


def _pairs(question: Question, lefts: list[Element], rights: list[Element]) -> Data:
    """Pairs with the lefts' partners; the other way round where a left has several and each right one."""
    keys = [tuple(value.split()) for value in question.paid(question.one) if len(value.split()) == 2]
    if len({left for left, _ in keys}) < len(keys) == len({right for _, right in keys}):
        lefts, rights, keys = rights, lefts, [(right, left) for left, right in keys]
    texts = {one.get("identifier", ""): marked(one, question.say) for one in [*lefts, *rights]}
    pairs = []
    for one in lefts:
        name = one.get("identifier", "")
        partners = [texts[right] for left, right in keys if left == name and right in texts]
        if len(partners) == 1:
            pairs.append({"left": texts[name], "right": partners[0]})
        else:
            question.say("pairs", f"{texts[name]!r} has {len(partners)} partners: left out")
    used = {one["right"] for one in pairs}
    others = dict.fromkeys(texts[one.get("identifier", "")] for one in rights)
    return {"type": "matching", "pairs": pairs, "distractors": [text for text in others if text not in used]}


def _recall(question: Question, data: Data) -> Data:
    answer = question.rubric or "\n\n".join(question.one.correct)
    if answer:
        return {"type": "recall", "answer": answer}
    return {"type": "recall", "answer": data["explanation"], "explanation": ""}


_READERS: dict[str, Reader] = {
    "choiceInteraction": _choice,
    "orderInteraction": _ordering,
    "matchInteraction": _matching,
    "associateInteraction": _associate,
    "gapMatchInteraction": _gap_match,
    "extendedTextInteraction": _recall,
}
