"""Calls under `torch.autocast`, shown on the CPU, which has it too: the switch that makes keys for GPUs is set by hand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from grader.course.catalog import Course, load_course
from grader.errors import CourseError
from grader.judge.judge import Judge
from grader.judge.key import AUTOCAST, Form, KeyCase, key_message, key_of
from grader.judge.keysmith import Keysmith
from grader.judge.report import CheckVerdict, Status
from grader.sandbox import Pool
from grader.worker.wire import pack, unpack

COURSE = """
format: 1
id: halves
title: Half a course
topics:
  - id: mixed
    title: Mixed precision
    exercises:
      - {id: energies, title: Sums of squares, kind: function, grad: true, points: 3, devices: [cpu, cuda], autocast: true}
      - {id: attend, title: Attention, kind: function, grad: true, points: 3, devices: [cpu, cuda]}
      - {id: alone, title: Not meant for it, kind: function, points: 3, devices: [cpu, cuda], autocast: false}
"""
ENERGIES = """
import torch
from grader.author import Case, mistake, wheat

def energies(input, weight):
    return (input @ weight).float().square().sum(1) if input.dtype != torch.float64 else (input @ weight).square().sum(1)

@wheat("squares in a loop")
def energies_loop(input, weight):
    product = (input @ weight).to(input.dtype)
    return torch.stack([(row * row).sum() for row in product])

@wheat("a mean, times their number")
def energies_mean(input, weight):
    product = (input @ weight).to(input.dtype)
    return product.square().mean(1) * product.shape[1]

wrong = mistake("square().sum(1) if", "square().mean(1) if", lesson="A mean.")

def cases(draw):
    yield Case("small", dict(input=draw.integers(2, 3), weight=draw.integers(3, 2)))
    yield Case("large", dict(input=draw.normal(3, 5, scale=11.0), weight=draw.normal(5, 7, scale=4.0)))
"""
ATTEND = """
import torch
from grader.author import Case, mistake, wheat

def attend(query, key, value):
    return torch.softmax(query @ key.T, 1) @ value

@wheat("by hand, less the largest")
def attend_by_hand(query, key, value):
    scores = query @ key.T
    scores = torch.exp(scores - scores.max(1, keepdim=True).values)
    return scores / scores.sum(1, keepdim=True) @ value

wrong = mistake("torch.softmax(query @ key.T, 1)", "torch.softmax(query @ key.T, 0)", lesson="Along the keys.")

def cases(draw):
    yield Case("attention", dict(query=draw.integers(2, 3), key=draw.integers(4, 3), value=draw.integers(4, 2)))
    yield Case("attention", dict(query=draw.normal(3, 4, scale=4.0), key=draw.normal(5, 4, scale=4.0, shift=1.0), value=draw.normal(5, 2)))
