"""What of a result is carried as a value, as a tensor, or as neither."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from grader.worker.backend import backend
from grader.worker.observe import Observation


@pytest.mark.parametrize(
    ("given", "carried"),
    [(np.int64(3), 3), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.float64(2.0), 2.0), (7, 7)],
)
def test_a_numpy_scalar_is_as_good_as_the_number(given: object, carried: object) -> None:
    seen = Observation(backend("torch"))
    seen.add("output", given)
    assert seen.values == {"output": carried}
    assert type(seen.values["output"]) is type(carried)
    assert not seen.facts


def test_scalars_inside_a_tuple_keep_their_places() -> None:
    seen = Observation(backend("torch"))
    seen.add("output", (np.int64(1), 2))
    assert seen.values == {"len(output)": 2, "output[0]": 1, "output[1]": 2}


@pytest.mark.parametrize("given", [np.array([1, 2]), np.datetime64("2026-01-01"), {1, 2}, 1 + 2j])
def test_what_is_neither_tensor_nor_number_is_named_by_its_type(given: object) -> None:
    seen = Observation(backend("torch"))
    seen.add("output", given)
    assert seen.facts["types"] == {"output": type(given).__name__}
    assert not seen.values


def test_tensors_stay_tensors() -> None:
    seen = Observation(backend("torch"))
    seen.add("output", torch.tensor(3))
    assert seen.tensors["output"].numpy().item() == 3
