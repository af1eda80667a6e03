"""A stub against its reference: the same signature, and a worked example that comes true."""

from __future__ import annotations

import ast
import contextlib
import doctest
import inspect
import io
from collections.abc import Iterator
from typing import Any

from grader.course.catalog import Exercise
from grader.errors import Problem
from grader.verify.forked import Lost, in_child
from grader.worker.serve import entries_of

EXAMPLES_S = 60.0
_OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def check_signature(exercise: Exercise) -> Iterator[Problem]:
    """Entries whose parameters (names, order, kinds, defaults) differ between stub and reference."""
    names = list(exercise.info.entry_names)
    stub = entries_of(exercise.id, exercise.stub, names)
    reference = entries_of(exercise.id, exercise.solution.reference.source, names)
    for name in names:
        if name not in stub or name not in reference:
            continue  # said elsewhere
        for what, own, other in _callables(name, stub[name], reference[name]):
            if own != other:
                yield Problem(
                    f"{what}{own} is the stub's signature, {what}{other} the reference's",
                    exercise.stub_path,
                    _line(exercise.stub, name),
                    remedy="make them the same",
                )


def check_examples(exercise: Exercise) -> list[Problem]:
    """The stub's docstring examples, run with the reference in the stub's place, in a process of their own."""
    if exercise.info.kind == "tests":
        return []
    found = in_child(lambda: _run_examples(exercise), EXAMPLES_S)
    if isinstance(found, Lost):
        return [Problem(f"the examples do not end: {found.why}", exercise.stub_path)]
    return found


def _callables(name: str, stub: Any, reference: Any) -> Iterator[tuple[str, str, str]]:
    if not isinstance(stub, type) or not isinstance(reference, type):
        yield name, _signature(stub), _signature(reference)
        return
    for method in ("__init__", "forward"):
        if hasattr(stub, method) or hasattr(reference, method):
            own, other = getattr(stub, method, None), getattr(reference, method, None)
            yield f"{name}.{method}", _signature(own), _signature(other)


def _signature(entry: Any) -> str:
    if entry is None:
        return " (missing)"
    signature = inspect.signature(entry)
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(inspect.Signature(bare))


def _line(source: str, name: str) -> int | None:
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node.lineno
    return None


def _run_examples(exercise: Exercise) -> list[Problem]:
    namespace: dict[str, Any] = {"__name__": exercise.id}
    exec(compile(exercise.stub, f"{exercise.id}.py", "exec"), namespace)
    exec(compile(exercise.solution.reference.source, "reference.py", "exec"), namespace)
    examples = list(_examples(exercise.stub))
    if not examples:
        return [
            Problem(
                "the statement has no example",
                exercise.stub_path,
                1,
                remedy="add `>>> call(...)` with small numbers and what it gives",
            )
        ]
    runner = doctest.DocTestRunner(optionflags=_OPTIONS)
    told: list[Problem] = []
    for example in examples:
        report = io.StringIO()
        test = doctest.DocTest([example], namespace, exercise.id, str(exercise.stub_path), 0, None)
        test.globs = namespace  # the examples of a statement build on each other
        with contextlib.redirect_stdout(report):
            runner.run(test, out=report.write, clear_globs=False)
        if report.getvalue():
            told.append(_failed(exercise, example, report.getvalue()))
    return told


def _examples(stub: str) -> Iterator[doctest.Example]:
    """The examples of the module's docstring and of every definition's, with lines of the stub's file."""
    tree = ast.parse(stub)
    holders = [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef))]
    for holder in holders:
        text = ast.get_docstring(holder, clean=False)
        if text:
            first = holder.body[0].lineno
            for example in doctest.DocTestParser().get_examples(text):
                example.lineno += first - 1
                yield example


def _failed(exercise: Exercise, example: doctest.Example, report: str) -> Problem:
    told = report.split("Failed example:", 1)[-1].removeprefix("\n").splitlines()
    if "Exception raised:" in report:
        told = told[-1:]  # its traceback runs through doctest
    else:
        told = told[len(example.source.splitlines()) :]
    return Problem(
        f"the example does not come true: {' '.join(' '.join(told).split())}",
        exercise.stub_path,
        example.lineno + 1,
        remedy="correct what the statement promises",
    )
