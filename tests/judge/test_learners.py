"""What learners really hand in beside right and wrong answers: each has its own friendly form."""

from __future__ import annotations

import textwrap

import pytest

from grader.course.catalog import Course
from grader.judge.judge import Judge
from grader.judge.report import CheckVerdict, Result, Status


def judged(judge: Judge, course: Course, source: str, exercise: str = "max_pool2d") -> Result:
    return judge.judge(course.exercise(exercise), textwrap.dedent(source))


def first(result: Result) -> CheckVerdict:
    return next(check for check in result.checks if check.status is not Status.PASSED)


def test_a_syntax_error_shows_the_line(judge: Judge, course: Course) -> None:
    check = first(judged(judge, course, "def max_pool2d(input:\n    return input\n"))
    assert check.status is Status.ERROR
    assert "Python cannot read your file" in check.message
    assert check.places[0].line == 1


def test_an_exception_shows_the_learners_line_and_no_frame_of_ours(judge: Judge, course: Course) -> None:
    source = """
        def helper(values):
            return values[99]

        def max_pool2d(input, kernel_size, stride=None, padding=0):
            return helper([1, 2, 3])
        """
    check = first(judged(judge, course, source))
    assert (check.status, check.message) == (Status.ERROR, "IndexError: list index out of range")
    assert [(place.function, place.text.strip()) for place in check.places] == [
        ("max_pool2d", "return helper([1, 2, 3])"),
        ("helper", "return values[99]"),
    ]


def test_prints_are_shown_and_cost_nothing(judge: Judge, course: Course) -> None:
    reference = course.exercise("max_pool2d").solution.reference.source
    result = judged(judge, course, reference + "\nprint('hello from the top level')\n")
    assert result.status is Status.PASSED
    assert "hello from the top level" in result.output


def test_endless_loops_run_out_of_time(judge: Judge, course: Course) -> None:
    exercise = course.exercise("max_pool2d")
    bounds = exercise.info.limits.model_copy(update={"wall_s": 1.0})
    quick = type(exercise)(exercise.info.model_copy(update={"limits": bounds}), exercise.topic, exercise.root)
    result = judge.judge(quick, "def max_pool2d(*args, **kwargs):\n    while True:\n        pass\n")
    assert result.status is Status.TIMEOUT
    assert "1" in first(result).message


def test_a_missing_entry_is_named(judge: Judge, course: Course) -> None:
    result = judged(judge, course, "def maxpool(input):\n    return input\n")
    assert result.status is Status.ERROR
    assert "defines no max_pool2d" in first(result).message
    assert first(result).diagnosis is None


def test_leaving_the_program_is_no_answer(judge: Judge, course: Course) -> None:
    result = judged(judge, course, "import sys\nsys.exit(0)\n")
    assert (result.status, result.score) == (Status.ERROR, 0)
    result = judged(judge, course, "import os\nos._exit(0)\n")
    assert (result.status, result.score) == (Status.CRASHED, 0)


def test_control_codes_in_messages_are_made_harmless(judge: Judge, course: Course) -> None:
    result = judged(judge, course, "def max_pool2d(*a, **k):\n    raise ValueError('\\x1b[2Jgone\\u202e')\n")
    assert "\x1b" not in first(result).message
    assert "\u202e" not in first(result).message


def test_a_forbidden_operator_is_refused_however_it_is_reached(judge: Judge, course: Course) -> None:
    ways = [
        "import torch.nn.functional as F\nmax_pool2d = F.max_pool2d\n",
        "import torch\ndef max_pool2d(input, k, s=None, p=0):\n"
        "    return getattr(torch.nn.functional, 'max_' + 'pool2d')(input, k, s, p)\n",
        "import torch\ndef max_pool2d(input, k, s=None, p=0):\n"
        "    return torch.ops.aten.max_pool2d_with_indices(input, [2, 2], [2, 2])[0]\n",
    ]
    for way in ways:
        result = judged(judge, course, way)
        assert (result.status, result.score) == (Status.FORBIDDEN, 0), way


#: the classes of mistake that peers accept (input mutation, halved gradients, forced dtype, ...), as they come
PEERS_ACCEPT = {
    "nan": ("conv2d", "return output if bias", "return output * float('nan') if bias"),
    "zeros": ("conv2d", "return output if bias", "return output * 0 if bias"),
    "broadcast_scalar": (
        "conv2d",
        "return output if bias is None else",
        "return output.mean() if bias is None else",
    ),
    "subclass": ("conv2d", "return output if bias is None", "return LyingTensor(output) if bias is None"),
    "device": ("conv2d", "return output if bias is None", "return output.to('meta') if bias is None"),
    "global_seed": ("conv2d", "padded = F.pad", "torch.manual_seed(0); padded = F.pad"),
    "default_dtype": ("conv2d", "padded = F.pad", "torch.set_default_dtype(torch.float64); padded = F.pad"),
    "second_call": (
        "conv2d",
        "return output if",
        "calls.append(1); output = output + (len(calls) % 2 == 0); return output if",
    ),
    "first_calls_only": (
        "conv2d",
        "return output if",
        "calls.append(1); output = output * (len(calls) < 9); return output if",
    ),
}


@pytest.mark.parametrize("name", PEERS_ACCEPT)
def test_what_peers_let_through_fails(judge: Judge, course: Course, name: str) -> None:
    exercise, old, new = PEERS_ACCEPT[name]
    source = course.exercise(exercise).solution.reference.source
    assert source.count(old) == 1
    extra = "import torch\ncalls = []\nclass LyingTensor(torch.Tensor):\n    def __eq__(self, other):\n        return True\n"
    result = judge.judge(course.exercise(exercise), extra + source.replace(old, new))
    assert result.status is not Status.PASSED
    assert result.score < result.max_score


def test_an_answer_nearer_to_the_truth_than_the_reference_passes(judge: Judge, course: Course) -> None:
    exercise = course.exercise("conv2d")
    exact = next(wheat for wheat in exercise.solution.wheats if wheat.name == "conv2d_windows")
    assert ".double()" in exact.source
    assert judge.judge(exercise, exact.source).status is Status.PASSED


def test_hidden_cases_do_not_leak_through_what_the_code_says(judge: Judge, course: Course) -> None:
    source = """
        def max_pool2d(input, *rest, **options):
            print("SECRET", input)
            class Told(ValueError):
                pass
            Told.__name__ = "SECRET" + str(float(input.flatten()[0]))
            raise Told(f"SECRET {input.tolist()}")
        """
    hidden = Judge(judge.pool, judge.keysmith, seed=5, hidden=True)
    result = hidden.judge(course.exercise("max_pool2d"), textwrap.dedent(source))
    assert result.status is Status.ERROR
    assert "SECRET" not in result.model_dump_json()
    assert "An exception (hidden case 1)" in first(result).message
