"""Rules for keys: one can be given, and nothing but knowledge gives it away."""

from __future__ import annotations

import re

from grader.errors import CourseError
from grader.quiz.draw import Drawn
from grader.quiz.kinds import (
    Choice,
    Cloze,
    Matching,
    Multiple,
    Numeric,
    NumericKey,
    Ordering,
    Shape,
    Short,
    ShortKey,
)
from grader.quiz.linting.finding import Findings, Place, Steps
from grader.quiz.mark import mark
from grader.quiz.marking.numeric import mark_number
from grader.quiz.marking.pick import key_of
from grader.quiz.marking.wording import mark_wording, plain
from grader.quiz.parts import Mistake
from grader.quiz.show import text_of

LONGER = 1.6
"""A right option this many times as long as the longest wrong one gives itself away."""
_LONGER_BY = 20  # characters
_POSITIONAL = re.compile(
    r"\b(?:all|none|both|neither) of (?:the )?(?:above|below|these|others)\b|\babove\b", re.I
)


def check_options(place: Place, draws: list[Drawn]) -> Findings:
    """Options: each with feedback, none like another, and a key that can be picked."""
    item = place.item
    if not isinstance(item, Choice | Multiple):
        return
    for index, option in enumerate(item.options):
        steps: Steps = ("options", index)
        if not option.feedback.strip():
            yield place.error(
                "no-feedback",
                steps,
                "the option has no feedback",
                "say in `feedback:` why it is right or wrong",
            )
        if item.shuffle and _POSITIONAL.search(option.text):
            yield place.error(
                "position",
                (*steps, "text"),
                "the option speaks of its place, but options are shuffled",
                "reword it or set `shuffle: false`",
            )
    yield from _check_key(place, item, draws)
    yield from _check_length(place, item, draws)


def _check_key(place: Place, item: Choice | Multiple, draws: list[Drawn]) -> Findings:
    for drawn in draws:
        try:
            keys = len(key_of(item, drawn))
        except CourseError:
            return  # check_values says so
        if keys == 0 or (keys > 1 and isinstance(item, Choice)):
            message = f"{keys} options are correct{_for(drawn)}: nobody can pick the key"
            yield place.error(
                "no-key", ("options",), message, "mend `correct:` or exclude the case in `where`"
            )
            return


def _check_length(place: Place, item: Choice | Multiple, draws: list[Drawn]) -> Findings:
    if not draws:
        return
    try:
        key = key_of(item, draws[0])
        sizes = [len(text_of(item, draws[0], option.text)) for option in item.options]
    except CourseError:
        return
    wrong = max((size for index, size in enumerate(sizes) if index not in key), default=0)
    right = min((sizes[index] for index in key), default=0)
    if wrong and right > LONGER * wrong and right - wrong >= _LONGER_BY:
        message = (
            f"the right option has {right} characters, the longest wrong one {wrong}: length gives it away"
        )
        yield place.warning(
            "longest-answer", ("options", min(key), "text"), message, "shorten it or lengthen the others"
        )


def check_equal(place: Place, draws: list[Drawn]) -> Findings:
    """Two options, steps or sides that read the same, for some drawing."""
    for name, texts in _lists(place):
        for drawn in draws:
            try:
                plain_texts = [
                    " ".join(text_of(place.item, drawn, text).split()).casefold() for text in texts
                ]
            except CourseError:
                break  # check_values says so
            twice = next((i for i, text in enumerate(plain_texts) if text in plain_texts[:i]), None)
            if twice is not None:
                other = plain_texts.index(plain_texts[twice]) + 1
                steps = _steps_of(name, twice)
                message = f"reads the same as number {other}{_for(drawn)}"
                yield place.error(
                    "equal-options", steps, message, "make them differ, or exclude the case in `where`"
                )
                break


def check_accepted(place: Place, draws: list[Drawn]) -> Findings:
    """Every accepted wording is marked right, no foreseen mistake is."""
    for steps, key in _typed(place):
        if isinstance(key, ShortKey):
            yield from _check_forms(place, steps, key, draws)
        else:
            yield from _check_mistakes(place, steps, key, draws)


def check_shape(place: Place, draws: list[Drawn]) -> Findings:
    """A shape's key is a shape, is marked right, and its foreseen mistakes are not."""
    item = place.item
    if not isinstance(item, Shape):
        return
    for drawn in draws:
        try:
            key = mark(item, drawn, "()").key
            if not mark(item, drawn, key).correct:
                yield place.error(
                    "no-key", ("answer",), f"the key {key} is not marked right{_for(drawn)}", "mend it"
                )
                return
            for index, mistake in enumerate(item.mistakes):
                if mark(item, drawn, text_of(item, drawn, mistake.answer)).correct:
                    message = f"is the right answer{_for(drawn)}"
                    yield place.error("mistake-is-right", ("mistakes", index, "answer"), message, "mend it")
                    return
        except CourseError as wrong:
            yield place.error(
                "no-key", ("answer",), wrong.problems[0].message, wrong.problems[0].remedy or "mend it"
            )
            return
    for name in item.symbols:
        if not re.search(rf"\b{name}\b", item.answer):
            yield place.error(
                "unused-symbol", ("symbols", name), f"the shape has no symbol {name}", "remove it"
            )


