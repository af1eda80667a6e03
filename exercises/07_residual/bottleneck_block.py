"""The bottleneck block: a residual block that does its expensive 3x3 convolution on few channels.

Two 3x3 convolutions on 256 channels cost 1.2 million weights. The deeper ResNets squeeze first: a 1x1 convolution brings
the channels down, the 3x3 convolution works on the narrow map, and another 1x1 widens it again. That is 70,000 weights,
and 50, 101 or 152 layers become affordable.

    y = relu( F(x) + shortcut(x) )
    F(x) = bn3( conv3( relu( bn2( conv2( relu( bn1( conv1(x) ) ) ) ) ) ) )

    conv1       1x1, stride 1,                   in_channels -> channels,     no bias
    conv2       3x3, stride `stride`, padding 1, channels    -> channels,     no bias
    conv3       1x1, stride 1,                   channels    -> 4 * channels, no bias
    bn1, bn2, bn3    batch norm over the channels of the convolution before
    shortcut    the identity, if stride is 1 and in_channels equals 4 * channels; otherwise
                a 1x1 convolution in_channels -> 4 * channels with the block's stride and no bias, then batch norm

The stride sits in the 3x3 convolution. (The paper put it into the first 1x1, which then skips three of four pixels
unseen; every implementation has moved it since.)

Arguments of the constructor
    in_channels, channels, stride=1        channels is the narrow width; the output has expansion = 4 times as many
forward(input)
    (N, in_channels, H, W) -> (N, 4 * channels, OH, OW), with OH = ceil(H / stride), OW = ceil(W / stride)

Example
    >>> BottleneckBlock(16, 8, stride=2)(torch.zeros(2, 16, 10, 7)).shape
    torch.Size([2, 32, 5, 4])
    >>> len(list(BottleneckBlock(32, 8).parameters()))      # three kernels, three scales, three shifts
    9

Your layers may have any names. The judge gives them parameters of its own, runs the block in training and in
evaluation mode, and looks at outputs, gradients and running statistics.

Not allowed: nothing; use nn.Conv2d and nn.BatchNorm2d.

Read: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.1, figure 5.
"""

import torch
from torch import nn


class BottleneckBlock(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        raise NotImplementedError

    def forward(self, input):
        raise NotImplementedError
