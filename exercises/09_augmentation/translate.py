"""Translating images: what is shown moves, the frame stays.

A digit two pixels further to the right is the same digit. Translated copies teach a network so, even where its layers
break exact equivariance (strides do).

    output[..., y, x] = input[..., y - dy, x - dx]      where that pixel exists
                        fill                            where it does not

A positive dy moves the content down, a positive dx to the right. What leaves the frame is lost: it does not come in again
on the other side.

Arguments
    input     (N, C, H, W)
    dy, dx    ints, of either sign and any size
    fill      float
Returns
    (N, C, H, W), of the input's dtype and on its device

Example
    >>> image = torch.tensor([[[[1., 2., 3.],
    ...                         [4., 5., 6.]]]])
    >>> translate(image, dy=0, dx=1)
    tensor([[[[0., 1., 2.],
              [0., 4., 5.]]]])
    >>> translate(image, dy=-1, dx=0, fill=9.0)
    tensor([[[[4., 5., 6.],
              [9., 9., 9.]]]])

Gradients are judged too.

Not allowed: torch.roll, under any name.

Read: Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual document
analysis", ICDAR 2003, section 2.
"""

import torch


def translate(input, dy, dx, fill=0.0):
    raise NotImplementedError
