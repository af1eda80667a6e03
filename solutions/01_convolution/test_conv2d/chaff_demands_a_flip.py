"""You demand a flipped kernel. That is the mathematicians convolution; the statement asks for cross-correlation."""

import torch


def test_flip(conv2d):
    image = torch.arange(9.0).reshape(1, 1, 3, 3)
    kernel = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    assert torch.allclose(
        conv2d(image, kernel)[0, 0, 0, 0], (image[0, 0, :2, :2] * kernel[0, 0].flip(0, 1)).sum()
    )
