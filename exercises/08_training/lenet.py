"""LeNet for small digits: the first convolutional network that earned money, scaled down to 8x8 images.

LeCun's network read the amounts on bank cheques. It alternates what every CNN since has alternated: convolutions that find
patterns, a nonlinearity, and pooling that keeps the strongest answer of each neighbourhood. What remains at the end is
flattened and classified by fully connected layers.

    1 x 8 x 8
    convolution 5x5, padding 2, 1 -> 6 channels;    ReLU;  2x2 max pooling        6 x 4 x 4
    convolution 3x3, padding 1, 6 -> 16 channels;   ReLU;  2x2 max pooling       16 x 2 x 2
    flatten: channel by channel, row by row                                      64
    linear 64 -> 32;   ReLU                                                      32
    linear 32 -> num_classes                                                     num_classes logits

All four layers have a bias. (The original averaged where this one takes the maximum, and used tanh.)

Arguments of the constructor
    num_classes=10
forward(input)
    (N, 1, 8, 8) -> (N, num_classes), logits: no softmax at the end

Example
    >>> net = LeNet()
    >>> net(torch.zeros(5, 1, 8, 8)).shape
    torch.Size([5, 10])
    >>> sum(p.numel() for p in net.parameters())           # 156 + 880 + 2080 + 330
    3446

Your layers may have any names. The judge gives them parameters of its own and looks at outputs and gradients.

Not allowed: nothing; use nn.Conv2d and nn.Linear.

Read: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 1998,
section II.B.
"""

import torch
from torch import nn


class LeNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        raise NotImplementedError

    def forward(self, input):
        raise NotImplementedError
