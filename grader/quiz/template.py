"""Texts with `{{ expressions }}`, filled in by Jinja2 in a sandbox, which is loaded when the first one comes.

Allowed are `{{ ... }}`, `{% if %}`, comparisons, arithmetic and a few filters. Loops, macros, includes, attributes and
methods are refused, so that a bank from a stranger can neither reach out nor take long.
"""

from __future__ import annotations

from collections.abc import Mapping

from grader.quiz.parts import Scalar


class TemplateProblem(ValueError):
    """A text that is no template, or cannot be filled in; the message says why."""


def fill(text: str, values: Mapping[str, Scalar | bool]) -> str:
    """`text` with its templates filled in from `values`; decimal numbers to 12 digits and without a needless `.0`.

    Raises: TemplateProblem when it is no template, uses an unknown name, or does what is forbidden.
    """
    if "{" not in text:
        return text
    from grader.quiz.template_engine import render

    return render(text, values)


def names_in_text(text: str) -> set[str]:
    """The variables a template uses. Raises: TemplateProblem when it is none."""
    if "{" not in text:
        return set()
    from grader.quiz.template_engine import names

    return names(text)
