"""The judge: an exercise and a submitted file in, a result out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.course.catalog import Exercise
from grader.course.model import Kind
from grader.errors import DeviceError, InputError, MachineError
from grader.judge.ask import Interview, interview
from grader.judge.checks import checks_of
from grader.judge.forbidden import find_forbidden
from grader.judge.key import Key
from grader.judge.keysmith import Keysmith
from grader.judge.report import Place, Result, Status
from grader.judge.suite import judge_tests
from grader.judge.text import clean
from grader.judge.verdict import Bench, result_of, uniform_result
from grader.sandbox import Pool
from grader.sandbox.devices import kind_of

MAX_SOURCE_BYTES = 1 << 20


@dataclass(frozen=True)
class Judge:
    """Everything judging needs: a pool of workers and a keysmith.

    `seed`: what the cases are drawn from; `hidden`: whether messages must not show them.
    """

    pool: Pool
    keysmith: Keysmith
    seed: int = 0
    hidden: bool = False
    on_interview: Callable[[Exercise, Interview], None] | None = None

    def judge(self, exercise: Exercise, source: str, device: str = "cpu") -> Result:
        """Judge one file's text. Raises: `CourseError` or `MachineError`, never for the learner's code."""
        if exercise.info.kind is Kind.TESTS:
            refused = self.on_reading(exercise, source, device)
            return refused or judge_tests(exercise, source, self.pool, self.seed, device)
        key = self.keysmith.key(exercise, self.seed, device)
        refused = self.on_reading(exercise, source, device)
        if refused is not None:
            return refused
        try:
            held = interview(exercise, source, key, self.pool)
        except MachineError as wrong:
            if kind_of(device) == "cpu":
                raise
            raise DeviceError(f"{device} cannot be used: {wrong}") from wrong
        if self.on_interview is not None:
            self.on_interview(exercise, held)
        return self.score(exercise, key, held)

    def on_reading(self, exercise: Exercise, source: str, device: str = "cpu") -> Result | None:
        """The result where the text alone decides it: an operation that the exercise forbids. None otherwise."""
        found = find_forbidden(source, exercise.info.forbidden)
        if not found:
            return None
        return _forbidden_on_reading(exercise, device, source, found[0].name, found[0].line)

    def score(self, exercise: Exercise, key: Key, held: Interview) -> Result:
        """The result of an interview, held now or kept from an earlier run."""
        sealed = self.keysmith.sealed(exercise)
        bench = Bench(
            exercise,
            key,
            lambda: self.keysmith.chaffs(exercise, key, self.seed),
            sealed.lessons,
            not self.hidden,
        )
        checks = checks_of(exercise, key, sealed.weights)
        result = result_of(bench, checks, held.outcomes)
        printed = (
            "" if self.hidden else clean(held.output, limit=8192)
        )  # it may hold what it read of hidden cases
        return result.model_copy(update={"wall_s": round(held.wall_s, 6), "output": printed})


def read_submission(path: Path) -> str:
    """The text of a submitted file. Raises: `InputError` when it is no file, too large or not UTF-8 text."""
    if path.is_symlink():
        raise InputError("is a symbolic link", path=path, remedy="submit the file itself")
    if path.is_dir():
        raise InputError("is a folder, not a file", path=path)
    if path.exists() and not path.is_file():
        raise InputError("is not a regular file", path=path)
    from grader.course.yamlfile import read_text

    text = read_text(path, error=InputError, max_bytes=MAX_SOURCE_BYTES)
    if "\0" in text:
        raise InputError("holds a NUL byte: it is not a Python file", path=path)
    return text


def _forbidden_on_reading(exercise: Exercise, device: str, source: str, name: str, line: int) -> Result:
    message = f"This exercise does not allow {clean(name)}: build it yourself."
    result = uniform_result(exercise, device, Status.FORBIDDEN, message)
    lines = source.splitlines()
    text = clean(lines[line - 1], keep_indent=True) if 0 < line <= len(lines) else ""
    check = result.checks[0].model_copy(update={"places": [Place(line=line, text=text)]})
    return result.model_copy(update={"checks": [check]})
