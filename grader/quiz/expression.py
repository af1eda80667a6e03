"""Expressions over an item's variables: arithmetic and comparison by `simpleeval`, nothing else.

Available: + - * / // % ** comparisons, and or not, `a if c else b`, and the functions of `FUNCTIONS`.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
from collections.abc import Mapping
from typing import Any

import simpleeval

from grader.quiz.parts import Scalar

FUNCTIONS: dict[str, Any] = {
    "min": min,
    "max": max,
    "floor": math.floor,
    "ceil": math.ceil,
    "abs": abs,
    "round": round,
    "sqrt": math.sqrt,
    "log2": math.log2,
    "log": math.log,
    "exp": math.exp,
    "int": int,
    "float": float,
}

_MAX_EXPONENT = 256
_MAX_BASE = 10**6


class ExpressionError(ValueError):
    """An expression that cannot be read, or has no value for these variables; the message says why."""


def _power(base: Any, exponent: Any) -> Any:
    if abs(base) > _MAX_BASE or abs(exponent) > _MAX_EXPONENT:
        raise ExpressionError("the power is too large")
    return base**exponent


_OPERATORS: dict[type[ast.AST], Any] = {
    ast.Add: simpleeval.safe_add,
    ast.Sub: operator.sub,
    ast.Mult: simpleeval.safe_mult,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def evaluate(expression: str, values: Mapping[str, Scalar | bool]) -> Scalar | bool:
    """The value of `expression` where the variables are `values`.

    Raises: ExpressionError when it is not an expression, uses an unknown name, or has no finite value.
    """
    engine = simpleeval.SimpleEval(operators=_OPERATORS, functions=FUNCTIONS, names=dict(values))
    try:
        value = engine.eval(expression, previously_parsed=_parsed(expression))
    except ExpressionError:
        raise
    except simpleeval.NameNotDefined as wrong:
        raise ExpressionError(f"there is no variable {wrong.name}") from None
    except ZeroDivisionError:
        raise ExpressionError("it divides by zero") from None
    except Exception as wrong:
        if isinstance(_parsed(expression), ast.Tuple):
            raise ExpressionError("a comma stands in it: decimals are written with a point") from None
        raise ExpressionError(str(wrong).splitlines()[0] if str(wrong) else type(wrong).__name__) from None
    if isinstance(value, bool | str) or (isinstance(value, int | float) and _is_usable(value)):
        return value
    raise ExpressionError(f"its value is no finite number: {value!r:.40}")


def number(expression: Scalar, values: Mapping[str, Scalar | bool]) -> int | float:
    """A number as it stands, or the value of an expression. Raises: ExpressionError when that is no number."""
    if not isinstance(expression, str):
        return expression
    value = evaluate(expression, values)
    if isinstance(value, bool | str):
        raise ExpressionError(f"its value is not a number: {value!r:.40}")
    return value


def truth(expression: bool | str, values: Mapping[str, Scalar | bool]) -> bool:
    """True or false as it stands, or the value of an expression. Raises: ExpressionError when that is neither."""
    if isinstance(expression, bool):
        return expression
    value = evaluate(expression, values)
    if not isinstance(value, bool):
        raise ExpressionError(f"its value is neither true nor false: {value!r:.40}")
    return value


def names_in(expression: Scalar | bool) -> set[str]:
    """The variables an expression uses. Raises: ExpressionError when it cannot be read."""
    if not isinstance(expression, str):
        return set()
    tree = _parsed(expression)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


@functools.lru_cache(maxsize=4096)
def _parsed(expression: str) -> ast.AST:
    try:
        return ast.parse(" ".join(expression.split()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as wrong:
        raise ExpressionError(f"cannot be read: {getattr(wrong, 'msg', None) or wrong}") from None


def _is_usable(value: int | float) -> bool:
    return math.isfinite(value) if isinstance(value, float) else value.bit_length() <= 1024
