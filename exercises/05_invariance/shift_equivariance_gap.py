"""How far is a layer from being shift-equivariant? Measure it.

A layer is equivariant to shifts if shifting its input shifts its output: it finds the same patterns, elsewhere. Sharing
weights gives a convolution this property, but not without limits: zero padding treats the border differently, and a
stride looks at every second place only, so that an odd shift shows it other pixels (Zhang 2019). One number says how much
is lost.

Shifts are cyclic: torch.roll, so that nothing leaves the image. A layer that reduces an image of H rows to OH rows turns a
shift of dy rows into one of floor(dy * OH / H) rows, and likewise for columns. With

    a = layer(roll(input, by (dy, dx) over the last two axes))
    b = roll(layer(input), by (floor(dy * OH / H), floor(dx * OW / W)) over the last two axes)

    gap = ||a - b|| / ||b||           the norm is the root of the sum of all squares; the gap is 0 where a equals b

The layer is measured as it behaves in evaluation, and left as it was found: its parameters, its running statistics and the
mode it was in.

Arguments
    layer    an nn.Module: (N, C, H, W) -> (N, D, OH, OW)
    input    (N, C, H, W)
    shift    a pair of ints (dy, dx)
Returns
    the gap, a float

Example
    >>> every_pixel = torch.nn.Conv2d(1, 1, 1, bias=False)
    >>> image = torch.tensor([[[[3., 0., 4., 0.]]]])
    >>> shift_equivariance_gap(every_pixel, image, (0, 1))
    0.0
    >>> every_second = torch.nn.MaxPool2d((1, 1), stride=(1, 2))         # 3, 4 becomes 0, 0 after a shift by one
    >>> shift_equivariance_gap(every_second, image, (0, 1))
    1.0
    >>> shift_equivariance_gap(every_second, image, (0, 2))
    0.0

Not allowed: nothing.

Read: Zhang, "Making convolutional networks shift-invariant again", ICML 2019; Azulay and Weiss, "Why do deep convolutional
networks generalize so poorly to small image transformations?", JMLR 2019.
"""

import torch


def shift_equivariance_gap(layer, input, shift):
    raise NotImplementedError
