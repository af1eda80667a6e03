"""Results of several devices in one report."""

from __future__ import annotations

from grader.judge.report import Result, Status, make_report


def result(device: str, status: Status, score: float) -> Result:
    return Result(exercise="conv2d", device=device, status=status, score=score, max_score=5.0)


def test_a_device_that_is_not_here_takes_no_points_and_gives_none() -> None:
    here, there = result("cpu", Status.PASSED, 5.0), result("cuda", Status.SKIPPED, 0.0)
    for results in ([here, there], [there, here]):
        report = make_report("cnn", "1", "strong", results)
        assert (report.score, report.max_score, report.passed) == (5.0, 5.0, True)
    alone = make_report("cnn", "1", "none", [there])
    assert (alone.score, alone.max_score, alone.passed) == (0.0, 5.0, False)


def test_the_worst_device_counts() -> None:
    report = make_report(
        "cnn", "1", "strong", [result("cpu", Status.PASSED, 5.0), result("cuda", Status.FAILED, 2.0)]
    )
    assert (report.score, report.passed) == (2.0, False)
