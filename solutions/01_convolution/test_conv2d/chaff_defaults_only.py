"""Only the default arguments are used: stride, padding, dilation and groups could be missing altogether."""

import torch


def test_example(conv2d):
    image = torch.tensor([[[[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 0.0, 1.0]]]])
    kernel = torch.tensor([[[[1.0, 0.0], [0.0, 2.0]]]])
    assert torch.allclose(conv2d(image, kernel), torch.tensor([[[[3.0, 8.0], [0.0, 3.0]]]]))
