"""Everything is square and symmetric: exchanged axes, flipped kernels and a stride for the wrong axis cannot be told."""

import torch


def test_ones(conv2d):
    output = conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 2, 2), None, 2, 1)
    expected = torch.tensor([[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]])
    assert torch.allclose(output, expected, atol=1e-5)
