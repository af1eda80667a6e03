"""The figures of a class, against numbers worked out by hand and against other implementations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.cli.gradebook import gradebook as command
from grader.gradebook.moments import Histogram, Moments
from grader.gradebook.statistics import ClassStats, class_stats
from grader.gradebook.store import Gradebook
from grader.judge.report import Status
from grader.quiz.stats import correlation, quantile
from tests.gradebook.books import FLIPPED, HOSTILE, check, record, result
from tests.gradebook.test_export import weighted

floats = st.floats(-1e3, 1e3, allow_nan=False)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(floats, floats), max_size=40))
def test_moments_agree_with_the_quiz_and_numpy(pairs: list[tuple[float, float]]) -> None:
    moments = Moments()
    for x, y in pairs:
        moments.add(x, y)
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    if pairs:
        assert moments.deviation == pytest.approx(float(np.std(xs)), abs=1e-6)
    spread = min((float(np.std(side)) for side in (xs, ys)), default=0.0) if pairs else 0.0
    if spread > 1e-3:  # else both are rounding alone
        assert moments.correlation == pytest.approx(correlation(xs, ys), abs=1e-6)
    elif len(pairs) < 3 or spread == 0.0:
        assert moments.correlation is None


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.sampled_from([0.25, 0.5, 0.75]))
def test_histogram_quantile_lies_between_its_neighbours(values: list[float], share: float) -> None:
    held = Histogram(0.0, 1.0, 1000)
    for value in values:
        held.add(value)
    found = held.quantile(share)
    assert found is not None
    below = sum(value < found - 1e-3 - 1e-9 for value in values)
    above = sum(value > found + 1e-3 + 1e-9 for value in values)
    assert below <= share * len(values) + 1e-9 and above <= (1 - share) * len(values) + 1e-9
    assert sum(held.merged(10)) == held.total == len(values)


def test_histogram_of_many_agrees_with_the_quiz() -> None:
    values = [float(v) for v in np.random.default_rng(3).beta(2, 5, 5000)]
    held = Histogram(0.0, 1.0, 1000)
    for value in values:
        held.add(value)
    for share in (0.1, 0.5, 0.9):
        assert held.quantile(share) == pytest.approx(quantile(values, share), abs=2e-3)
    assert Histogram(0.0, 1.0, 10).quantile(0.5) is None


@pytest.fixture
def stats(book: Gradebook) -> ClassStats:
    return class_stats(book)


def test_small_class(stats: ClassStats) -> None:
    assert (stats.learners, stats.results, stats.overrides) == (4, 6, 1)
    # shares of all points: ada 4/4, blaise 2/4, Émile 2.5/3, HOSTILE 0/1
    assert stats.totals.mean == pytest.approx((1 + 0.5 + 2.5 / 3 + 0) / 4)
    assert stats.totals.tenths == (1, 0, 0, 0, 0, 1, 0, 0, 1, 1)
    assert stats.statuses == {"passed": 2, "failed": 2, "forbidden": 1, "timeout": 1}
    conv2d, relu = stats.exercises
    assert (conv2d.exercise, conv2d.count, conv2d.passed) == ("conv2d", 3, 1)
    assert conv2d.facility == pytest.approx((3 + 2 + 0) / 9)
    assert conv2d.shares == (1, 0, 0, 0, 0, 0, 1, 0, 0, 1)
    assert conv2d.tries[0] == 1 and sum(conv2d.tries) == 1
    assert relu.facility == pytest.approx(1 / 3)
    assert stats.missing == {"conv2d": 1, "relu": 1}


def test_skipped_checks_are_no_zeros(stats: ClassStats) -> None:
    forward, gradients = stats.exercises[0].checks
    assert (forward.name, forward.count, forward.skipped) == ("forward", 3, 0)
    assert forward.facility == pytest.approx(2 / 3)
    assert (gradients.count, gradients.skipped, gradients.undiagnosed) == (2, 1, 1)
    assert gradients.facility == 0.5


def test_incidents_and_endings(stats: ClassStats) -> None:
    ended = {one.status: one for one in stats.ended}
    assert ended[Status.TIMEOUT].count == 1
    assert ended[Status.FORBIDDEN].examples[0].learner == HOSTILE
    assert {one.kind: one.count for one in stats.noted} == {"grader_error": 1, "late": 1, "missing": 1}


def test_misconceptions_are_ranked_and_shown(tmp_path: Path) -> None:
    other = FLIPPED.model_copy(update={"chaff": "no_bias", "lesson": "The bias is left out."})
    with Gradebook(tmp_path / "m.db") as book:
        for number in range(5):
            wrong = [check("forward", 0, 2, diagnosis=FLIPPED), check("stride", 0, 1, diagnosis=FLIPPED)]
            record(
                book, f"learner{number}", result("conv2d", *wrong), text=f"# learner {number}\nwrong = 1\n"
            )
        record(book, "other", result("conv2d", check("forward", 0, 2, diagnosis=other)))
        first, second = class_stats(book).misconceptions
    assert (first.name, first.learners, first.of, first.checks) == (
        "flipped_kernel",
        5,
        6,
        ("forward", "stride"),
    )
    assert first.code == "# learner 0\nwrong = 1"
    assert (second.name, second.learners) == ("no_bias", 1)


def test_discrimination_against_the_quiz_formula(tmp_path: Path) -> None:
    scores = np.random.default_rng(5).integers(0, 3, size=(30, 4)).tolist()
    with Gradebook(tmp_path / "d.db") as book:
        for number, row in enumerate(scores):
            for place, score in enumerate(row):
                record(book, f"l{number:02}", result(f"e{place}", check("forward", float(score), 2.0)))
        found = class_stats(book).exercises
    for place, one in enumerate(found):
        mine = [row[place] / 2 for row in scores]
        rest = [(sum(row) - row[place]) / 6 for row in scores]
        assert one.discrimination == pytest.approx(correlation(mine, rest))
        assert one.checks[0].discrimination == pytest.approx(one.discrimination)
        assert one.facility == pytest.approx(sum(mine) / 30)


def test_tries_and_hours_to_pass(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "t.db") as book:
        for number, days in enumerate([1.0, 1.0, 2.0]):
            record(book, f"l{number}", result("conv2d", check("forward", 0, 1)))
            record(book, f"l{number}", result("conv2d", check("forward", 1, 1)), days=days)
            record(
                book, f"l{number}", result("conv2d", check("forward", 1, 1)), days=5, text=f"again {number}"
            )
        (one,) = class_stats(book).exercises
    assert one.tries[:3] == (0, 3, 0)
    assert one.hours_to_pass == pytest.approx(24, abs=1)


def test_late(book: Gradebook) -> None:
    weighted(book)
    late = class_stats(book).late
    assert (late.count, late.learners, late.points) == (1, 1, 1.0)
    assert late.worst[0][:2] == ("blaise", "conv2d")


def test_outliers_lie_beyond_the_fences(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "o.db") as book:
        for number in range(20):
            record(book, f"l{number:02}", result("conv2d", check("forward", 8.0 + number % 3, 10)))
        record(book, "lost", result("conv2d", check("forward", 0, 10)))
        for attempt in range(9):
            record(book, "busy", result("conv2d", check("forward", 9.0, 10)), text=f"attempt {attempt}")
        found = class_stats(book).outliers
    assert [(one.learner, one.what) for one in found] == [
        ("lost", "share of all points"),
        ("busy", "attempts"),
    ]


def test_a_file_judged_as_a_whole_is_no_check_of_the_exercise_s_name(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "g.db") as book:
        record(book, "ada", result("relu", check("relu", 0, 1, Status.FORBIDDEN)))
        record(book, "bob", result("relu", check("forward")))
    text = CliRunner().invoke(command, ["stats", "--gradebook", str(tmp_path / "g.db")]).output
    assert [line.split("  ")[1] for line in text.splitlines() if line.startswith("  ")][:2] == [
        "(the whole file)",
        "forward",
    ]


def test_text_and_json(book: Gradebook, tmp_path: Path) -> None:
    text = CliRunner().invoke(command, ["stats", "--gradebook", book.where]).output
    assert "4 learners, 6 grades, 1 set by hand." in text
    assert "1 of 3 in conv2d: flipped_kernel (forward)" in text
    found = json.loads(
        CliRunner().invoke(command, ["stats", "--format", "json", "--gradebook", book.where]).output
    )
    assert found["exercises"][0]["checks"][1]["skipped"] == 1
    with Gradebook(tmp_path / "none.db") as empty:
        nothing = class_stats(empty)
    assert (nothing.learners, nothing.totals.mean, nothing.outliers) == (0, None, ())
    done = CliRunner().invoke(command, ["stats", "--gradebook", str(tmp_path / "none.db")])
    assert done.exit_code == 0 and "0 learners" in done.output
