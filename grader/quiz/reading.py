"""What a learner typed in line mode, read as a response. Pure; what cannot be read is said, and costs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.quiz.kinds import Choice, Matching, Multiple, Numeric, Ordering, Shape, TrueFalse
from grader.quiz.model import AnyItem
from grader.quiz.show import Part, Shown

_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})
_PAIR = re.compile(r"(\d+)\s*[-=:.)]?\s*([a-z])\b", re.I)


class Unreadable(ValueError):
    """Something typed that is no response to this item; the message says what one looks like."""


def letter(place: int) -> str:
    """The letter of a part: a for the first shown."""
    return chr(ord("a") + place)


def read(item: AnyItem, shown: Shown, typed: str) -> object:
    """The response that `typed` means (for a cloze, that of one blank). Raises: Unreadable."""
    if not typed.strip():
        raise Unreadable("Nothing was typed.")
    if (wrong := refusal(item, typed)) is not None:
        raise Unreadable(wrong)
    reader = _READERS.get(type(item))
    return typed.strip("\n") if reader is None else reader(shown, typed.strip().lower())


def refusal(item: AnyItem, typed: object) -> str | None:
    """Why what was typed is no number or no shape where one is asked for, so that a slip costs nothing; None where it is."""
    if not isinstance(typed, str) or not typed.strip():
        return None
    if isinstance(item, Numeric):
        from grader.quiz.marking.quantity import read_quantity

        if read_quantity(typed.strip()) is None:
            return f"{typed.strip()[:60]!r} is not read as a number."
    elif isinstance(item, Shape):
        from grader.quiz.marking.shape import split_shape

        if split_shape(typed.strip()) is None:
            return f"{typed.strip()[:60]!r} is not read as a shape: write it like (N, 64, 16, 16)."
    return None


def how_to(item: AnyItem, shown: Shown) -> str:
    """What to type, in one line; empty where anything may be typed."""
    last = letter(max(0, len(shown.parts) - 1))
    match item:
        case Choice():
            return f"Type one letter, a to {last}."
        case Multiple():
            return "Type the letters of all that are right, such as a c."
        case TrueFalse():
            return "Type true or false."
        case Ordering():
            return "Type all letters in the right order, such as b a c."
        case Matching():
            return (
                f"Type a letter for each number, such as 1b 2a, or in their order, such as b a. (a to {last})"
            )
    return ""


def _choice(shown: Shown, typed: str) -> int:
    letters = _letters(shown, typed)
    if len(letters) != 1:
        raise Unreadable("Pick one letter.")
    return letters[0]


def _multiple(shown: Shown, typed: str) -> list[int]:
    return sorted(set(_letters(shown, typed)))


def _true_false(shown: Shown, typed: str) -> bool:
    if typed in _TRUE or typed in _FALSE:
        return typed in _TRUE
    raise Unreadable("Type true or false.")


def _ordering(shown: Shown, typed: str) -> list[int]:
    letters = _letters(shown, typed)
    if sorted(letters) != sorted(part.index for part in shown.parts):
        raise Unreadable(f"All {len(shown.parts)} letters are wanted, each once.")
    return letters


def _matching(shown: Shown, typed: str) -> list[int | None]:
    pairs = _PAIR.findall(typed)
    if pairs:
        rest = _PAIR.sub("", typed).strip(" ,;")
        if rest:
            raise Unreadable(f"{rest!r} is not read: pairs look like 1b.")
        return _paired(shown, pairs)
    letters = _letters(shown, typed)
    if len(letters) != len(shown.lefts):
        raise Unreadable(f"{len(shown.lefts)} letters are wanted, one for each number.")
    return list(letters)


def _paired(shown: Shown, pairs: list[tuple[str, str]]) -> list[int | None]:
    found: list[int | None] = [None] * len(shown.lefts)
    for number, sign in pairs:
        place = int(number) - 1
        if not 0 <= place < len(found):
            raise Unreadable(f"There is no number {number}.")
        if found[place] is not None:
            raise Unreadable(f"The number {number} has two letters.")
        found[place] = _index(shown.parts, sign)
    return found


def _letters(shown: Shown, typed: str) -> list[int]:
    """The authored indices that letters name, in the order typed: `a c`, `a, c` and `ac` are the same."""
    signs = [sign for sign in typed if sign not in " ,;.)(" and not sign.isspace()]
    return [_index(shown.parts, sign) for sign in signs]


def _index(parts: tuple[Part, ...], sign: str) -> int:
    place = ord(sign) - ord("a")
    if not 0 <= place < len(parts):
        raise Unreadable(f"{sign!r} is not one of the letters a to {letter(len(parts) - 1)}.")
    return parts[place].index


_READERS: dict[type, Callable[[Shown, str], object]] = {
    Choice: _choice,
    Multiple: _multiple,
    TrueFalse: _true_false,
    Ordering: _ordering,
    Matching: _matching,
}
