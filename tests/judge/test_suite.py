"""Kind `tests`: a learner's tests, judged by which implementations they accept and which they catch."""

from __future__ import annotations

import pytest

from grader.course.catalog import Course, Exercise
from grader.course.solution import Variant
from grader.judge.judge import Judge
from grader.judge.report import Result, Status
from grader.judge.suite import ACCEPTS


@pytest.fixture(scope="module")
def exercise(course: Course) -> Exercise:
    """`test_conv2d` with fewer implementations under test, so that a run takes seconds."""
    found = course.exercise("test_conv2d")
    assert found.subject is not None
    solution = found.subject.solution
    kept = {"bias_detached", "flipped_kernel", "stride_ignored", "input_padded_in_place"}
    solution.__dict__["wheats"] = solution.wheats[:2]
    solution.__dict__["chaffs"] = tuple(chaff for chaff in solution.chaffs if chaff.name in kept)
    yield found
    del solution.__dict__["wheats"], solution.__dict__["chaffs"]


def variant(exercise: Exercise, name: str) -> Variant:
    return next(v for v in (*exercise.solution.wheats, *exercise.solution.chaffs) if v.name == name)


def statuses(result: Result) -> dict[str, Status]:
    return {check.name: check.status for check in result.checks}


def test_good_tests_catch_everything(judge: Judge, exercise: Exercise) -> None:
    result = judge.judge(exercise, variant(exercise, "by_hand").source)
    assert (result.status, result.score) == (Status.PASSED, exercise.info.points)


def test_what_is_missed_is_named_with_its_lesson(judge: Judge, exercise: Exercise) -> None:
    result = judge.judge(exercise, variant(exercise, "no_gradients").source)
    assert statuses(result)["bias_detached"] is Status.FAILED
    assert statuses(result)["flipped_kernel"] is Status.PASSED
    missed = next(check for check in result.checks if check.name == "bias_detached")
    assert "can never learn" in missed.message
    assert 0 < result.score < exercise.info.points


def test_rejecting_a_correct_implementation_earns_nothing(judge: Judge, exercise: Exercise) -> None:
    result = judge.judge(exercise, variant(exercise, "demands_a_flip").source)
    assert result.score == 0
    assert statuses(result)[ACCEPTS] is Status.FAILED
    complaint = next(check for check in result.checks if check.name == ACCEPTS)
    assert "test_flip: AssertionError" in complaint.message and complaint.places[0].line > 0


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("def test_nothing(conv2d):\n    pass\n", Status.FAILED),
        ("x = 1\n", Status.FAILED),
        ("def test_always_fails(conv2d):\n    assert False\n", Status.FAILED),
        ("import pytest\ndef test_skips(conv2d):\n    pytest.skip('no')\n", Status.FAILED),
        ("def test_stub(conv2d):\n    raise NotImplementedError\n", Status.NOT_IMPLEMENTED),
        ("def test_broken(conv2d:\n", Status.ERROR),
        ("import os\nos._exit(0)\n", Status.CRASHED),
        ("import torch\ndef test_oracle(conv2d):\n    torch.nn.functional.conv2d\n", Status.FORBIDDEN),
    ],
)
def test_no_tests_no_points(judge: Judge, exercise: Exercise, source: str, status: Status) -> None:
    result = judge.judge(exercise, source)
    assert (result.status, result.score) == (status, 0)


def test_the_implementation_under_test_cannot_be_read(judge: Judge, exercise: Exercise) -> None:
    """Nothing about the function in hand, nor in the process, differs between a right and a wrong one."""
    source = """
        import gc, inspect, sys
        def test_spy(conv2d):
            def text(x):
                try:
                    return inspect.getsource(x)
                except (OSError, TypeError):
                    return ""
            seen = [text(conv2d), text(type(conv2d)), repr(vars(conv2d)), str(sorted(sys.modules))]
            seen += [o for o in gc.get_objects() if isinstance(o, str)]
            assert not any("kernels[..., kh - 1 - i" in s or "running sum" in s for s in seen)
            assert not any(hasattr(f, "f_locals") and "variant" in f.f_locals for f in sys._current_frames().values())
        """
    import textwrap

    result = judge.judge(exercise, textwrap.dedent(source))
    assert statuses(result)[ACCEPTS] is Status.PASSED
    assert result.score == 0
