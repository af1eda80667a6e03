"""Speed: measured outside the worker, of right answers only."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.bench import ceilings, measure, roofline
from grader.bench.bench import Speed, bench, subject_of
from grader.bench.measure import Timing, per_call, timing
from grader.bench.roofline import Ceilings, Cost
from grader.cli import cli
from grader.cli.bench import rendered
from grader.course.catalog import Course
from grader.errors import GraderError, MachineError
from grader.judge.judge import Judge
from grader.judge.keysmith import Keysmith
from grader.judge.report import Status
from grader.sandbox import Pool, lease
from grader.sandbox.devices import present
from grader.sandbox.gpu import Gpu


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "LEAST_S", 0.005)


def timed(judge: Judge, course: Course, exercise: str, source: str | None = None) -> Speed:
    found = course.exercise(exercise)
    return bench(judge, found, found.solution.reference.source if source is None else source, rounds=3)


def renamed(course: Course, exercise: str) -> str:
    """The reference under the name `honest`."""
    source = course.exercise(exercise).solution.reference.source
    assert source.count(f"def {exercise}(") == 1
    return source.replace(f"def {exercise}(", "def honest(")


def test_median_and_quartiles() -> None:
    assert timing([5.0, 1.0, 2.0, 3.0, 4.0]) == Timing(3.0, 2.0, 4.0)
    assert timing([2.0]) == Timing(2.0, 2.0, 2.0)
    with pytest.raises(ValueError, match="no sample"):
        timing([])


def test_what_surrounds_the_calls_falls_out() -> None:
    assert per_call(lambda calls: 1.0 + 0.75 * calls, lambda calls: 1.0 + 0.25 * calls, 8) == pytest.approx(
        0.5
    )
    assert per_call(lambda calls: 1.0, lambda calls: 2.0, 8) == 0.0


@pytest.mark.parametrize(
    ("cost", "least", "limit"),
    [
        (Cost(flops=8e9, bytes=1e9), 0.8, "arithmetic is the limit"),
        (Cost(1e9, 4e9), 2.0, "memory traffic is"),
    ],
)
def test_the_roofline_in_words(cost: Cost, least: float, limit: str) -> None:
    here = Ceilings(bytes_per_s=2e9, flops_per_s=1e10)
    assert (here.ridge, roofline.least_s(cost, here)) == (5.0, least)
    words = roofline.position(cost, here, least * 4, least * 2)
    assert limit in words and "your code reaches 25 %" in words and "the reference 50 %" in words


def test_a_right_answer_is_timed_beside_the_reference(judge: Judge, course: Course) -> None:
    speed = timed(judge, course, "linear_backward")
    assert speed.status is Status.PASSED, speed.message
    assert speed.yours and speed.reference and speed.ratio and speed.cost and speed.ceilings
    assert speed.yours.low_s <= speed.yours.median_s <= speed.yours.high_s
    assert speed.cost == Cost(
        flops=4 * 64 * 256 * 512 + 64 * 256, bytes=4 * (64 * 768 + 256 * 512 + 64 * 512 + 256 * 513)
    )
    assert "is the limit" in rendered(speed)


def test_a_torch_module_without_a_formula_is_timed_on_its_largest_case(judge: Judge, course: Course) -> None:
    speed = timed(judge, course, "squeeze_excitation")
    assert speed.status is Status.PASSED, speed.message
    assert speed.yours is not None and speed.cost is None and speed.roofline == ""
    assert speed.call.startswith("SqueezeExcitation(")


def test_a_wrong_answer_has_no_speed(judge: Judge, course: Course) -> None:
    for chaff in course.exercise("linear_backward").solution.chaffs[:1]:
        speed = timed(judge, course, "linear_backward", chaff.source)
        assert speed.status is Status.FAILED and speed.yours is None
        assert "its speed says nothing" in rendered(speed)


CLOCK = """
import time
{source}
time.perf_counter = time.monotonic = time.process_time = time.time = lambda: 0.0
time.perf_counter_ns = time.monotonic_ns = lambda: 0

def linear_backward(grad_output, input, weight):
    time.sleep(0.03)
    return honest(grad_output, input, weight)
"""
FIRST_CALLS = """
{source}
calls, kept = 0, None

def linear_backward(grad_output, input, weight):
    global calls, kept
    calls += len(input) == 64
    if calls <= 10 or len(input) != 64:
        kept = honest(grad_output, input, weight)
    return tuple(part.copy() for part in kept)
