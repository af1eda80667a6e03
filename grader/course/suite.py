"""The solution of a `tests` exercise: whole test files, since a suite is no single function.

solutions/<topic>/<id>/reference.py      a suite that accepts every correct implementation and catches every wrong one
solutions/<topic>/<id>/wheat_<name>.py   others as good; the docstring says how they differ
solutions/<topic>/<id>/chaff_<name>.py   suites that miss something or demand too much; the docstring is the lesson
"""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.author import Case, Draw
from grader.course.model import ExerciseInfo
from grader.course.solution import Solution, Variant
from grader.course.yamlfile import read_text
from grader.errors import CourseError


class SuiteSolution(Solution):
    """A folder of test files behind the interface of a `Solution`; it has no cases."""

    @cached_property
    def reference(self) -> Variant:
        """The reference suite."""
        return self._variant(self.path / "reference.py", correct=True)

    @cached_property
    def wheats(self) -> tuple[Variant, ...]:
        """Every good suite, the reference first."""
        others = sorted(self.path.glob("wheat_*.py"))
        return (self.reference, *(self._variant(file, correct=True) for file in others))

    @cached_property
    def chaffs(self) -> tuple[Variant, ...]:
        """Every poor suite."""
        return tuple(self._variant(file, correct=False) for file in sorted(self.path.glob("chaff_*.py")))

    def cases(self, draw: Draw) -> list[Case]:
        """None: what is varied is the implementation under test."""
        return []

    def option(self, name: str, default: Any) -> Any:
        """The default: a folder has no module of its own whose settings could say otherwise."""
        return default

    def _variant(self, file: Path, *, correct: bool) -> Variant:
        source = read_text(file, error=CourseError)
        try:
            text = ast.get_docstring(ast.parse(source))
        except SyntaxError as wrong:
            raise CourseError(f"is not Python: {wrong.msg}", path=file, line=wrong.lineno) from None
        if not text:
            raise CourseError("has no docstring", path=file, remedy="say its idea, or the lesson it teaches")
        name = file.stem.removeprefix("wheat_").removeprefix("chaff_")
        return Variant(name, correct, " ".join(text.split()), source)


def load_suite(folder: Path, info: ExerciseInfo) -> SuiteSolution:
    """The suites in `folder`. Raises: `CourseError`."""
    if not folder.is_dir():
        raise CourseError(
            "no such folder", path=folder, remedy="a `tests` exercise has reference.py and chaff_*.py there"
        )
    return SuiteSolution(
        folder, info, "\0".join(read_text(file, error=CourseError) for file in sorted(folder.glob("*.py")))
    )
