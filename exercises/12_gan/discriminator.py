"""A discriminator of 8x8 images, after DCGAN: is this image real?

It halves the image by convolutions with a stride, with no pooling, until one number is left. That number is a logit: the
sigmoid, which would turn it into a probability, is part of the loss.

    input                 (N, 1, 8, 8)
    convolution           kernel 4, stride 2, padding 1, to channels          ->  4x4      with bias
    leaky ReLU            slope 0.2 for negative values; no batch norm here
    convolution           kernel 4, stride 2, padding 1, to 2 * channels      ->  2x2      no bias
    batch norm, leaky ReLU
    convolution           kernel 2, stride 1, padding 0, to 1                 ->  1x1      with bias
    output                (N, 1)

ReLU would let no gradient pass where it is 0, and the generator learns from nothing but gradients that come through here;
so the ReLUs leak.

Arguments of the constructor
    channels=8
forward(input)
    (N, 1, 8, 8) -> (N, 1), logits

Example
    >>> discriminator = Discriminator(channels=3)
    >>> discriminator(torch.zeros(5, 1, 8, 8)).shape
    torch.Size([5, 1])
    >>> [tuple(parameter.shape) for parameter in discriminator.parameters() if parameter.ndim == 4]
    [(3, 1, 4, 4), (6, 3, 4, 4), (1, 6, 2, 2)]

Your layers may have any names. The judge gives them parameters of its own, runs the module in training and in evaluation
mode, and looks at outputs, gradients and running statistics.

Not allowed: nothing; use nn.Conv2d and nn.BatchNorm2d.

Read: Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative adversarial
networks", ICLR 2016, section 3.
"""

import torch
from torch import nn


class Discriminator(nn.Module):
    def __init__(self, channels=8):
        super().__init__()
        raise NotImplementedError

    def forward(self, input):
        raise NotImplementedError
