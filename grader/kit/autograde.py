"""Judge one learner's folder into Gradescope's results.json: what an autograder bundle calls.

A fault of ours writes no results: Gradescope then shows it to the instructor, and no score to the learner.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from grader.batch.clerk import read_text, untouched
from grader.batch.collect import collect_one
from grader.batch.submission import Aside
from grader.course.catalog import Course, load_course
from grader.course.sealed import load_seal
from grader.errors import CourseError, GraderError, InputError
from grader.judge.judge import Judge
from grader.judge.keysmith import Keysmith
from grader.judge.report import Report, Result, Status, make_report
from grader.judge.verdict import uniform_result
from grader.render.gradescope import results
from grader.sandbox import Pool


def judge_folder(
    course: Course, folder: Path, judge: Judge, scratch: Path
) -> tuple[Report, tuple[Aside, ...]]:
    """The report of one learner's folder, and what in it could not be used. Raises: `GraderError`, never for an answer."""
    found = collect_one(folder, course, scratch)
    handed = {one.exercise.id: one for one in found.submissions}
    judged: list[Result] = []
    for exercise in course.exercises:
        if exercise.id not in handed:
            judged.append(uniform_result(exercise, "cpu", Status.NOT_IMPLEMENTED, "Not handed in."))
            continue
        try:
            text = read_text(handed[exercise.id].path, exercise)
        except InputError as wrong:
            why = f"Your file {wrong.problems[0].message}."
            judged.append(uniform_result(exercise, "cpu", Status.ERROR, why))
            continue
        judged.append(untouched(exercise, "cpu") if text == exercise.stub else judge.judge(exercise, text))
    level = judge.pool.level.value
    return make_report(course.info.id, course.version, level, judged), found.asides


@click.command()
@click.option("--course", "root", type=click.Path(path_type=Path), required=True)
@click.option("--submission", type=click.Path(path_type=Path), required=True)
@click.option("--results", "out", type=click.Path(path_type=Path), required=True)
def main(root: Path, submission: Path, out: Path) -> None:
    """Judge SUBMISSION into RESULTS."""
    try:
        course = load_course(root)
        seal = load_seal(root)
        if seal is None:
            raise CourseError("is no kit", path=root, remedy="make the bundle with `grader kit --gradescope`")
        with Pool() as pool, tempfile.TemporaryDirectory(prefix="grader-") as scratch:
            judge = Judge(pool, Keysmith(Path(scratch) / "keys"), seal.seed, hidden=True)
            report, asides = judge_folder(course, submission, judge, Path(scratch))
    except GraderError as wrong:
        raise click.ClickException(str(wrong)) from None
    out.parent.mkdir(parents=True, exist_ok=True)
    notes = [f"{aside.path} {aside.why}" for aside in asides]
    out.write_text(json.dumps(results(report, notes), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
