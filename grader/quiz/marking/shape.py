"""Marking a tensor shape: numbers, symbols and small formulas such as `2*N`, however it is written."""

from __future__ import annotations

import ast
import hashlib
import math
import re
from collections.abc import Mapping
from fractions import Fraction

from grader.errors import CourseError
from grader.quiz.draw import Drawn
from grader.quiz.kinds import Shape
from grader.quiz.marking.verdict import Mark, PartMark, Response, Status, verdict
from grader.quiz.parts import PartCredit, Scalar
from grader.quiz.show import text_of

_WRAPPED = re.compile(r"^(?:torch\.)?(?:Size)?\s*[(\[{]\s*(?P<inside>.*?)\s*[)\]}]$", re.S)
_TIMES = re.compile(r"\s*[×x]\s*|\s+by\s+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|-?[0-9]+")
_POINTS = 4  # formulas are equal when they agree at this many random points
_MAX_TYPED = 300

Dimension = tuple[Fraction, ...]
"""A formula's values at the points: equal formulas have equal values, `H*W` and `W*H` for one."""


def mark_shape(item: Shape, drawn: Drawn, response: Response) -> Mark:
    """Response: the shape as typed: `(N, 64, 16, 16)`, `[N,64,16,16]`, `N x 64 x 16 x 16`."""
    key_text = text_of(item, drawn, item.answer)
    key_parts = _key_parts(item, drawn, key_text)
    shown = _shown(item, drawn, key_text)
    typed = response.strip() if isinstance(response, str) else ""
    if not typed:
        return verdict(0, answered=False, key=shown)
    given = split_shape(typed)
    if given is None:
        said = f"{typed[:60]!r} is not read as a shape: write it like (N, 64, 16, 16)."
        return verdict(0, answered=True, key=shown, given=typed, feedback=(said,))
    values = _learner_values(item, given)
    if len(given) != len(key_parts):
        said = f"The tensor has {len(key_parts)} dimensions, the answer {len(given)}."
        foreseen = _foreseen(item, drawn, values)
        return verdict(0, answered=True, key=shown, given=_joined(given), feedback=(*foreseen, said))
    right = [one is not None and one == other for one, other in zip(values, key_parts, strict=True)]
    score = float(all(right)) if item.credit is PartCredit.ALL_OR_NOTHING else sum(right) / max(1, len(right))
    if not right:
        score = 1.0  # a scalar's shape ()
    marks = _part_marks(given, split_shape(shown) or (), right)
    said_all = () if all(right) else _foreseen(item, drawn, values)
    return verdict(score, answered=True, key=shown, given=_joined(given), feedback=said_all, parts=marks)


def split_shape(text: str) -> tuple[str, ...] | None:
    """The dimensions of a shape as texts, or None when it is no shape. `()` has none."""
    if len(text) > _MAX_TYPED:
        return None
    plain = text.strip().strip("`$ .").strip()
    wrapped = _WRAPPED.match(plain)
    inside = wrapped["inside"] if wrapped and _is_outer(plain) else plain
    # torch.Size([2, 3]) has two pairs of brackets
    again = _WRAPPED.match(inside)
    inside = again["inside"] if again and wrapped and _is_outer(inside) else inside
    if not inside:
        return () if wrapped else None
    parts = _split_commas(inside)
    if len(parts) == 1 and "," not in inside:
        times = _TIMES.split(inside)
        words = inside.split()
        parts = times if len(times) > 1 else words if all(_WORD.fullmatch(word) for word in words) else parts
    return tuple(part.strip() for part in parts) if all(part.strip() for part in parts) else None


