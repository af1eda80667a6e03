"""Rules for parametrised items: names that fit, conditions that can be met, values for every drawing."""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.errors import CourseError
from grader.quiz.draw import MAX_ALL, Drawn, all_draws, combinations, draw
from grader.quiz.expression import ExpressionError, names_in, number, truth
from grader.quiz.kinds import Shape
from grader.quiz.linting.finding import Findings, Place, Steps
from grader.quiz.linting.walk import Found, found_in
from grader.quiz.template import TemplateProblem, fill, names_in_text

SAMPLES = 200
"""Drawings a parametrised item is tried on; all of them where there are no more."""


def check_names(place: Place) -> Findings:
    """Undefined variables, unused ones, and texts and expressions that cannot be read."""
    item = place.item
    used: set[str] = set()
    for one in found_in(item):
        if one.kind == "text" and not item.is_template:
            continue
        yield from _check_one(place, one.steps, one.value, one.kind, {*item.vars, *item.let}, used)
    for index, condition in enumerate(item.where):
        yield from _check_one(place, _where(place, index), condition, "truth", {*item.vars, *item.let}, set())
    known = set(item.vars)
    for name, expression in item.let.items():
        yield from _check_one(place, ("let", name), expression, "number", known, used)
        known.add(name)
    if isinstance(item, Shape):
        texts = [item.answer, *(mistake.answer for mistake in item.mistakes)]
        used |= {name for text in texts for name in re.findall(r"[A-Za-z_]\w*", text)}
    for key, names in (("vars", item.vars), ("let", item.let)):
        for name in names:
            if name not in used and item.vars:  # without any, check_idle speaks
                yield place.error(
                    "unused-variable", (key, name), f"{name} is never used", "use it or remove it"
                )


def check_idle(place: Place) -> Findings:
    """Templates, `let` or `where` in an item that draws nothing."""
    item = place.item
    if item.vars:
        return
    for key, is_there in (("let", bool(item.let)), ("where", bool(item.where))):
        if is_there:
            yield place.error(
                "no-vars", (key,), f"{key} without vars does nothing", "add `vars:` or remove it"
            )
    if re.search(r"\{\{\s*\w+\s*\}\}", item.stem):
        yield place.warning("no-vars", ("stem",), "has {{ }} but the item has no vars", "add `vars:`")


def sample(place: Place) -> tuple[list[Drawn], list[CourseError]]:
    """Drawings to try the item on, and why there are none."""
    item = place.item
    try:
        if combinations(item) <= MAX_ALL:
            found = all_draws(item)
            return (found, []) if found else ([draw(item, 0)], [])
        return [draw(item, seed) for seed in range(SAMPLES)], []
    except CourseError as wrong:
        return [], [wrong]


def check_draws(place: Place, wrong: list[CourseError]) -> Findings:
    """Conditions that no drawing meets, `let` and `where` without a value."""
    for one in wrong:
        key = one.problems[0].key or "vars"
        steps: Steps = tuple(key.split(".", 1))
        code = "no-drawing" if "conditions" in one.problems[0].message else "no-value"
        remedy = one.problems[0].remedy or "mend it"
        yield place.error(code, steps, one.problems[0].message, remedy)


def check_values(place: Place, draws: list[Drawn]) -> Findings:
    """Texts and expressions that have no value for some drawing, and answers that never change."""
    for one in found_in(place.item):
        if one.kind == "text" and not place.item.is_template:
            continue
        values: set[object] = set()
        failed = None
        for drawn in draws:
            try:
                values.add(_value(one, drawn))
            except (ExpressionError, TemplateProblem) as wrong:
                failed = (drawn, wrong)
                break
        if failed:
            listed = ", ".join(f"{name} = {value}" for name, value in failed[0].values.items())
            message = f"has no value{f' for {listed}' if listed else ''}: {failed[1]}"
            yield place.error("no-value", one.steps, message, "mend it, or exclude the case in `where`")
        elif len(values) == 1 and len(draws) > 20 and one.kind != "text" and "answer" in one.steps[:1]:
            message = f"is {next(iter(values))} for every drawing"
            yield place.warning(
                "constant-answer", one.steps, message, "let the answer depend on the variables"
            )


def _value(one: Found, drawn: Drawn) -> object:
    if one.kind == "text":
        return fill(one.value, drawn.values)
    return truth(one.value, drawn.values) if one.kind == "truth" else number(one.value, drawn.values)


def _check_one(place: Place, steps: Steps, text: str, kind: str, known: set[str], used: set[str]) -> Findings:
    read: Callable[[str], set[str]] = names_in_text if kind == "text" else names_in
    try:
        names = read(text)
    except (ExpressionError, TemplateProblem) as wrong:
        code = "broken-template" if kind == "text" else "broken-expression"
        yield place.error(
            code, steps, str(wrong), "mend the template" if kind == "text" else "mend the expression"
        )
        return
    used |= names
    for name in sorted(names - known):
        remedy = f"define {name} in `vars:` or `let:`" + (" above it" if steps[0] == "let" else "")
        if kind == "truth":
            remedy = f"write true or false, or {remedy}"
        yield place.error("undefined-variable", steps, f"there is no variable {name}", remedy)


def _where(place: Place, index: int) -> Steps:
    return ("where", index)
