"""Small gradebooks whose every number is known."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from grader.gradebook.store import Gradebook, Incident, Judged
from grader.judge.report import CheckVerdict, Diagnosis, Result, Status, worst

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

FLIPPED = Diagnosis(
    chaff="flipped_kernel", lesson="The kernel is flipped: deep learning's convolution is a correlation."
)
HOSTILE = '=HYPERLINK("http://evil","x")'


def check(
    name: str,
    points: float = 1.0,
    most: float = 1.0,
    status: Status | None = None,
    diagnosis: Diagnosis | None = None,
    message: str = "",
) -> CheckVerdict:
    known = status or (Status.PASSED if points == most else Status.FAILED)
    said = message or ("" if known is Status.PASSED else "output is wrong (hidden case 3)")
    return CheckVerdict(
        name=name, status=known, points=points, max_points=most, message=said, diagnosis=diagnosis
    )


def result(exercise: str, *checks: CheckVerdict, wall_s: float = 0.5) -> Result:
    return Result(
        exercise=exercise,
        status=worst([one.status for one in checks]),
        score=sum(one.points for one in checks),
        max_score=sum(one.max_points for one in checks),
        wall_s=wall_s,
        checks=list(checks),
    )


def record(book: Gradebook, learner: str, found: Result, days: float = 0.0, text: str | None = None) -> None:
    """One submission, `days` after NOW."""
    source = text if text is not None else f"{learner} {found.exercise} {days}"
    key = hashlib.sha256(f"{source}{found.model_dump_json()}".encode()).hexdigest()
    at = NOW + timedelta(days=days)
    judged = Judged(learner, found.exercise, "cpu", f"class/{learner}", source, key, found, at)
    book.record(at, judged, "cnn", "v1", "strong")


def small_class(path: Path | str) -> Gradebook:
    """Four learners, two exercises, every kind of ending; one name is a formula."""
    book = Gradebook(path)
    good = [check("forward", 2, 2), check("gradients", 1, 1)]
    wrong = [check("forward", 0, 2, diagnosis=FLIPPED), check("gradients", 0, 1, Status.SKIPPED)]
    partly = [check("forward", 2, 2), check("gradients", 0, 1, message="<b>input.grad</b> is None")]
    record(book, "ada", result("conv2d", *good))
    record(book, "ada", result("relu", check("forward")))
    record(book, "blaise", result("conv2d", *wrong))
    record(book, "blaise", result("conv2d", *partly), days=1)
    record(book, "blaise", result("relu", check("forward", 0, 1, Status.TIMEOUT, message="took too long")))
    record(book, "Émile Ü", result("conv2d", *wrong))
    record(book, HOSTILE, result("relu", check("forward", 0, 1, Status.FORBIDDEN, message="=1+1 is called")))
    book.override(NOW, "Émile Ü", "conv2d", 2.5, "prof", "right idea")
    run = book.begin_run(NOW, "grade", "class", "cnn", "v1", "strong")
    book.note(
        run,
        [
            Incident("missing", "roster.csv", "handed in nothing", "zoe"),
            Incident(
                "late", "class/blaise/conv2d.py", "after the last moment that counts", "blaise", "conv2d"
            ),
            Incident(
                "grader_error", "class/ada/pool.py", "the machine was out of memory", "ada", "max_pool2d"
            ),
        ],
    )
    return book


def statuses(book: Gradebook) -> Counter[str]:
    """How many current grades there are of each status."""
    return Counter(grade.status for grade in book.grades())
