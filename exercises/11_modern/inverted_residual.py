"""The inverted residual, MobileNetV2's building block: narrow, wide, narrow.

A bottleneck block squeezes the channels, convolves, and widens again. This one is the other way round: it widens, filters
each channel for itself (which is cheap however many there are), and squeezes back, and the shortcut joins the narrow ends.
The last layer is linear: a ReLU on few channels would destroy what they carry.

    expand       1x1, in_channels -> hidden, no bias; batch norm; ReLU6        only if expansion is not 1
    depthwise    3x3, stride `stride`, padding 1, one kernel per channel, no bias; batch norm; ReLU6
    project      1x1, hidden -> out_channels, no bias; batch norm              no activation
    shortcut     the input is added, if stride is 1 and in_channels equals out_channels; else there is none

with hidden = in_channels * expansion, and ReLU6(x) = min(max(x, 0), 6).

Arguments of the constructor
    in_channels, out_channels, stride=1, expansion=6
forward(input)
    (N, in_channels, H, W) -> (N, out_channels, OH, OW), with OH = ceil(H / stride), OW = ceil(W / stride)

Example
    >>> InvertedResidual(4, 8, stride=2)(torch.zeros(2, 4, 9, 6)).shape
    torch.Size([2, 8, 5, 3])
    >>> [tuple(p.shape) for p in InvertedResidual(4, 8).parameters() if p.ndim == 4]
    [(24, 4, 1, 1), (24, 1, 3, 3), (8, 24, 1, 1)]
    >>> [tuple(p.shape) for p in InvertedResidual(4, 8, expansion=1).parameters() if p.ndim == 4]
    [(4, 1, 3, 3), (8, 4, 1, 1)]

Your layers may have any names. The judge gives them parameters of its own, runs the block in training and in evaluation
mode, and looks at outputs, gradients and running statistics.

Not allowed: nothing; use nn.Conv2d and nn.BatchNorm2d.

Read: Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018,
section 3.
"""

import torch
from torch import nn


class InvertedResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, expansion=6):
        super().__init__()
        raise NotImplementedError

    def forward(self, input):
        raise NotImplementedError
