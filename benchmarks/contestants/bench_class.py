"""The assignment's twenty hand-ins graded: by us in sandboxes, or called in this process with nothing around them (the floor)."""

from __future__ import annotations

import argparse
import json
import sys
import time
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.assignment.submissions import sources

HERE = Path(__file__).resolve().parent.parent / "assignment"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("contestant", choices=["floor", "strong", "basic", "torch"])
    parser.add_argument("--count", type=int, required=True, help="how often the whole class is graded")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args()
    start = time.perf_counter()
    scores = _floor(options.count) if options.contestant == "floor" else _ours(options)
    inner = time.perf_counter() - start
    print(json.dumps({"inner_s": inner, "submissions": options.count * len(scores), "scores": scores}))


def _floor(count: int) -> dict[str, float]:
    sys.path.insert(0, str(HERE / "core"))
    import cases
    import reference

    scores: dict[str, float] = {}
    for _ in range(count):
        for learner, source in sources().items():
            module = types.ModuleType("conv")
            exec(compile(source, "conv.py", "exec"), module.__dict__)
            scores[learner] = sum(
                cases.POINTS[case.__name__] for case in cases.CASES if _passes(case, module, reference)
            )
    return scores


def _passes(case: object, module: types.ModuleType, reference: types.ModuleType) -> bool:
    try:
        case(module.conv2d, module.maxpool2d, reference)  # type: ignore[operator]
    except Exception:
        return False
    return True


def _ours(options: argparse.Namespace) -> dict[str, float]:
    from grader.course.catalog import builtin_root, load_course
    from grader.judge.judge import Judge
    from grader.judge.keysmith import Keysmith
    from grader.sandbox import Level, Pool

    torch = options.contestant == "torch"
    course = load_course(builtin_root() if torch else HERE / "course")
    exercises = course.select(["conv2d"]) if torch else course.exercises
    hand_ins = torch_class(exercises[0]) if torch else sources()
    with Pool(Level.STRONG if torch else Level(options.contestant), jobs=options.jobs) as pool:
        judge = Judge(pool, Keysmith(options.cache))

        def grade(learner: str) -> tuple[str, float]:
            return learner, sum(judge.judge(exercise, hand_ins[learner]).score for exercise in exercises)

        with ThreadPoolExecutor(options.jobs) as threads:
            return dict(threads.map(grade, [*hand_ins] * options.count))


def torch_class(exercise: object) -> dict[str, str]:
    """Twenty hand-ins for the built-in conv2d: its correct implementations, then its commonest mistakes."""
    solution = exercise.solution  # type: ignore[attr-defined]
    found = [*solution.wheats, *solution.chaffs]
    return {f"s{n:02d}": variant.source for n, variant in enumerate(found[:20], 1)}


if __name__ == "__main__":
    main()
