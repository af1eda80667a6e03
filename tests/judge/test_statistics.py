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


def test_accuracy_leaves_out_negative_labels() -> None:
    statistic = accuracy([0, -1, -1, 3], 1.0, 0.0)
    assert check_statistic(statistic, answer([0, 7, 8, 3]), {}) is None


def test_accuracy_needs_one_prediction_for_each_label() -> None:
    wrong = check_statistic(accuracy([0, 1], 1.0, 0.5), answer([0]), {})
    assert wrong is not None and wrong.wrong is Wrong.SHAPE


@pytest.mark.parametrize(("values", "share"), [([7, 7, 7, 7], 1.0), ([1, 2, 2, 3], 0.5), ([5], 1.0)])
def test_largest_share(values: list[int], share: float) -> None:
    assert MEASURES["largest_share"](np.array(values), {}, {}) == share


def test_share_like_counts_whole_entries() -> None:
    like = {"like": [[1, 2], [3, 4], [5, 6]]}
    assert MEASURES["share_like"](np.array([[1, 2], [3, 5], [5, 6]]), {}, like) == pytest.approx(2 / 3)


def test_share_window_counts_images_that_are_the_window() -> None:
    images = np.arange(1.0, 13.0).reshape(2, 1, 2, 3)
    at = {"of": "input", "row": 0, "column": 2, "padding": 1}
    right = np.array([[[[0.0, 0.0], [2.0, 3.0]]], [[[0.0, 0.0], [8.0, 9.0]]]])
    assert MEASURES["share_window"](right, {"input": images}, at) == 1.0
    assert MEASURES["share_window"](right[[0, 0]], {"input": images}, at) == 0.5
    assert MEASURES["share_window"](right, {"input": images}, {**at, "column": 1}) == 0.0
    with pytest.raises(ValueError, match="window"):
        MEASURES["share_window"](right, {"input": images}, {**at, "column": 4})


def test_correlation_with_another_output_of_the_case() -> None:
    statistic = vars(Statistic("redrawn", "correlation", 0.0, 0.1, "second", {"with": "first"}))
    first, second = np.array([1.0, -1.0, 1.0, -1.0]), np.array([1.0, 1.0, -1.0, -1.0])
    fresh = Answer({"first": Tensor.of(first), "second": Tensor.of(second)}, {}, {})
    same = Answer({"first": Tensor.of(first), "second": Tensor.of(first)}, {}, {})
    assert check_statistic(statistic, fresh, {}) is None
    assert check_statistic(statistic, same, {}) is not None


SQUARE = [[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]]


def test_modes_covered_counts_centres_with_enough_points_nearby() -> None:
    points = np.array([[0.1, 0.0]] * 6 + [[4.0, 0.5]] * 3 + [[0.0, 4.0]])
    options = {"centres": SQUARE, "radius": 1.0, "share": 0.2}
    assert MEASURES["modes_covered"](points, {}, options) == 2.0
    assert MEASURES["modes_covered"](points, {}, {**options, "share": 0.1}) == 3.0
    assert MEASURES["modes_covered"](points, {}, {**options, "radius": 0.2}) == 1.0


def test_fraction_near_and_deviation_from_the_nearest_centre() -> None:
    points = np.array([[0.3, 0.4], [4.0, 0.0], [2.0, 2.0], [4.3, 3.6]])
    assert MEASURES["fraction_near"](points, {}, {"centres": SQUARE, "radius": 0.6}) == 0.75
    spread = MEASURES["nearest_deviation"](points[:2], {}, {"centres": SQUARE})
    assert spread == pytest.approx((0.25 / 2 / 2) ** 0.5)


def test_points_of_another_dimension_are_a_wrong_shape() -> None:
    options = {"centres": SQUARE, "radius": 1.0, "share": 0.1}
    wrong = check_statistic(
        vars(Statistic("modes", "modes_covered", 4, 0.1, options=options)), answer([1, 2]), {}
    )
    assert wrong is not None and wrong.wrong is Wrong.SHAPE


def test_rows_apart_is_the_largest_difference() -> None:
    points = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.5]])
    assert MEASURES["rows_apart"](points, {}, {"rows": [[0], [2]]}) == 0.5
    assert MEASURES["rows_apart"](points, {}, {"rows": [[0, 1], [0, 1]]}) == 0.0


def test_unequal_groups_counts_groups_with_a_difference() -> None:
    values = np.array([9, 1, 1, 2, 3, 4, 4])
    assert MEASURES["unequal_groups"](values, {}, {"size": 2, "start": 1}) == pytest.approx(1 / 3)
