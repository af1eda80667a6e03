"""Only shapes are tested. Zeros of the right shape would pass: look at the values."""

import torch


def test_shape(conv2d):
    assert conv2d(torch.ones(2, 3, 5, 7), torch.ones(4, 3, 3, 2)).shape == (2, 4, 3, 6)
    assert conv2d(torch.ones(1, 1, 6, 6), torch.ones(1, 1, 2, 2), None, 2).shape == (1, 1, 3, 3)
