"""Spatial attention: the image decides which places count.

Squeeze and excitation weights channels; this block, the spatial half of CBAM, weights positions. It describes each position
by two numbers, the mean and the maximum over the channels there, and lets one convolution with a large kernel turn the two
maps into a weight between 0 and 1 for each position.

    d = [mean over channels, maximum over channels]               (N, 2, H, W), the mean first
    m = sigmoid(convolution(d))       2 -> 1 channels, kernel_size, padding kernel_size // 2, no bias
    output[n, c, h, w] = input[n, c, h, w] * m[n, 0, h, w]

Arguments of the constructor
    kernel_size=7, an odd int
forward(input)
    (N, C, H, W) -> (N, C, H, W)

Example
    >>> block = SpatialAttention(kernel_size=3)
    >>> _ = torch.nn.init.zeros_(next(block.parameters()))
    >>> block(torch.full((1, 2, 1, 3), 4.0)).tolist()                    # every weight is sigmoid(0) = 1/2
    [[[[2.0, 2.0, 2.0]], [[2.0, 2.0, 2.0]]]]
    >>> [tuple(parameter.shape) for parameter in block.parameters()]
    [(1, 2, 3, 3)]

Not allowed: nothing; use nn.Conv2d.

Read: Woo, Park, Lee and Kweon, "CBAM: convolutional block attention module", ECCV 2018, section 3.
"""

import torch
from torch import nn


class SpatialAttention(nn.Module):
    def __init__(self, kernel_size=7):
        super().__init__()
        raise NotImplementedError

    def forward(self, input):
        raise NotImplementedError
