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


POOLING = """
    def max_pool_invariance(image, kernel_size, limit):
        import torch
        import torch.nn.functional as F
        framed = F.pad(image, (limit,) * 4)
        height, width = image.shape
        def pooled(dy, dx):
            return F.max_pool2d(framed[limit - dy:, limit - dx:][:height, :width].clone()[None], kernel_size)
        shifts = range(-limit, limit + 1)
        found = [(y, x) for y in shifts for x in shifts if torch.equal(pooled(y, x), pooled(0, 0))]
        {after}
        return found
    """


@pytest.mark.parametrize(
    ("after", "said"),
    [("image += 1", "changes an argument"), ("torch.rand(1)", "shares"), ("pass", None)],
)
def test_kind_design_is_judged_on_conduct_too(
    judge: Judge, course: Course, after: str, said: str | None
) -> None:
    source = POOLING.format(after=after)
    result = judged(judge, course, source, "max_pool_invariance")
    assert (result.status is Status.PASSED) == (said is None)
    if said is not None:
        assert first(result).name == "good_manners"
        assert said in first(result).message


def test_every_part_of_a_model_comes_back_in_its_mode(judge: Judge, course: Course) -> None:
    reference = course.exercise("shift_equivariance_gap").solution.reference.source
    source = reference + (
        "\n_right = shift_equivariance_gap\n\n"
        "def shift_equivariance_gap(layer, input, shift):\n"
        "    answer = _right(layer, input, shift)\n"
        "    for part in layer.children():\n"
        "        part.eval()\n"
        "    return answer\n"
    )
    result = judge.judge(course.exercise("shift_equivariance_gap"), source)
    assert result.status is Status.FAILED


WINDOWS = """
    def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        import torch
        pair = lambda v: (v, v) if isinstance(v, int) else v
        (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
        x = torch.nn.functional.pad(input, (pw, pw, ph, ph))
        n, c, height, width = x.shape
        o, cg, kh, kw = weight.shape
        oh, ow = (height - dh * (kh - 1) - 1) // sh + 1, (width - dw * (kw - 1) - 1) // {stride} + 1
        rows = (torch.arange(oh) * sh)[:, None] + torch.arange(kh) * dh
        columns = (torch.arange(ow) * sw)[:, None] + torch.arange(kw) * dw
        seen = x[:, :, rows[:, None, :, None], columns[None, :, None, :]].unflatten(1, (groups, cg))
        y = torch.einsum("ngcyxij,gocij->ngoyx", seen, weight.unflatten(0, (groups, o // groups))).flatten(1, 2)
        return y if bias is None else y + bias[:, None, None]
    """


def test_a_mistake_is_not_named_after_one_that_would_fail_what_passes(judge: Judge, course: Course) -> None:
    assert judged(judge, course, WINDOWS.format(stride="sw"), "conv2d").status is Status.PASSED
    result = judged(judge, course, WINDOWS.format(stride="sh"), "conv2d")
    named = {check.diagnosis.chaff for check in result.checks if check.diagnosis is not None}
    assert named <= {"width_by_vertical_stride"}


def test_a_gradient_that_cannot_be_judged_says_so(judge: Judge, course: Course) -> None:
    result = judged(judge, course, WINDOWS.format(stride="sh"), "conv2d")
    gradients = next(check for check in result.checks if check.name == "gradients")
    assert "no gradient reaches" not in gradients.message
    wide = "    def max_pool2d(input, kernel_size, stride=None, padding=0):\n        return input\n"
    result = judged(judge, course, wide, "max_pool2d")
    assert all("no gradient reaches" not in check.message for check in result.checks)


@pytest.mark.parametrize(
    ("exercise", "entry", "spoil", "named"),
    [
        ("receptive_field", "receptive_field", "layers.clear()", "the list layers"),
        ("parameter_count", "parameter_count", "layers.reverse()", "the list layers"),
        ("early_stopping", "early_stopping", "losses.clear()", "the list losses"),
        ("freeze", "freeze", "prefixes.clear()", "the list prefixes"),
        ("augment_pipeline", "augment_pipeline", "del steps[:]", "the list steps"),
    ],
)
def test_a_list_that_was_given_must_stay_as_it_is(
    judge: Judge, course: Course, exercise: str, entry: str, spoil: str, named: str
) -> None:
    name = spoil.replace("del ", "").partition(".")[0].partition("[")[0]
    source = course.exercise(exercise).solution.reference.source + textwrap.dedent(f"""
        import inspect

        right = {entry}

        def {entry}(*args, **kwargs):
            {name} = inspect.signature(right).bind(*args, **kwargs).arguments["{name}"]
            result = right(*args, **kwargs)
            {spoil}
            return result
        """)
    result = judge.judge(course.exercise(exercise), source)
    check = next(check for check in result.checks if check.name == "good_manners")
    assert check.status is Status.FAILED
    assert named in check.message
    assert 0 < result.score < result.max_score


@pytest.mark.parametrize(
    ("name", "module", "words"),
    [
        ("relu", "torch", "There is NumPy here, without PyTorch"),
        ("conv2d", "tensorflow", "There are PyTorch and NumPy here"),
    ],
)
def test_a_module_that_is_not_there_is_explained(
    course: Course, judge: Judge, name: str, module: str, words: str
) -> None:
    result = judge.judge(course.exercise(name), f"import {module}")
    assert result.status is Status.ERROR and result.score == 0
    assert f"No module named '{module}'" in result.checks[0].message and words in result.checks[0].message
