"""A learner's workspace in, a report out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from grader.course.catalog import Course, Exercise
from grader.course.workspace import find
from grader.errors import GraderError, InputError, MachineError
from grader.judge.judge import Judge, read_submission
from grader.judge.keysmith import Keysmith
from grader.judge.report import Report, Result, Status, make_report
from grader.judge.verdict import uniform_result
from grader.sandbox import Level, Pool
from grader.sandbox.devices import resolve


def check_workspace(
    course: Course,
    workspace: Path,
    names: Sequence[str],
    *,
    sandbox: str,
    device: str,
    cache: Path,
    say: Callable[[str], None],
) -> tuple[Report, list[GraderError]]:
    """Judge the named exercises (all, when none is named) of a workspace.

    What is wrong with a file or with one exercise of the course costs no points and stops nothing: it is a result
    with status `grader_error`, and an error in the second value. Raises: `UsageError`, `CourseError`, `MachineError`.
    """
    exercises = course.select(names)
    files = {exercise.id: find(workspace, exercise) for exercise in exercises}
    if not any(files.values()):
        raise InputError(
            "holds none of these exercises", path=workspace, remedy="grader init makes a workspace"
        )
    level = None if sandbox == "auto" else Level(sandbox)
    results: list[Result] = []
    troubles: list[GraderError] = []
    with Pool(level) as pool:
        judge = Judge(pool, Keysmith(cache))
        for exercise in exercises:
            for name, reason in resolve(device, exercise.info.devices):
                if reason is not None:
                    results.append(uniform_result(exercise, name, Status.SKIPPED, reason))
                    continue
                results.append(_judge_file(judge, exercise, files[exercise.id], name, troubles))
        used = pool.level.value if any(result.checks and result.wall_s for result in results) else "none"
    return make_report(course.info.id, course.version, used, results), troubles


def _judge_file(
    judge: Judge, exercise: Exercise, path: Path | None, device: str, troubles: list[GraderError]
) -> Result:
    if path is None:
        return uniform_result(
            exercise, device, Status.NOT_IMPLEMENTED, "There is no file for this exercise yet."
        )
    try:
        source = read_submission(path)
        if source == exercise.stub:
            return uniform_result(exercise, device, Status.NOT_IMPLEMENTED, "Not written yet.")
        return judge.judge(exercise, source, device)
    except MachineError:
        raise
    except GraderError as wrong:
        troubles.append(wrong)
        return uniform_result(exercise, device, Status.GRADER_ERROR, str(wrong))