"""


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Keysmith:
    return Keysmith(tmp_path_factory.mktemp("autocast-keys"), halves=True)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return load_course(_written(tmp_path_factory.mktemp("course")))


def _written(root: Path, energies: str = ENERGIES) -> Path:
    alone = ATTEND.replace("attend", "alone")
    for name, text in (("energies", energies), ("attend", ATTEND), ("alone", alone)):
        for folder in ("exercises/mixed", "solutions/mixed"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / f"solutions/mixed/{name}.py").write_text(text)
        stub = re.search(rf"def {name}\(.*\):", text)
        assert stub is not None
        (root / f"exercises/mixed/{name}.py").write_text(
            f'"""{name}."""\n\n\n{stub[0]}\n    raise NotImplementedError\n'
        )
    (root / "exercises/course.yaml").write_text(COURSE)
    return root


def _cases(halves: Keysmith, course: Course, name: str) -> list[KeyCase]:
    return [case for case in halves.key(course.exercise(name)).cases if case.form in AUTOCAST]


def _judged(course: Course, name: str, source: str, pool: Pool, halves: Keysmith) -> dict[str, CheckVerdict]:
    return {check.name: check for check in Judge(pool, halves).judge(course.exercise(name), source).checks}


def _only_autocast(checks: dict[str, CheckVerdict]) -> CheckVerdict:
    """The verdict under autocast, where everything else in single precision passes."""
    wrong = {name for name, check in checks.items() if check.status is not Status.PASSED}
    assert wrong - {"dtypes_and_layouts"} == {"works_under_autocast"}, checks
    return checks["works_under_autocast"]


# ------------------------------------------------------------------------------------------------ right answers


@pytest.mark.parametrize("name", ["squash"])
def test_every_right_answer_works_under_autocast(
    name: str, course: Course, pool: Pool, halves: Keysmith
) -> None:
    assert {case.form for case in _cases(halves, course, name)} == set(AUTOCAST)
    for wheat in course.exercise(name).solution.wheats:
        checks = _judged(course, name, wheat.source, pool, halves)
        assert checks["works_under_autocast"].status is Status.PASSED, (
            wheat.name,
            checks["works_under_autocast"],
        )


def test_inputs_stay_float32_and_results_may_be_of_either_dtype(course: Course, halves: Keysmith) -> None:
    for case in _cases(halves, course, "conv2d"):
        half = AUTOCAST[case.form]
        assert case.request.head["autocast"] == half and case.request.head["dtype"] == "float32"
        assert {tensor.dtype for tensor in case.request.tensors.values()} == {"float32"}
        output = case.expected["output"]
        assert (output.dtype, output.or_dtype) == ("float32", half)
        largest = np.max(np.abs(np.asarray(output.value)))
        assert (
            2.0**-13 * largest < np.max(output.tolerance) < largest / 3
        )  # a half type's, and still a judgement


def test_a_key_keeps_them_on_disk(course: Course, halves: Keysmith) -> None:
    key = halves.key(course.exercise("global_avg_pool"))
    again = key_of(unpack(pack(key_message(key))))
    assert [case.expected["output"].or_dtype for case in again.cases] == [
        case.expected["output"].or_dtype for case in key.cases
    ]


def test_keys_for_the_cpu_have_none_of_them(course: Course, keysmith: Keysmith) -> None:
    assert all(
        case.form not in AUTOCAST and "autocast" not in case.request.head
        for case in keysmith.key(course.exercise("global_avg_pool")).cases
    )


# ----------------------------------------------------------------------------------------------- what goes wrong


def test_dtypes_that_meet_are_explained(course: Course, pool: Pool, halves: Keysmith) -> None:
    buffer = (
        "import torch\n\n\ndef global_avg_pool(input):\n"
        "    batch, channels, height, width = input.shape\n"
        "    ones = input.new_ones(height * width, 1)\n"
        "    means = input.reshape(batch * channels, -1) @ ones / (height * width)\n"
        "    output = input.new_zeros(batch * channels)\n"
        "    output[torch.arange(batch * channels)] = means[:, 0]\n"
        "    return output.reshape(batch, channels)\n"
    )
    check = _only_autocast(_judged(course, "global_avg_pool", buffer, pool, halves))
    assert check.status is Status.ERROR and "RuntimeError" in check.message
    assert "torch.zeros makes stay float32" in check.message and "one dtype" in check.message
    assert check.case is not None and str(check.case.call).endswith("[autocast_bfloat16]")


def test_a_sum_of_squares_that_overflows_is_explained(own: Course, pool: Pool, halves: Keysmith) -> None:
    overflows = "def energies(input, weight):\n    return (input @ weight).square().sum(1)\n"
    check = _only_autocast(_judged(own, "energies", overflows, pool, halves))
    assert check.status is Status.FAILED and "NaN or infinity" in check.message
    assert "float16" in check.message and "65504" in check.message and ".float()" in check.message


def test_a_softmax_without_the_maximum_is_explained(own: Course, pool: Pool, halves: Keysmith) -> None:
    naive = (
        "import torch\n\n\ndef attend(query, key, value):\n    scores = torch.exp(query @ key.T)\n"
        "    return scores / scores.sum(1, keepdim=True) @ value\n"
    )
    check = _only_autocast(_judged(own, "attend", naive, pool, halves))
    assert "NaN or infinity" in check.message and "infinity over infinity is NaN" in check.message


def test_a_result_summed_up_in_place_in_half_precision_fails(
    own: Course, pool: Pool, halves: Keysmith
) -> None:
    in_place = (
        "import torch\n\n\ndef energies(input, weight):\n    part = (input @ weight).square().sum(1) / 1024\n"
        "    total = torch.zeros_like(part)\n"
        "    for _ in range(1024):\n        total += part\n"
        "    return total\n"
    )
    checks = _judged(own, "energies", in_place, pool, halves)
    check = checks["works_under_autocast"]
    assert checks["small"].status is Status.PASSED  # in single precision whole numbers add up
    assert (
        check.status is Status.FAILED
        and "bfloat16" in check.message
        and "belongs in float32" in check.message
    )


def test_a_result_of_a_third_dtype_fails(own: Course, pool: Pool, halves: Keysmith) -> None:
    double = (
        "import torch\n\n\ndef energies(input, weight):\n    product = input @ weight\n"
        "    wide = product.double().square().sum(1)\n"
        "    return wide if product.dtype != input.dtype else wide.to(input.dtype)\n"
    )
    check = _only_autocast(_judged(own, "energies", double, pool, halves))
    assert "should be float32 or bfloat16, but is float64" in check.message


def test_a_chaff_is_known_there_too(own: Course, pool: Pool, halves: Keysmith) -> None:
    (mean,) = own.exercise("energies").solution.chaffs
    check = _judged(own, "energies", mean.source, pool, halves)["small"]
    assert check.diagnosis is not None and check.diagnosis.chaff == "wrong"


# --------------------------------------------------------------------------------------------- what authors say


def test_autocast_false_asks_for_none(own: Course, halves: Keysmith) -> None:
    assert _cases(halves, own, "attend") and not _cases(halves, own, "alone")


def test_autocast_true_is_kept(tmp_path: Path, halves: Keysmith) -> None:
    overflowing = ENERGIES.replace(
        "product.square().mean(1) * product.shape[1]", "(input @ weight).square().sum(1)"
    )
    course = load_course(_written(tmp_path, overflowing))
    with pytest.raises(CourseError, match=r"energies_mean fails case 1 \(large\) under autocast_float16"):
        halves.key(course.exercise("energies"))


def test_a_form_may_be_left_out(tmp_path: Path, halves: Keysmith) -> None:
    course = load_course(_written(tmp_path, ENERGIES + 'SKIP_FORMS = ("autocast_float16",)\n'))
    assert {case.form for case in _cases(halves, course, "energies")} == {Form.AUTOCAST_BFLOAT16}
