"""Kernels in Triton's interpreter: what computes them is the kernel. Needs Triton, which is no part of `dev`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from grader.course.catalog import Course
from grader.judge.judge import Judge
from grader.judge.report import Status
from grader.sandbox.frameworks import lacking

pytestmark = pytest.mark.skipif(lacking("triton") is not None, reason=str(lacking("triton")))
#: what a learner may hand in instead of a kernel
INSTEAD = {
    "the layer": "return torch.nn.functional.conv2d(input, weight, bias, stride, padding)",
    "the layer by another name": "return getattr(torch.ops.aten, 'convo' + 'lution')("
    "input, weight, bias, [1, 1], [0, 0], [1, 1], False, [0, 0], 1)",
    "a product of matrices": "columns = input.unfold(2, weight.shape[2], 1).unfold(3, weight.shape[3], 1)\n"
    "    return torch.einsum('nchwij,ocij->nohw', columns, weight)",
    "products and sums": "windows = input.unfold(2, weight.shape[2], 1).unfold(3, weight.shape[3], 1)\n"
    "    return (windows[:, None] * weight[:, :, None, None]).sum((2, 5, 6))",
    "a Fourier transform": "return torch.fft.irfft2(torch.fft.rfft2(input))",
}


@pytest.mark.parametrize("body", INSTEAD.values(), ids=INSTEAD)
def test_pytorch_in_the_kernels_place_is_forbidden(body: str, course: Course, judge: Judge) -> None:
    exercise = course.exercise("triton_conv2d")
    source = (
        f"import torch\n\n\ndef triton_conv2d(input, weight, bias=None, stride=1, padding=0):\n    {body}\n"
    )
    result = judge.judge(exercise, source)
    assert (result.status, result.score) == (Status.FORBIDDEN, 0.0), result
    behind = exercise.solution.reference.source + source.replace("import torch", "")
    result = judge.judge(exercise, behind)  # with a kernel in the file that nobody starts
    assert (result.status, result.score) == (Status.FORBIDDEN, 0.0), result


@pytest.mark.parametrize("name", ["triton_relu", "triton_conv2d"])
def test_every_right_kernel_passes(name: str, course: Course, judge: Judge) -> None:
    exercise = course.exercise(name)
    for wheat in exercise.solution.wheats:
        result = judge.judge(exercise, wheat.source)
        assert (result.status, result.score) == (Status.PASSED, result.max_score), (wheat.name, result)


def test_tritons_own_functions_are_interpreted_whoever_imported_it_first() -> None:
    code = (
        "import torch; torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))]); import triton.language as tl\n"
        "before = type(tl.sum).__name__\n"
        "from grader.worker.interpreter import interpret; interpret(); interpret()\n"
        "print(before, type(tl.sum).__name__, type(tl.standard.zeros).__name__)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["JITFunction", "InterpretedFunction", "InterpretedFunction"]
