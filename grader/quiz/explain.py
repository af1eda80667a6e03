"""Schema problems in an instructor's words: the item by its id, the key without inner names, and what to do."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Any

import yaml
from pydantic import BaseModel

from grader.course import yamlfile
from grader.errors import Problem
from grader.quiz import kinds, recall
from grader.quiz.model import ITEM_TYPES, Bank
from grader.quiz.parts import Mistake, Option, Pair, Unit, Var

_GUIDE = "docs/quiz-format.md shows every type"
_ITEM_MODELS: dict[str, type[BaseModel]] = {
    "choice": kinds.Choice,
    "multiple": kinds.Multiple,
    "true_false": kinds.TrueFalse,
    "numeric": kinds.Numeric,
    "shape": kinds.Shape,
    "short": kinds.Short,
    "cloze": kinds.Cloze,
    "ordering": kinds.Ordering,
    "matching": kinds.Matching,
    "output": kinds.Output,
    "recall": recall.Recall,
}
_INNER: dict[str, type[BaseModel]] = {
    "options": Option,
    "vars": Var,
    "unit": Unit,
    "pairs": Pair,
    "mistakes": Mistake,
    "key_points": recall.KeyPoint,
    "misconceptions": recall.Misconception,
    "examples": recall.Examples,
}


def explain(problem: Problem, data: Any, root: yaml.Node | None) -> Problem:
    """`problem` reworded where pydantic's words would puzzle, with a remedy."""
    steps: list[str | int] = [
        int(step) if step.isdigit() else step for step in (problem.key or "").split(".")
    ]
    kind = str(steps.pop(2)) if len(steps) > 2 and steps[0] == "items" and steps[2] in ITEM_TYPES else None
    line = problem.line
    message = problem.message
    if "discriminator" in message or "input tag" in message:
        message, line, steps = _about_type(message, data, root, steps)
    if "match pattern" in message and steps and steps[-1] == "id":
        message = "must be small letters, digits, dots, hyphens and underscores, such as conv-output-size"
    remedy = _remedy(message, kind, steps)
    return replace(problem, message=message, line=line, key=".".join(_named(steps, data)), remedy=remedy)


def _about_type(
    message: str, data: Any, root: yaml.Node | None, steps: list[str | int]
) -> tuple[str, int | None, list[str | int]]:
    """The union's complaint, at the line of `type`."""
    steps = [step for step in steps if step not in _ITEM_MODELS] + ["type"]
    line = yamlfile.line_of(root, steps)
    if "unable to extract" in message:
        return "is missing", line, steps
    given = data
    for step in steps:
        given = given[step]
    near = difflib.get_close_matches(str(given), ITEM_TYPES, 1)
    known = f"; did you mean {near[0]}?" if near else f": {', '.join(ITEM_TYPES)}"
    return f"there is no type {given!r}{known}", line, steps


def _remedy(message: str, kind: str | None, steps: list[str | int]) -> str | None:
    name = str(steps[-1]) if steps else ""
    if message == "unknown key":
        known = _keys_at(kind, steps)
        near = difflib.get_close_matches(name, known, 1)
        return (
            f"did you mean {near[0]}?"
            if near
            else f"known here: {', '.join(sorted(known))}"
            if known
            else _GUIDE
        )
    if len(steps) > 2 and steps[-2] == "options" and "must be keys" in message:
        return "write `- text: ...`, and `correct: true` at the right one"
    if message == "is missing":
        return f"add `{name}:`"
    return None if any(words in message for words in (": ", "write ", "must be", "`- `")) else _GUIDE


def _keys_at(kind: str | None, steps: list[str | int]) -> list[str]:
    """The keys that may stand where an unknown one does."""
    if len(steps) == 1:
        return list(Bank.model_fields)
    if kind and len(steps) == 3:
        return list(_ITEM_MODELS[kind].model_fields)
    inner = next((step for step in reversed(steps[:-1]) if step in _INNER), None)
    return list(_INNER[str(inner)].model_fields) if inner else []


def _named(steps: list[str | int], data: Any) -> list[str]:
    """The steps as text, the item's number replaced by its id where it has one."""
    named = [str(step) for step in steps]
    if len(steps) > 1 and steps[0] == "items":
        try:
            named[1] = str(data["items"][steps[1]]["id"])
        except (KeyError, IndexError, TypeError):
            pass
    return named