def dimension(text: str, values: Mapping[str, Scalar | bool]) -> Dimension | None:
    """What one dimension amounts to, names outside `values` being symbols; None when it is no formula.

    A dimension is whole, so that `H/2` is read as `H//2`.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        return tuple(Fraction(math.floor(_evaluate(tree, values, point))) for point in range(_POINTS))
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError, OverflowError):
        return None


def _evaluate(node: ast.expr, values: Mapping[str, Scalar | bool], point: int) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) is int and abs(node.value) < 10**15:
        return Fraction(node.value)
    if isinstance(node, ast.Name):
        value = values.get(node.id)
        return Fraction(value) if isinstance(value, int | float) else _symbol(node.id, point)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluate(node.operand, values, point)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and len(node.args) == 1
        and not node.keywords
    ):
        inner = _evaluate(node.args[0], values, point)
        if node.func.id in {"floor", "ceil"}:
            return Fraction(math.floor(inner) if node.func.id == "floor" else math.ceil(inner))
    if isinstance(node, ast.BinOp):
        left, right = _evaluate(node.left, values, point), _evaluate(node.right, values, point)
        return _operate(node.op, left, right)
    raise ValueError("not a formula of dimensions")


def _operate(op: ast.operator, left: Fraction, right: Fraction) -> Fraction:
    if isinstance(op, ast.Add):
        return left + right
    if isinstance(op, ast.Sub):
        return left - right
    if isinstance(op, ast.Mult):
        return left * right
    if isinstance(op, ast.FloorDiv):
        return Fraction(left // right)
    if isinstance(op, ast.Div):
        return left / right
    if isinstance(op, ast.Mod):
        return left % right
    if isinstance(op, ast.Pow) and right.denominator == 1 and 0 <= right <= 6:
        return Fraction(left ** int(right))
    raise ValueError("not a formula of dimensions")


def _symbol(name: str, point: int) -> Fraction:
    digest = hashlib.sha256(f"{name}\0{point}".encode()).digest()
    return Fraction(int.from_bytes(digest[:5], "big") | 1)


def _key_parts(item: Shape, drawn: Drawn, text: str) -> list[Dimension]:
    parts = split_shape(text)
    values = [dimension(part, drawn.values) for part in parts] if parts is not None else [None]
    if any(value is None for value in values):
        raise CourseError(
            f"the key of {item.id} is no shape: {text}", remedy="write it like (N, 64, h - k + 1)"
        )
    return [value for value in values if value is not None]


def _learner_values(item: Shape, parts: tuple[str, ...]) -> list[Dimension | None]:
    """Each dimension typed, a symbol's other spellings and its other case read as the symbol itself."""
    key_names = {
        node for part in split_shape(item.answer) or () for node in re.findall(r"[A-Za-z_]\w*", part)
    }
    symbols = {name: name for name in [*item.symbols, *sorted(key_names)]}
    spelled = {other.casefold(): name for name, others in item.symbols.items() for other in others}
    folded = [name.casefold() for name in symbols]
    spelled |= {name.casefold(): name for name in symbols if folded.count(name.casefold()) == 1}

    def read(part: str) -> Dimension | None:
        if part in symbols or part.casefold() not in spelled:
            named = re.sub(r"[A-Za-z_]\w*", lambda word: _spelled(word[0], symbols, spelled), part)
        else:
            named = spelled[part.casefold()]
        return dimension(named, {})  # a variable's name is not a symbol the learner was shown

    return [read(part) for part in parts]


def _spelled(word: str, symbols: Mapping[str, str], spelled: Mapping[str, str]) -> str:
    return word if word in symbols else spelled.get(word.casefold(), word)


def _foreseen(item: Shape, drawn: Drawn, values: list[Dimension | None]) -> tuple[str, ...]:
    for mistake in item.mistakes:
        parts = split_shape(text_of(item, drawn, mistake.answer))
        if parts is not None and [dimension(part, drawn.values) for part in parts] == values:
            return (text_of(item, drawn, mistake.feedback),)
    return ()


def _part_marks(given: tuple[str, ...], key: tuple[str, ...], right: list[bool]) -> tuple[PartMark, ...]:
    return tuple(
        PartMark(f"dimension {place}", Status.RIGHT if ok else Status.WRONG, "", mine, theirs)
        for place, (mine, theirs, ok) in enumerate(zip(given, key, right, strict=True))
    )


def _shown(item: Shape, drawn: Drawn, text: str) -> str:
    """The key with every dimension that is a number written as one."""
    return _joined(tuple(_as_number(part, drawn) for part in split_shape(text) or ()))


def _as_number(part: str, drawn: Drawn) -> str:
    value = dimension(part, drawn.values)
    is_one = value is not None and len(set(value)) == 1 and value[0].denominator == 1
    return str(value[0]) if value is not None and is_one else part


def _joined(parts: tuple[str, ...]) -> str:
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def _is_outer(text: str) -> bool:
    """Whether the last bracket closes the first one: `(a+b)*(c)` is not wrapped."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and sign in ")]}":
            return place == len(text) - 1
    return False


def _split_commas(text: str) -> list[str]:
    """Split at commas outside brackets; a last comma, as in `(5,)`, starts no part."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts[:-1] if len(parts) > 1 and not parts[-1].strip() else parts
