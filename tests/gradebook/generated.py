"""A class of any size with plausible results: strong and weak learners, hard and easy exercises, known mistakes."""

from __future__ import annotations

import hashlib
import random
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from grader.gradebook import schema
from grader.gradebook.store import Gradebook, touch
from grader.judge.report import CheckVerdict, Diagnosis, Result, Status, worst
from tests.gradebook.books import NOW

EXERCISES = ("conv2d", "relu", "max_pool2d", "residual_block", "gan_step", "batch_norm", "dropout", "adam_step",
             "cross_entropy", "output_size")  # fmt: skip
LESSONS = {
    "flipped_kernel": "The kernel is flipped: what deep learning calls a convolution is a correlation.",
    "padding_swapped": "Vertical and horizontal padding are exchanged. F.pad takes the last axis first.",
    "bias_left_out": "The bias never reaches the output. Each output channel has one number added everywhere.",
    "mean_over_batch": "The mean is taken over the batch alone; every pixel of a channel counts too.",
}
_ENDINGS = (Status.TIMEOUT, Status.CRASHED, Status.FORBIDDEN, Status.MEMORY_LIMIT)


def fill(book: Gradebook, results: int, seed: int = 1) -> None:
    """Straight into the tables, thousands at a time: recording is another module's test."""
    rng = random.Random(seed)
    with book.engine.begin() as connection:
        rows: list[dict[str, Any]] = []
        verdicts: list[dict[str, Any]] = []
        sources: list[dict[str, Any]] = []
        for number, (source, verdict, row) in enumerate(_rows(results, rng), 1):
            sources.append(source), verdicts.append(verdict), rows.append(row)
            if number % 5000 == 0 or number == results:
                connection.execute(schema.source.insert(), sources)
                connection.execute(schema.verdict.insert(), verdicts)
                connection.execute(schema.result.insert(), rows)
                touch(connection, {row["learner"] for row in rows})
                rows, verdicts, sources = [], [], []


def _rows(
    results: int, rng: random.Random
) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    for number in range(results):
        learner, place = divmod(number, len(EXERCISES))
        exercise = EXERCISES[place]
        skill = random.Random(learner).betavariate(4, 2)
        found = _result(exercise, place, skill, rng)
        content = hashlib.sha256(f"{learner} {exercise}".encode()).hexdigest()
        key = hashlib.sha256(f"{content} key".encode()).hexdigest()
        at = NOW + timedelta(hours=rng.uniform(-48, 12))
        common = {"at": at, "exercise": exercise, "device": "cpu", "content": content}
        yield (
            {"content": content, "data": zlib.compress(f"# by {learner}\ndef {exercise}(x):\n    return x\n".encode())},
            {
                **common, "key": key, "course": "cnn", "course_version": "v1", "sandbox": "strong",
                "status": found.status.value, "score": found.score, "max_score": found.max_score,
                "report": found.model_dump_json(),
            },
            {
                **common, "learner": f"learner{learner:06}", "submitted_at": at,
                "source": f"class/learner{learner:06}/{exercise}.py", "verdict_key": key, "replaces": 0,
            },
        )  # fmt: skip


def _result(exercise: str, place: int, skill: float, rng: random.Random) -> Result:
    if rng.random() < 0.04:
        return _uniform(exercise, Status.NOT_IMPLEMENTED, "Not written yet.")
    if rng.random() < 0.02:
        return _uniform(exercise, rng.choice(_ENDINGS), "the worker was ended")
    chance = min(0.98, skill + 0.25 - 0.05 * place)
    name, lesson = list(LESSONS.items())[min(int(rng.expovariate(1.2)), 3)]
    known = Diagnosis(chaff=name, lesson=lesson) if rng.random() < 0.7 else None
    checks = []
    for check, points in (("forward", 2.0), ("stride", 1.0), ("gradients", 1.0), ("good_manners", 0.5)):
        right = rng.random() < chance
        checks.append(
            CheckVerdict(
                name=check,
                status=Status.PASSED if right else Status.FAILED,
                points=points if right else 0.0,
                max_points=points,
                message="" if right else "output is wrong (hidden case 3)",
                diagnosis=None if right else known,
                cases=9,
            )
        )
    return _of(exercise, checks)


def _uniform(exercise: str, status: Status, message: str) -> Result:
    return _of(
        exercise, [CheckVerdict(name="forward", status=status, points=0, max_points=4.5, message=message)]
    )


def _of(exercise: str, checks: list[CheckVerdict]) -> Result:
    return Result(
        exercise=exercise,
        status=worst([one.status for one in checks]),
        score=sum(one.points for one in checks),
        max_score=sum(one.max_points for one in checks),
        wall_s=0.04,
        checks=checks,
    )
