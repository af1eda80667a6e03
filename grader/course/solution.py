"""A solution file from disk: the reference, every wheat and chaff as standalone text, the cases.

Trusted: it is executed in the judge's own process. `solutions/<topic>/<id>.py`, or a folder of that name whose files
are read as one, in the order reference, wheats, chaffs, cases, then by name.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.author import MARK, Case, Draw, Mark, Mistake
from grader.course.model import ExerciseInfo, Framework
from grader.course.standalone import extract
from grader.course.yamlfile import read_text
from grader.errors import CourseError
from grader.worker.interpreter import interpret

_FOLDER_ORDER = ("reference", "wheats", "chaffs", "cases")


@dataclass(frozen=True)
class Variant:
    """One implementation of an exercise: `source` is a file that could stand in the stub's place."""

    name: str
    correct: bool
    text: str  # a wheat's idea, a chaff's lesson
    source: str = field(repr=False)


@dataclass(frozen=True)
class Solution:
    """What an author wrote about one exercise."""

    path: Path
    info: ExerciseInfo
    source: str = field(repr=False)

    @cached_property
    def reference(self) -> Variant:
        """The reference implementation. Raises: `CourseError` when the file does not define the entry."""
        for entry in self.info.entry_names:
            if entry not in vars(self.module):
                raise CourseError(
                    f"defines no {entry}", path=self.path, remedy="the reference bears the entry's name"
                )
        wanted = {entry: entry for entry in self.info.entry_names}
        return Variant("reference", True, "the reference", extract(self.source, wanted))

    @cached_property
    def wheats(self) -> tuple[Variant, ...]:
        """Every correct implementation, the reference first."""
        return (self.reference, *self._marked(correct=True))

    @cached_property
    def chaffs(self) -> tuple[Variant, ...]:
        """Every wrong implementation with its lesson. Raises: `CourseError` when an edit fits nowhere or twice."""
        edited = [
            Variant(name, False, value.lesson, self._edited(name, value))
            for name, value in vars(self.module).items()
            if isinstance(value, Mistake)
        ]
        return (*self._marked(correct=False), *edited)

    def cases(self, draw: Draw) -> list[Case]:
        """The cases for one seed. Raises: `CourseError` when there are none."""
        make: Callable[[Draw], Iterable[Case]] | None = vars(self.module).get("cases")
        if make is None:
            raise CourseError(
                "defines no cases(draw)", path=self.path, remedy="yield grader.author.Case objects"
            )
        try:
            found = list(make(draw))
        except Exception as wrong:
            raise self._failing("cases(draw) fails", wrong) from wrong
        if not found:
            raise CourseError("cases(draw) yields nothing", path=self.path)
        return found

    def option(self, name: str, default: Any) -> Any:
        """A module-level setting of the solution, such as `MUTATES` or `CHECKS`."""
        return vars(self.module).get(name, default)

    @cached_property
    def module(self) -> types.ModuleType:
        """The executed module. Raises: `CourseError` naming the line where it fails."""
        module = types.ModuleType(f"grader_solution_{self.info.id}")
        try:
            if self.info.framework is Framework.TRITON:
                interpret()  # the judge runs kernels on the CPU only
            exec(compile(self.source, str(self.path), "exec"), vars(module))
        except SyntaxError as wrong:
            raise CourseError(f"is not Python: {wrong.msg}", path=self.path, line=wrong.lineno) from None
        except Exception as wrong:
            raise self._failing("fails on import", wrong) from wrong
        return module

    def _failing(self, what: str, wrong: Exception) -> CourseError:
        message = f"{what}: {type(wrong).__name__}: {wrong}"
        return CourseError(message, path=self.path, line=_line_in(wrong, self.path))

    def _marked(self, *, correct: bool) -> list[Variant]:
        found = []
        for name, value in vars(self.module).items():
            mark = getattr(value, MARK, None) if callable(value) else None
            if (
                isinstance(mark, Mark)
                and mark.correct is correct
                and getattr(value, "__name__", None) == name
            ):
                wanted: Mapping[str, str] = self._wanted(name, mark)
                found.append(Variant(name, correct, mark.text, extract(self.source, wanted)))
        return found

    def _wanted(self, name: str, mark: Mark) -> dict[str, str]:
        replaced = mark.of or self.info.entry_names[0]
        if replaced not in self.info.entry_names:
            raise CourseError(f"{name} replaces {replaced!r}, which is no entry", path=self.path)
        return {entry: name if entry == replaced else entry for entry in self.info.entry_names}

    def _edited(self, name: str, wrong: Mistake) -> str:
        entries = {entry: entry for entry in self.info.entry_names}
        text = extract(self.source, entries, every_import=True)
        for old, new in wrong.edits:
            if text.count(old) != 1:
                times = text.count(old)
                raise CourseError(
                    f"{name}: the reference has {old!r} {times} times, not once",
                    path=self.path,
                    key="mistake",
                )
            text = text.replace(old, new)
        return text


def load_solution(path: Path, info: ExerciseInfo) -> Solution:
    """The solution at `path` (a file, or the folder of that name without `.py`). Raises: `CourseError`."""
    folder = path.with_suffix("")
    if not path.exists() and folder.is_dir():
        files = sorted(folder.glob("*.py"), key=_folder_order)
        return Solution(folder, info, "\n\n".join(read_text(file, error=CourseError) for file in files))
    return Solution(path, info, read_text(path, error=CourseError))


def _folder_order(file: Path) -> tuple[int, str]:
    known = file.stem in _FOLDER_ORDER
    return (_FOLDER_ORDER.index(file.stem) if known else len(_FOLDER_ORDER), file.stem)


def _line_in(wrong: BaseException, path: Path) -> int | None:
    line, trace = None, wrong.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
