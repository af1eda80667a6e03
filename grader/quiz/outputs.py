"""What the code of `output` items prints: run once by `grader verify`, kept beside the bank, looked up when marking.

    quizzes/pooling.yaml        the bank, written by a person
    quizzes/pooling.lock.json   {"format": 1, "outputs": {"<sha256 of the code>": {"item": id, "stdout": text}}}

An output is found by the hash of the very code that printed it, so that an edited item never meets an old output.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from grader.course.textfile import read_text
from grader.errors import CourseError, Problem
from grader.quiz.kinds import Output
from grader.quiz.model import Bank
from grader.quiz.modelling import Field
from grader.quiz.parts import Strict

Run = Callable[[str], str]
"""Runs Python and returns what it printed; raises `GraderError` when it failed. Given by the caller (the sandbox)."""

MAX_STDOUT = 4_000
"""Characters; a learner is not asked to predict more."""


class Printed(Strict):
    """What one piece of code printed, and for which item."""

    item: str
    stdout: Annotated[str, Field(max_length=MAX_STDOUT)]


class Lock(Strict):
    """The lock file of one bank."""

    format: Literal[1] = 1
    outputs: dict[str, Printed]


def hash_of(code: str) -> str:
    """The key of an output: SHA-256 of the code, without regard to spaces at line ends."""
    plain = "\n".join(line.rstrip() for line in code.strip().splitlines())
    return hashlib.sha256(plain.encode()).hexdigest()


def lock_path(bank: Path) -> Path:
    """Where the outputs of a bank file are kept."""
    return bank.with_suffix(".lock.json")


def read_lock(path: Path) -> dict[str, str]:
    """Outputs by code hash; empty when there is no lock file yet.

    Raises: CourseError when the file is damaged.
    """
    if not path.exists():
        return {}
    remedy = "delete it and run `grader verify`"
    text = read_text(path, error=CourseError)
    try:
        lock = json.loads(text)
        found = {key: printed["stdout"] for key, printed in lock["outputs"].items()}
        is_right = lock["format"] == 1 and all(_is_printed(stdout) for stdout in found.values())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        raise CourseError(f"is no lock file: {wrong}", path=path, remedy=remedy) from None
    if not is_right:
        raise CourseError("is no lock file: format or outputs are not as written", path=path, remedy=remedy)
    return found


def _is_printed(stdout: object) -> bool:
    return isinstance(stdout, str) and len(stdout) <= MAX_STDOUT


def write_lock(path: Path, lock: Lock) -> None:
    """Write the lock file whole or not at all; remove it when there is nothing to keep."""
    if not lock.outputs:
        path.unlink(missing_ok=True)
        return
    text = json.dumps(lock.model_dump(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)


def with_outputs(bank: Bank, outputs: Mapping[str, str]) -> Bank:
    """The bank with `outputs` attached to its output items."""
    if not any(isinstance(item, Output) for item in bank.items):
        return bank
    items = tuple(item.with_locked(outputs) if isinstance(item, Output) else item for item in bank.items)
    return bank.model_copy(update={"items": items})


def codes(bank: Bank) -> list[tuple[Output, str]]:
    """Every piece of code the bank can show: one for a plain output item, one a draw for one with variables.

    Raises: CourseError when an item can be drawn in too many ways to run them all.
    """
    from grader.quiz.draw import all_draws
    from grader.quiz.show import code_of

    found = []
    for item in bank.items:
        if isinstance(item, Output):
            found += [(item, code_of(item, drawn)) for drawn in all_draws(item)]
    return found


def make_lock(bank: Bank, path: Path, run: Run) -> Lock:
    """Run every piece of code of the bank at `path`, and keep what it prints.

    Raises: CourseError with one problem for every item whose code fails, prints nothing or prints too much.
    """
    outputs: dict[str, Printed] = {}
    problems: list[Problem] = []
    for item, code in codes(bank):
        try:
            stdout = run(code)
        except CourseError as wrong:
            problems += [
                Problem(f"the code fails: {one.message}", path, None, item.id) for one in wrong.problems
            ]
            continue
        if not stdout.strip() or len(stdout) > MAX_STDOUT:
            what = "nothing" if not stdout.strip() else f"{len(stdout):,} characters"
            problems.append(
                Problem(
                    f"the code prints {what}", path, None, item.id, f"print 1 to {MAX_STDOUT:,} characters"
                )
            )
            continue
        outputs[hash_of(code)] = Printed(item=item.id, stdout=stdout)
    if problems:
        raise CourseError("", problems=problems)
    return Lock(outputs=outputs)
