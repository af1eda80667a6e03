"""Models handed to a learner: frozen parameters, what a module built around them keeps, and gradients left behind."""

from __future__ import annotations

import numpy as np
import torch

from grader.author import Net
from grader.judge.encode import Encoder
from grader.judge.key import Form
from grader.judge.state import inherited
from grader.worker.kinds import _has_gradients


def test_frozen_names_cross_to_the_worker_and_only_where_there_are_any() -> None:
    encoder = Encoder(Form.PLAIN)
    assert encoder.value("model", Net(("Linear", 1, 1), frozen=["0.bias"]))["frozen"] == ["0.bias"]
    assert "frozen" not in encoder.value("model", Net(("Linear", 1, 1)))


def test_a_module_inherits_what_equals_a_given_models_values() -> None:
    given = {"init.model.0.weight": np.array([[1.5, -2.0]])}
    module = torch.nn.Linear(2, 1)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[1.5, -2.0]]))
    assert list(inherited(module, given)) == ["weight"]


def test_gradients_of_zero_are_none() -> None:
    net = torch.nn.Linear(2, 1)
    assert not _has_gradients(net)
    net(torch.zeros(1, 2)).sum().backward()
    assert _has_gradients(net)
    net.zero_grad(set_to_none=False)
    assert not _has_gradients(net)
