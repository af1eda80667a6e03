"""The residual block: learn what to add to the input, instead of a whole new output.

A very deep plain network is hard to train: gradients have to pass through every layer. He et al. let each block compute
a residual F(x) and add it to its input. If nothing useful is to be done, F can shrink to zero and the block passes its
input on; gradients reach early layers through the additions undiminished.

    y = relu( F(x) + shortcut(x) )
    F(x) = bn2( conv2( relu( bn1( conv1(x) ) ) ) )

    conv1       3x3, stride `stride`, padding 1, in_channels -> out_channels, no bias
    conv2       3x3, stride 1,        padding 1, out_channels -> out_channels, no bias
    bn1, bn2    batch norm over out_channels
    shortcut    the identity, if stride is 1 and in_channels equals out_channels; otherwise
                a 1x1 convolution with the block's stride and no bias, then batch norm

Arguments of the constructor
    in_channels, out_channels, stride=1
forward(input)
    (N, in_channels, H, W) -> (N, out_channels, OH, OW), with OH = ceil(H / stride), OW = ceil(W / stride)

Example
    >>> ResidualBlock(8, 16, stride=2)(torch.zeros(2, 8, 10, 7)).shape
    torch.Size([2, 16, 5, 4])
    >>> len(list(ResidualBlock(8, 8).parameters()))      # two kernels, two scales, two shifts
    6

Your layers may have any names. The judge gives them parameters of its own, runs the block in training and in
evaluation mode, and looks at outputs, gradients and running statistics.

Not allowed: nothing; use nn.Conv2d and nn.BatchNorm2d.

Read: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016, section 3.
"""

import torch
from torch import nn


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        raise NotImplementedError

    def forward(self, input):
        raise NotImplementedError
