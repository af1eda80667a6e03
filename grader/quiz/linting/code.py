"""Rules for output items: code that is Python, prints, prints the same each time, and was run."""

from __future__ import annotations

import ast

from grader.errors import CourseError
from grader.quiz.draw import MAX_ALL, Drawn, all_draws
from grader.quiz.kinds import Output
from grader.quiz.linting.finding import Findings, Place
from grader.quiz.mark import mark
from grader.quiz.outputs import hash_of
from grader.quiz.show import code_of

_UNSTEADY = {"random", "time", "datetime", "secrets", "uuid", "os", "sys", "socket", "threading"}


def check_output(place: Place, draws: list[Drawn]) -> Findings:
    """All rules for an output item."""
    item = place.item
    if not isinstance(item, Output):
        return
    for drawn in draws:
        try:
            code = code_of(item, drawn)
            tree = ast.parse(code)
        except CourseError:
            return  # check_values says so
        except (SyntaxError, ValueError) as wrong:
            line = getattr(wrong, "lineno", None)
            where = f" (line {line} of the code)" if line else ""
            yield place.error(
                "not-python",
                ("code",),
                f"is not Python{where}: {getattr(wrong, 'msg', wrong)}",
                "mend the code",
            )
            return
        problem = _unfit(tree)
        if problem:
            yield place.error("unfit-code", ("code",), *problem)
            return
    yield from _check_lock(place, item, draws)


def _unfit(tree: ast.Module) -> tuple[str, str] | None:
    """Why this code has no output worth predicting, and what to do about it."""
    calls = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    if "print" not in calls:
        return "the code prints nothing", "print what the learner is to predict"
    if "input" in calls:
        return "the code waits for input", "set the value in the code"
    imported = {
        name.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    }
    imported |= {
        (node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    }
    unsteady = sorted(imported & _UNSTEADY)
    if unsteady:
        return (
            f"what {unsteady[0]} gives differs from run to run",
            "print something that is the same each time",
        )
    return None


def _check_lock(place: Place, item: Output, draws: list[Drawn]) -> Findings:
    try:
        every = all_draws(item)
    except CourseError as wrong:
        yield place.error(
            "many-outputs", ("vars",), wrong.problems[0].message, f"at most {MAX_ALL} can be run beforehand"
        )
        return
    waiting = sum(hash_of(code_of(item, drawn)) not in item.locked for drawn in every)
    if waiting:
        message = "the code has not been run since it was written or changed"
        yield place.warning("not-run", ("code",), message, "run `grader verify`")
        return
    for index, mistake in enumerate(item.mistakes):
        if len(draws) == 1 and mark(item, draws[0], mistake.answer).correct:
            yield place.error(
                "mistake-is-right", ("mistakes", index, "answer"), "is what the code prints", "mend it"
            )
