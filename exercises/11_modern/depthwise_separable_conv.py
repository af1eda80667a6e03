"""The depthwise separable convolution, MobileNet's building block.

A convolution looks at neighbours and mixes channels, both at once, with kh*kw*C weights for each output channel. This block
does one after the other: first each channel is convolved with a kernel of its own (depthwise), then a 1x1 convolution mixes
the channels (pointwise). For a 3x3 kernel that takes about a ninth of the weights.

    depthwise     3x3, stride `stride`, padding 1, C -> C, one kernel per channel, no bias
    batch norm, ReLU
    pointwise     1x1, C -> out_channels, no bias
    batch norm, ReLU

Arguments of the constructor
    in_channels, out_channels, stride=1
forward(input)
    (N, in_channels, H, W) -> (N, out_channels, OH, OW), with OH = ceil(H / stride), OW = ceil(W / stride)

Example
    >>> DepthwiseSeparableConv(8, 16, stride=2)(torch.zeros(2, 8, 10, 7)).shape
    torch.Size([2, 16, 5, 4])
    >>> [tuple(p.shape) for p in DepthwiseSeparableConv(8, 16).parameters() if p.ndim == 4]
    [(8, 1, 3, 3), (16, 8, 1, 1)]

Your layers may have any names. The judge gives them parameters of its own, runs the block in training and in evaluation
mode, and looks at outputs, gradients and running statistics.

Not allowed: nothing; use nn.Conv2d and nn.BatchNorm2d.

Read: Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications", 2017, section 3.1.
"""

import torch
from torch import nn


class DepthwiseSeparableConv(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        raise NotImplementedError

    def forward(self, input):
        raise NotImplementedError
