"""A small residual network: stem, three stages of residual blocks, global average pooling, one linear layer.

The blocks of a ResNet come in stages. Within a stage nothing changes shape; at the border to the next one the image
shrinks to half its size and the channels double, so that each stage costs about the same. At the end the map of each
channel is averaged to one number: no matter how large the image was, the classifier sees `4 * width` features.

    stem      3x3 convolution in_channels -> width, stride 1, padding 1, no bias; batch norm; ReLU
    stage 1   `blocks` residual blocks of width channels,     the first with stride 1
    stage 2   `blocks` residual blocks of 2 * width channels, the first with stride 2
    stage 3   `blocks` residual blocks of 4 * width channels, the first with stride 2
    head      the mean over all positions, then a linear layer 4 * width -> num_classes, with bias

A residual block is the one of the exercise residual_block:

    y = relu( bn2( conv2( relu( bn1( conv1(x) ) ) ) ) + shortcut(x) )

with two 3x3 convolutions (padding 1, no bias; the block's stride in the first) and, where stride is not 1 or the channels
change, a shortcut of a 1x1 convolution with that stride (no bias) and batch norm. Only a stage's first block has it.

Arguments of the constructor
    in_channels, num_classes, width=16, blocks=1
forward(input)
    (N, in_channels, H, W) -> (N, num_classes), logits: no softmax at the end

Example
    >>> net = SmallResNet(in_channels=3, num_classes=10)
    >>> net(torch.zeros(2, 3, 32, 20)).shape
    torch.Size([2, 10])
    >>> sum(p.numel() for p in net.parameters())
    78042

Your layers may have any names. The judge gives them parameters of its own, runs the network in training and in
evaluation mode, and looks at outputs, gradients and running statistics.

Not allowed: nothing; use nn.Conv2d, nn.BatchNorm2d and nn.Linear.

Read: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.2.
"""

import torch
from torch import nn


class SmallResNet(nn.Module):
    def __init__(self, in_channels, num_classes, width=16, blocks=1):
        super().__init__()
        raise NotImplementedError

    def forward(self, input):
        raise NotImplementedError
