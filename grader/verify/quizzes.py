"""The quiz banks of a course: linted, and the outputs they keep compared with what the code prints today."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from grader.course.catalog import Course
from grader.errors import CourseError, GraderError, Problem
from grader.quiz.bank import bank_files, load_bank, load_banks
from grader.quiz.lint import lint
from grader.quiz.linting.finding import Level
from grader.quiz.outputs import Lock, codes, lock_path, make_lock, read_lock, write_lock
from grader.sandbox import Limits, Pool, WorkerEnded
from grader.verify.store import Store
from grader.worker.wire import Message


class Made(BaseModel):
    """A bank's lock as it was last made, kept so that unchanged code is not run again."""

    lock: Lock


def check_banks(course: Course, pool: Pool, store: Store) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings of all banks under `quizzes/`. Missing or stale lock files are written anew."""
    folder = course.root / "quizzes"
    if not folder.is_dir() or not any(folder.rglob("*.y*ml")):
        return [], []
    known = frozenset(exercise.id for exercise in course.exercises)
    outputs = [problem for file in bank_files([folder]) for problem in _outputs(file, pool, store)]
    found = lint([folder], exercises=known)
    errors = [one.problem for one in found if one.level is Level.ERROR]
    return [*errors, *outputs, *disagreeing(course, folder)], [
        one.problem for one in found if one.level is Level.WARNING
    ]


def disagreeing(course: Course, folder: Path) -> list[Problem]:
    """Links of `course.yaml` to quiz items that the banks do not have, or whose item does not name the exercise."""
    try:
        library = load_banks([folder])
    except GraderError:  # the banks' own problems are told elsewhere
        return []
    path = course.root / "exercises" / "course.yaml"
    found = []
    for exercise in course.exercises:
        for name in exercise.info.quiz:
            item = library.items.get(name)
            if item is None:
                found.append(
                    Problem(f"there is no quiz item {name}", path, key=exercise.id, remedy="check its id")
                )
            elif exercise.id not in item.exercises:
                what = f"links the quiz item {name}, which does not name the exercise"
                remedy = f"add {exercise.id} to its `exercises` in {library.shelf_of[name].path.name}"
                found.append(Problem(what, path, key=exercise.id, remedy=remedy))
    return found


def _outputs(file: Path, pool: Pool, store: Store) -> Iterator[Problem]:
    """Run the bank's code and see that the lock file says the same; write it where it says nothing or less."""
    try:
        bank = load_bank(file)
        pieces = [code for _, code in codes(bank)]
        if not pieces and not lock_path(file).exists():
            return
        name = f"quiz_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
        content = "\0".join(pieces)
        kept = store.get(name, content, Made)
        lock = kept.lock if kept is not None else make_lock(bank, file, lambda code: run_script(code, pool))
        store.put(name, content, Made(lock=lock))
        before = read_lock(lock_path(file))
    except GraderError as wrong:
        yield from wrong.problems
        return
    after = {key: printed.stdout for key, printed in lock.outputs.items()}
    for key in before.keys() & after.keys():
        if before[key] != after[key]:
            yield Problem(
                f"the code prints {after[key]!r}, but the lock file says {before[key]!r}",
                lock_path(file),
                key=lock.outputs[key].item,
                remedy="if today's output is right, delete the lock file and run `grader verify`; the code "
                "must print the same every time",
            )
    if before.keys() != after.keys():
        write_lock(lock_path(file), lock)


def run_script(code: str, pool: Pool) -> str:
    """What `code` prints when run as a script in the sandbox. Raises: `CourseError` when it fails."""
    with pool.session("torch", (), Limits(wall_s=20.0)) as session:
        try:
            answer = session.ask(Message({"do": "load", "name": "__main__", "source": code, "entries": []}))
        except WorkerEnded as end:
            raise CourseError(end.outcome.detail) from None
        if answer.head.get("status") != "ok":
            error = answer.head.get("error")
            described = error if isinstance(error, dict) else {}
            raise CourseError(f"{described.get('type')}: {described.get('message')}")
        return session.output