def check_giveaway(place: Place, draws: list[Drawn]) -> Findings:
    """Hints and stems that hold the answer, whatever is drawn."""
    item = place.item
    if not draws:
        return
    for index, hint in enumerate(item.hints):
        told = _told(place, hint, draws)
        if told:
            remedy = "lead to the answer without saying it"
            yield place.error("hint-tells", ("hints", index), f"holds the answer {told!r}", remedy)
    if isinstance(item, Short | Cloze):
        key, text = ("text", item.text) if isinstance(item, Cloze) else ("stem", item.stem)
        told = _told(place, text, draws)
        if told and not _is_number(told):
            yield place.warning("stem-tells", (key,), f"holds the answer {told!r}", "reword it")


def _told(place: Place, text: str, draws: list[Drawn]) -> str | None:
    """An answer that `text` holds for every drawing tried; once in a while a drawing is met by chance."""
    told = None
    for drawn in draws[:20]:
        try:
            shown = text_of(place.item, drawn, text)
            told = next((answer for answer in _answers(place, drawn) if _holds(shown, answer)), None)
        except CourseError:
            return None
        if told is None:
            return None
    return told


def _check_forms(place: Place, steps: Steps, key: ShortKey, draws: list[Drawn]) -> Findings:
    for drawn in draws[:20]:
        try:
            for index, form in enumerate(key.accept):
                typed = text_of(place.item, drawn, form)
                if not mark_wording(place.item, key, drawn, typed).correct:
                    message = (
                        f"{typed!r} is accepted and is a mistake too{_for(drawn)}"
                        if plain(typed)
                        else "is empty"
                    )
                    yield place.error(
                        "no-key", (*steps, "accept", index), message, "keep it in one of the lists"
                    )
                    return
            for index, form in enumerate(key.reject):
                if mark_wording(place.item, key, drawn, text_of(place.item, drawn, form)).correct:
                    message = f"{form!r} is rejected and accepted too"
                    yield place.error(
                        "no-key", (*steps, "reject", index), message, "keep it in one of the lists"
                    )
                    return
        except CourseError:
            return


def _check_mistakes(place: Place, steps: Steps, key: NumericKey, draws: list[Drawn]) -> Findings:
    for index, mistake in enumerate(key.mistakes):
        for drawn in draws:
            if _is_right(place, key, mistake, drawn):
                message = f"is the right answer{_for(drawn)}"
                remedy = "mend it, or exclude the case in `where`"
                where: Steps = (*steps, "mistakes", index, "answer")
                # One drawing among many where both coincide does no harm: the answer is simply right.
                if len(draws) == 1 or all(_is_right(place, key, mistake, other) for other in draws):
                    yield place.error("mistake-is-right", where, message, remedy)
                else:
                    yield place.warning("mistake-is-right", where, message, remedy)
                break
    if key.rel_tol >= 0.5:
        yield place.error(
            "wide-tolerance", (*steps, "rel_tol"), "half or twice the answer is accepted", "give at most 0.2"
        )


def _is_right(place: Place, key: NumericKey, mistake: Mistake, drawn: Drawn) -> bool:
    bare = key.model_copy(update={"unit": None, "answer": mistake.answer})
    try:
        typed = mark_number(place.item, bare, drawn, "").key
        return mark_number(place.item, key.model_copy(update={"unit": None}), drawn, typed).correct
    except CourseError:
        return False


def _typed(place: Place) -> list[tuple[Steps, ShortKey | NumericKey]]:
    item = place.item
    if isinstance(item, Short | Numeric):
        return [((), item)]
    return (
        [(("blanks", name), blank) for name, blank in item.blanks.items()] if isinstance(item, Cloze) else []
    )


def _lists(place: Place) -> list[tuple[str, tuple[str, ...]]]:
    item = place.item
    if isinstance(item, Choice | Multiple):
        return [("options", tuple(option.text for option in item.options))]
    if isinstance(item, Ordering):
        return [("sequence", item.sequence)]
    if isinstance(item, Matching):
        lefts = tuple(pair.left for pair in item.pairs)
        taken = tuple(dict.fromkeys(pair.right for pair in item.pairs))
        return [("pairs", lefts), (f"distractors+{len(taken)}", (*taken, *item.distractors))]
    return []


def _steps_of(name: str, index: int) -> Steps:
    if name == "options":
        return (name, index, "text")
    if name == "pairs":
        return (name, index, "left")
    base, _, skipped = name.partition("+")
    return (base, index - int(skipped or 0)) if index >= int(skipped or 0) else ("pairs",)


def _answers(place: Place, drawn: Drawn) -> list[str]:
    """Texts that are the whole answer."""
    item = place.item
    if isinstance(item, Choice):
        return [text_of(item, drawn, item.options[index].text) for index in key_of(item, drawn)]
    if isinstance(item, Short):
        return [text_of(item, drawn, form) for form in item.accept]
    if isinstance(item, Numeric):
        return [mark_number(item, item.model_copy(update={"unit": None}), drawn, "").key]
    if isinstance(item, Shape | Cloze):
        empty = mark(item, drawn, None)
        return [part.expected for part in empty.parts] or [empty.key]
    return []


def _holds(text: str, answer: str) -> bool:
    wanted = re.escape(" ".join(answer.split()))
    number = r"(?<![\w.])", r"(?![\w]|\.\d)"
    return len(answer.strip()) > 1 and bool(
        re.search(f"{number[0]}{wanted}{number[1]}", " ".join(text.split()), re.I)
    )


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[-+.,\de ]+", text))


def _for(drawn: Drawn) -> str:
    listed = ", ".join(f"{name} = {value}" for name, value in drawn.values.items())
    return f" for {listed}" if listed else ""
