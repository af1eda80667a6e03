"""What a course's files must hold: found by reading, without running anything, so it is looked at on every run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from grader.course.catalog import Course, Exercise
from grader.errors import CourseError, GraderError, Problem

MIN_HINTS = 3


def check_files(course: Course) -> list[Problem]:
    """Files of `exercises/` and `solutions/` that belong to no exercise, and solutions that are missing."""
    return [*_orphans(course), *_without_solution(course)]


def check_entry(course: Course, exercise: Exercise, quiz_ids: frozenset[str] | None) -> list[Problem]:
    """What is wrong with an exercise's entry in `course.yaml` and its statement. `quiz_ids` None: not looked at."""
    path = course.root / "exercises" / "course.yaml"
    return [*_hints(exercise, path), *_quiz_links(exercise, path, quiz_ids), *_statement(exercise)]


def quiz_ids_of(course: Course) -> frozenset[str] | None:
    """The ids of all quiz items; None where there is no bank yet, or banks are damaged (the quiz lint says how)."""
    from grader.quiz.bank import load_banks

    folder = course.root / "quizzes"
    if not folder.is_dir() or not any(folder.rglob("*.y*ml")):
        return None
    try:
        return frozenset(load_banks([folder]).items)
    except GraderError:
        return None


def _hints(exercise: Exercise, path: Path) -> Iterator[Problem]:
    count = len(exercise.info.hints)
    if count < MIN_HINTS:
        yield Problem(
            f"has {count} hints, where {MIN_HINTS} are due",
            path,
            key=exercise.id,
            remedy="from a nudge to nearly the answer",
        )
    if len(set(exercise.info.hints)) < count:
        yield Problem("has the same hint twice", path, key=exercise.id, remedy="each hint says more")


def _quiz_links(exercise: Exercise, path: Path, quiz_ids: frozenset[str] | None) -> Iterator[Problem]:
    for item in exercise.info.quiz:
        if quiz_ids is not None and item not in quiz_ids:
            yield Problem(
                f"links the quiz item {item!r}, which no bank holds",
                path,
                key=exercise.id,
                remedy="correct its id, or add it to a bank in quizzes/",
            )


def _statement(exercise: Exercise) -> Iterator[Problem]:
    try:
        tree = ast.parse(exercise.stub)
    except SyntaxError as wrong:
        yield Problem(f"is not Python: {wrong.msg}", exercise.stub_path, wrong.lineno)
        return
    except CourseError as wrong:
        yield from wrong.problems
        return
    if not (ast.get_docstring(tree) or "").strip():
        yield Problem(
            "has no statement", exercise.stub_path, 1, remedy="its docstring says what to build, and why"
        )
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for entry in exercise.info.entry_names:
        if entry not in defined:
            yield Problem(
                f"defines no {entry}",
                exercise.stub_path,
                remedy="add its signature, or name the entry in course.yaml",
            )


def _orphans(course: Course) -> Iterator[Problem]:
    known = {exercise.relative_path for exercise in course.exercises}
    for side in ("exercises", "solutions"):
        folder = course.root / side
        for file in sorted(folder.rglob("*.py")):
            inside = file.relative_to(folder)
            owner = inside.parent.with_suffix(".py") if side == "solutions" else inside
            if inside not in known and owner not in known:
                yield Problem(
                    "belongs to no exercise", file, remedy="add its entry to course.yaml, or delete it"
                )


def _without_solution(course: Course) -> Iterator[Problem]:
    for exercise in course.exercises:
        path = course.root / "solutions" / exercise.relative_path
        if not path.is_file() and not path.with_suffix("").is_dir():
            yield Problem(
                "no such solution",
                path,
                key=exercise.id,
                remedy="write the reference, wheats, chaffs and cases",
            )
