"""References of the built-in course judged again and again: by us, or called in this process with nothing around them (the floor)."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

from grader.course.catalog import Course, Exercise, builtin_root, load_course
from grader.course.model import Kind
from grader.errors import CourseError
from grader.judge.judge import Judge
from grader.judge.key import Key
from grader.judge.keysmith import Keysmith
from grader.sandbox import Level, Pool
from grader.worker.kinds import observe
from grader.worker.serve import entries_of


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("contestant", choices=["list", "floor", "strong", "basic"])
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--exercises", nargs="*", default=[])
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args()
    course = load_course(builtin_root())
    keysmith = Keysmith(options.cache)
    if options.contestant == "list":
        print(json.dumps({"exercises": [e.id for e in course.exercises if _has_key(e, keysmith)]}))
        return
    exercises = course.select(options.exercises)
    start = time.perf_counter()
    if options.contestant == "floor":
        _floor(exercises, [keysmith.key(exercise) for exercise in exercises], options.count)
    else:
        with Pool(Level(options.contestant)) as pool:
            _ours(course, exercises, Judge(pool, keysmith).judge, options.count)
    print(json.dumps({"inner_s": time.perf_counter() - start, "exercises": len(exercises)}))


def _has_key(exercise: Exercise, keysmith: Keysmith) -> bool:
    """Make the key, once per course version; where the learner's tests are judged there is no computation to compare with."""
    if exercise.info.kind is Kind.TESTS:
        return False
    try:
        keysmith.key(exercise)
    except (CourseError, TypeError, ValueError):
        return False
    return True


def _floor(exercises: tuple[Exercise, ...], keys: list[Key], count: int) -> None:
    import torch

    torch.set_num_threads(1)
    for _ in range(count):
        for exercise, key in zip(exercises, keys, strict=True):
            entries = entries_of(
                exercise.id, exercise.solution.reference.source, list(exercise.info.entry_names)
            )
            for case in key.cases:
                observe(case.request, entries)


def _ours(course: Course, exercises: tuple[Exercise, ...], judge: Callable[..., object], count: int) -> None:
    for _ in range(count):
        for exercise in exercises:
            result = judge(exercise, exercise.solution.reference.source)
            assert str(getattr(result, "status", "")) == "passed", (exercise.id, result)


main()
