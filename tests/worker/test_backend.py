import numpy as np
import pytest
import torch

from grader.worker.backend import backend

BASE = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "array",
    [
        BASE[:1, :1, :1][..., ::2],
        torch.zeros(1, 1, 5, 5)[..., ::5, ::3][:, :, :1, :1],
        BASE.transpose(0, 2),
        BASE[..., ::3],
        BASE[1:, 2:, 3],
        torch.tensor(3.0),
        torch.zeros(0, 3),
        torch.tensor([1 + 2j, 3 - 1j]).conj(),
        torch.tensor([1 + 2j, 3 - 1j]).conj().imag,
        torch.ones(3, 2).expand(4, 3, 2),
    ],
)
def test_every_layout_of_a_result_crosses(array: torch.Tensor) -> None:
    tensor = backend("torch").wire(array)
    assert tensor.shape == tuple(array.shape)
    np.testing.assert_array_equal(tensor.numpy(), array.detach().resolve_conj().resolve_neg().numpy())
