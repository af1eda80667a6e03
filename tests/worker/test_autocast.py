"""Autocast around a learner's call: around all of it, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from grader.worker.kinds import observe
from grader.worker.wire import Message, Tensor

HEAD: dict[str, Any] = {
    "do": "run", "name": "it", "kind": "function", "entry": "it", "framework": "torch", "device": "cpu", "dtype": "float32",
    "args": {"input": {"tensor": "input", "layout": "plain"}}, "positional": ["input"], "keyword": [], "mutates": [],
    "untrained": [], "steps": 1, "again": False, "grads": ["input"], "global_rng": False, "no_sync": False,
}  # fmt: skip
INPUT = Tensor.of(np.ones((2, 2), np.float32))
COTANGENT = Tensor.of(np.ones((2, 2), np.float32))


def inside() -> tuple[bool, torch.dtype]:
    return torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")


@pytest.mark.parametrize("half", ["bfloat16", "float16"])
def test_the_call_is_inside_and_the_gradient_outside(half: str) -> None:
    seen: list[tuple[bool, torch.dtype]] = []

    class Watched(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, input: torch.Tensor) -> torch.Tensor:
            return input * 2

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
            seen.append(inside())
            return gradient * 2

    def it(input: torch.Tensor) -> torch.Tensor:
        seen.append(inside())
        return Watched.apply(input) @ input

    request = Message(HEAD | {"autocast": half}, {"input": INPUT, "cotangent of output": COTANGENT})
    answer = observe(request, {"it": it})
    assert answer.tensors["output"].dtype == half and answer.tensors["gradient of input"].dtype == "float32"
    assert seen[0] == (True, getattr(torch, half)) and seen[1][0] is False
    assert not inside()[0] and "globals" not in answer.head["facts"]


def test_without_the_word_nothing_is_cast() -> None:
    answer = observe(Message(HEAD | {"grads": []}, {"input": INPUT}), {"it": lambda input: input @ input})
    assert answer.tensors["output"].dtype == "float32"


def test_a_module_is_called_so_in_both_modes() -> None:
    modes: list[tuple[bool, bool]] = []

    class It(torch.nn.Module):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            modes.append((self.training, inside()[0]))
            return input @ input

    head = HEAD | {
        "kind": "module", "init": {}, "init_positional": [], "init_keyword": [], "grads": [], "autocast": "bfloat16",
    }  # fmt: skip
    answer = observe(Message(head, {"input": INPUT}), {"it": It})
    assert modes == [(True, True), (False, True)]
    assert answer.tensors["eval output"].dtype == "bfloat16"