"""


def test_a_stopped_clock_stops_nothing(judge: Judge, course: Course) -> None:
    source = CLOCK.format(source=renamed(course, "linear_backward"))
    speed = timed(judge, course, "linear_backward", source)
    assert speed.status is Status.PASSED and speed.yours is not None, speed.message
    assert speed.yours.median_s > 0.015  # each call slept twice as long


def test_results_that_are_kept_after_the_first_calls_are_found_out(judge: Judge, course: Course) -> None:
    source = FIRST_CALLS.format(source=renamed(course, "linear_backward"))
    speed = timed(judge, course, "linear_backward", source)
    assert speed.status is Status.FAILED and "a result is kept" in speed.message and speed.yours is None


def test_what_ends_while_it_is_timed_is_a_failure_and_no_error(judge: Judge, course: Course) -> None:
    source = renamed(course, "linear_backward") + (
        "\n\ndef linear_backward(grad_output, input, weight):\n"
        "    if grad_output.shape[0] == 64: raise SystemExit\n"
        "    return honest(grad_output, input, weight)\n"
    )
    speed = timed(judge, course, "linear_backward", source)
    assert speed.status is Status.FAILED and "cannot be timed" in speed.message


def test_what_has_no_speed_says_so(judge: Judge, course: Course) -> None:
    with pytest.raises(GraderError, match="has no speed"):
        timed(judge, course, "test_conv2d")
    with pytest.raises(GraderError, match="answers are random"):
        timed(judge, course, "kaiming_normal")


def test_what_forbids_products_can_be_timed(
    judge: Judge, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "MOST_CALLS", 8)
    given = course.exercise("global_avg_pool")
    exercise = replace(given, info=given.info.model_copy(update={"forbidden": ("mul*", "*mm*")}))
    speed = bench(judge, exercise, exercise.solution.reference.source, rounds=3)
    assert speed.status is Status.PASSED and speed.yours is not None, speed.message


def test_a_gpu_with_room_for_one_is_timed_on_and_reserved(
    course: Course, keysmith: Keysmith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three workers at once, and a fourth for the ceilings, on a stand-in for a device."""
    if sys.platform != "linux":
        pytest.skip("there are no GPU workers elsewhere")
    fake = Gpu("cpu", f"GPU-bench-{os.getpid()}", ("/dev/full",))
    monkeypatch.setattr(measure, "MOST_CALLS", 8)
    monkeypatch.setattr(lease.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(lease.take, "__defaults__", (1, None, 0.0, lambda seconds: None))
    found: list[str] = []

    def elsewhere(cost: Cost, ceilings: Ceilings, yours_s: float, reference_s: float) -> str:
        with pytest.raises(MachineError, match="is taken"):
            lease.take(fake.uuid)
        found.append("taken")
        return "measured"

    monkeypatch.setattr("grader.bench.bench.position", elsewhere)
    monkeypatch.setattr(
        "grader.bench.bench.subject_of", lambda *given: replace(subject_of(*given), cost=Cost(1.0, 1.0))
    )
    monkeypatch.setitem(ceilings.SIZES, "cpu", (1 << 12, 16))
    with Pool(gpus=lambda name: fake) as pool:
        speed = timed(Judge(pool, keysmith), course, "global_avg_pool")
    assert (speed.status, speed.roofline, found) == (Status.PASSED, "measured", ["taken"]), speed.message
    lease.take(fake.uuid).release()


@pytest.mark.cuda
def test_on_a_gpu(judge: Judge, course: Course) -> None:
    if present().named("cuda") is None:
        pytest.skip(present().missing["cuda"])
    exercise = course.exercise("conv2d")
    speed = bench(judge, exercise, exercise.solution.reference.source, "cuda", rounds=3)
    assert speed.status is Status.PASSED and speed.roofline, speed.message
    print(rendered(speed))


def test_the_command(course: Course, home: Path, tmp_path: Path) -> None:
    exercise = course.exercise("linear_backward")
    path = tmp_path / exercise.relative_path
    path.parent.mkdir(parents=True)
    run = CliRunner()
    options = ["bench", exercise.id, "--workspace", str(tmp_path), "--rounds", "3", "--format", "json"]
    path.write_text(exercise.solution.reference.source)
    done = run.invoke(cli, options)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["status"] == "passed" and said["ratio"]["median_s"] > 0 and said["rounds"] == 3
    path.write_text(exercise.solution.chaffs[0].source)
    assert run.invoke(cli, options).exit_code == 1
    assert isinstance(run.invoke(cli, [*options, "--device", "cuda"]).exception, GraderError)
