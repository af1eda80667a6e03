"""Jinja2 in its sandbox, cut down to what a question needs. Loaded by the first text with a template in it.

Allowed are `{{ ... }}`, `{% if %}`, comparisons, arithmetic and a few filters. Loops, macros, includes, attributes and
methods are refused, so that a bank from a stranger can neither reach out nor take long.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from grader.quiz.expression import FUNCTIONS
from grader.quiz.parts import Scalar
from grader.quiz.template import TemplateProblem

_FILTERS = ("abs", "round", "int", "float", "upper", "lower", "capitalize", "default")
_FORBIDDEN = (
    nodes.For,
    nodes.Macro,
    nodes.CallBlock,
    nodes.FilterBlock,
    nodes.Block,
    nodes.Extends,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.With,
    nodes.Assign,
    nodes.AssignBlock,
    nodes.List,
    nodes.Tuple,
    nodes.Dict,
    nodes.Getattr,
    nodes.Getitem,
)
_MAX_TEXT = 50_000


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(["*", "**", "%"])

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return False

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """No text is multiplied or formatted, and no power is huge: each could fill the memory."""
        if isinstance(left, str) or isinstance(right, str):
            raise TemplateProblem(f"a text cannot be used with {operator}")
        if operator == "**" and (abs(left) > 10**6 or abs(right) > 256):
            raise TemplateProblem("the power is too large")
        return super().call_binop(context, operator, left, right)


@functools.cache
def _environment() -> Environment:
    environment = _Sandbox(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, finalize=_plain
    )
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.globals = dict(FUNCTIONS)
    return environment


def render(text: str, values: Mapping[str, Scalar | bool]) -> str:
    """`text` filled in. Raises: TemplateProblem."""
    try:
        filled = _compiled(text).render(dict(values))
    except TemplateProblem:
        raise
    except TemplateError as wrong:
        raise TemplateProblem(_why(wrong)) from None
    except Exception as wrong:
        raise TemplateProblem(str(wrong) or type(wrong).__name__) from None
    if len(filled) > _MAX_TEXT:
        raise TemplateProblem(f"the filled-in text has more than {_MAX_TEXT:,} characters")
    return filled


def names(text: str) -> set[str]:
    """The variables of a template. Raises: TemplateProblem."""
    return set(meta.find_undeclared_variables(_tree(text))) - set(FUNCTIONS)


@functools.lru_cache(maxsize=4096)
def _compiled(text: str) -> Template:
    return _environment().from_string(_tree(text))


def _tree(text: str) -> nodes.Template:
    try:
        tree = _environment().parse(text)
    except TemplateError as wrong:
        raise TemplateProblem(_why(wrong)) from None
    except RecursionError:
        raise TemplateProblem("is nested too deeply") from None
    for forbidden in _FORBIDDEN:
        if tree.find(forbidden) is not None:
            raise TemplateProblem(f"{forbidden.__name__.lower()} is not allowed in a template")
    if any(node.name in {"self", "super"} for node in tree.find_all(nodes.Name)):
        raise TemplateProblem("self and super are not allowed in a template")
    unknown = sorted({node.name for node in tree.find_all(nodes.Filter)} - set(_FILTERS))
    if unknown:
        raise TemplateProblem(f"there is no filter {unknown[0]}")
    return tree


def _plain(value: Any) -> Any:
    """0.1 * 3 reads 0.3, and 4.0 reads 4."""
    return f"{value:.12g}" if isinstance(value, float) else value


def _why(wrong: TemplateError) -> str:
    message = str(wrong.message or type(wrong).__name__)
    return message.replace("'", "").replace(" is undefined", " is not a variable of the item")
