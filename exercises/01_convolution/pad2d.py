"""Padding an image: a border of one value around it.

A kernel that must stay inside the image makes every layer's output smaller, and sees the pixels at the edge less often
than those in the middle. A border around the image gives it room. Convolutions take a border of zeros; other uses take
other values, which is why `value` is an argument.

    output[n, c, y, x] = input[n, c, y - top, x - left]   where that pixel exists
                       = value                            elsewhere

Arguments
    input      (N, C, H, W)
    padding    (left, right, top, bottom): four whole numbers, each 0 or more
    value      a number
Returns
    (N, C, top + H + bottom, left + W + right), of the input's dtype and on its device

Example
    >>> image = torch.tensor([[[[1., 2.],
    ...                         [3., 4.]]]])
    >>> pad2d(image, (1, 2, 0, 1))                # one column left, two right, one row below
    tensor([[[[0., 1., 2., 0., 0.],
              [0., 3., 4., 0., 0.],
              [0., 0., 0., 0., 0.]]]])
    >>> pad2d(image, (0, 0, 1, 0), value=9.0)
    tensor([[[[9., 9.],
              [1., 2.],
              [3., 4.]]]])

Not allowed: PyTorch's and NumPy's own padding, under any name.

Read: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, section 2.2.
"""

import torch


def pad2d(input, padding, value=0.0):
    raise NotImplementedError
