"""Squeeze and excitation: the image decides which channels count.

A convolution adds up its input channels with fixed weights. This block lets the image choose: it describes each channel by
one number (squeeze), computes from all these numbers a factor for every channel (excitation), and multiplies.

    s = mean of the input over height and width                         (N, C)
    z = relu(first(s))                linear, C -> C // reduction       with bias
    g = sigmoid(second(z))            linear, C // reduction -> C       with bias
    output[n, c, h, w] = input[n, c, h, w] * g[n, c]

The narrow middle keeps it cheap, and forces channels to share what they learn.

Arguments of the constructor
    channels, reduction=16      channels is a multiple of reduction
forward(input)
    (N, C, H, W) -> (N, C, H, W)

Example
    >>> block = SqueezeExcitation(4, reduction=2)
    >>> for parameter in block.parameters():
    ...     _ = torch.nn.init.zeros_(parameter)
    >>> block(torch.full((1, 4, 1, 2), 6.0))[0, :, 0].tolist()           # all factors are sigmoid(0) = 1/2
    [[3.0, 3.0], [3.0, 3.0], [3.0, 3.0], [3.0, 3.0]]
    >>> [tuple(parameter.shape) for parameter in block.parameters()]
    [(2, 4), (2,), (4, 2), (4,)]

Your layers may have any names, and 1x1 convolutions do as well as linear layers.

Not allowed: nothing.

Read: Hu, Shen and Sun, "Squeeze-and-excitation networks", CVPR 2018, section 3.
"""

import torch
from torch import nn


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, reduction=16):
        super().__init__()
        raise NotImplementedError

    def forward(self, input):
        raise NotImplementedError
