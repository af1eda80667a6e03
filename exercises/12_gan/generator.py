"""A generator of 8x8 images, after DCGAN: noise in, image out.

A discriminator sees an image and shrinks it to one number. The generator runs the other way: it starts from a vector of
noise, takes it for an image of one pixel with many channels, and doubles the size again and again by transposed
convolutions, with fewer channels each time.

    input                 (N, noise_size), seen as (N, noise_size, 1, 1)
    transposed conv       kernel 2, stride 1, padding 0, to 2 * channels     ->  2x2       no bias
    batch norm, ReLU
    transposed conv       kernel 4, stride 2, padding 1, to channels         ->  4x4       no bias
    batch norm, ReLU
    transposed conv       kernel 4, stride 2, padding 1, to 1 channel        ->  8x8       with bias
    tanh                  pixels between -1 and 1, as the real images are scaled; no batch norm here

Arguments of the constructor
    noise_size=16, channels=8
forward(noise)
    (N, noise_size) -> (N, 1, 8, 8)

Example
    >>> generator = Generator(noise_size=5, channels=3)
    >>> generator(torch.randn(4, 5)).shape
    torch.Size([4, 1, 8, 8])
    >>> [tuple(parameter.shape) for parameter in generator.parameters() if parameter.ndim == 4]
    [(5, 6, 2, 2), (6, 3, 4, 4), (3, 1, 4, 4)]

Your layers may have any names. The judge gives them parameters of its own, runs the module in training and in evaluation
mode, and looks at outputs, gradients and running statistics.

Not allowed: nothing; use nn.ConvTranspose2d and nn.BatchNorm2d.

Read: Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative adversarial
networks", ICLR 2016, section 3.
"""

import torch
from torch import nn


class Generator(nn.Module):
    def __init__(self, noise_size=16, channels=8):
        super().__init__()
        raise NotImplementedError

    def forward(self, noise):
        raise NotImplementedError
