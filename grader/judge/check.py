"""A learner's workspace in, a report out. A `Checker` stays warm between checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from grader.course.catalog import Course, Exercise
from grader.course.model import Kind
from grader.course.workspace import find
from grader.errors import DeviceError, GraderError, InputError, MachineError
from grader.judge.judge import Judge, read_submission
from grader.judge.keysmith import Keysmith
from grader.judge.report import Report, Result, Status, make_report
from grader.judge.verdict import uniform_result
from grader.sandbox import Level, Pool
from grader.sandbox.devices import resolve
from grader.sandbox.frameworks import lacking, without


class Checker:
    """Judges files of one workspace; its workers' zygotes live as long as it does.

    `sandbox`: auto, strong or basic; `device`: auto, all, cpu, cuda, cuda:N or mps; `cache`: where keys are kept.
    """

    def __init__(self, course: Course, workspace: Path, *, sandbox: str, device: str, cache: Path) -> None:
        self.course, self.workspace, self.device = course, workspace, device
        self.pool = Pool(None if sandbox == "auto" else Level(sandbox))
        self.judge = Judge(self.pool, Keysmith(cache))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pool.close()

    def check(
        self, names: Sequence[str], on_begin: Callable[[Exercise], None] = lambda _: None
    ) -> tuple[Report, list[GraderError]]:
        """Judge the named exercises; all when none is named. `on_begin` is told each before it is judged.

        What is wrong with a file or with one exercise of the course costs no points and stops nothing: it is a result
        with status `grader_error`, and an error in the second value. Raises: `UsageError`, `InputError`, `MachineError`.
        """
        exercises = self.course.select(names)
        files = {exercise.id: find(self.workspace, exercise) for exercise in exercises}
        if not any(files.values()):
            raise InputError(
                "holds none of these exercises", path=self.workspace, remedy="grader init makes a workspace"
            )
        results: list[Result] = []
        troubles: list[GraderError] = []
        begun = next(exercise for exercise in exercises if files[exercise.id])
        if begun.info.kind is not Kind.TESTS and not lacking(begun.info.framework.value):
            self.pool.begin(begun.info.framework.value)  # it loads while the key is read or made
        for exercise in exercises:
            on_begin(exercise)
            for device, reason in without(
                exercise.info.framework, resolve(self.device, exercise.info.devices)
            ):
                if reason is not None:
                    results.append(uniform_result(exercise, device, Status.SKIPPED, reason))
                else:
                    results.append(self._file(exercise, files[exercise.id], device, troubles))
        ran = any(result.wall_s is not None for result in results)
        level = self.pool.level.value if ran else "none"
        return make_report(self.course.info.id, self.course.version, level, results), troubles

    def _file(
        self, exercise: Exercise, path: Path | None, device: str, troubles: list[GraderError]
    ) -> Result:
        if path is None:
            return uniform_result(
                exercise, device, Status.NOT_IMPLEMENTED, "There is no file for this exercise yet."
            )
        try:
            source = read_submission(path)
            if source == exercise.stub:
                return uniform_result(exercise, device, Status.NOT_IMPLEMENTED, "Not written yet.")
            return self.judge.judge(exercise, source, device)
        except MachineError as wrong:
            if not isinstance(wrong, DeviceError):
                raise
            troubles.append(wrong)
            return uniform_result(exercise, device, Status.GRADER_ERROR, str(wrong))
        except GraderError as wrong:
            troubles.append(wrong)
            return uniform_result(exercise, device, Status.GRADER_ERROR, str(wrong))
