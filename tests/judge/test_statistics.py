from __future__ import annotations

import numpy as np
import pytest

from grader.author import Statistic
from grader.judge.compare import Answer, Wrong
from grader.judge.statistics import MEASURES, check_statistic
from grader.worker.wire import Tensor


def answer(values: list[int]) -> Answer:
    return Answer({"output": Tensor.of(np.array(values))}, {}, {})


def accuracy(labels: list[int], mean: float, deviation: float) -> dict[str, object]:
    return vars(Statistic("accuracy", "accuracy", mean, deviation, options={"labels": labels}))


def test_accuracy_is_the_share_of_right_classes() -> None:
    statistic = accuracy([0, 1, 2, 3], 1.0, 0.0)
    assert check_statistic(statistic, answer([0, 1, 2, 3]), {}) is None
    wrong = check_statistic(statistic, answer([0, 1, 2, 2]), {})
    assert wrong is not None and wrong.actual == 0.75


def test_accuracy_needs_one_prediction_for_each_label() -> None:
    wrong = check_statistic(accuracy([0, 1], 1.0, 0.5), answer([0]), {})
    assert wrong is not None and wrong.wrong is Wrong.SHAPE


@pytest.mark.parametrize(("values", "share"), [([7, 7, 7, 7], 1.0), ([1, 2, 2, 3], 0.5), ([5], 1.0)])
def test_largest_share(values: list[int], share: float) -> None:
    assert MEASURES["largest_share"](np.array(values), {}, {}) == share
