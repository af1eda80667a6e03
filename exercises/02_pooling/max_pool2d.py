"""2-D max pooling: the strongest response in each window.

Pooling makes a feature map smaller and a little less sensitive to where exactly a feature lies. Each channel is pooled
by itself; nothing is learned.

    output[n, c, y, x] = max over 0 <= i < kh, 0 <= j < kw of  padded[n, c, y*sh + i, x*sw + j]

The border added by `padding` never wins, whatever the values of the input are: a window's maximum is taken over
those of its elements that lie inside the image.

Arguments
    input          (N, C, H, W)
    kernel_size    an int, or a pair (vertical, horizontal)
    stride         the same; None means kernel_size
    padding        the same; at most half of kernel_size
Returns
    (N, C, OH, OW), of the input's dtype and on its device, where
    OH = floor((H + 2*padding - kh) / sh) + 1, and OW likewise

Example
    >>> image = torch.tensor([[[[1., 5., 2., 0.],
    ...                         [3., 4., 1., 7.]]]])
    >>> max_pool2d(image, 2)
    tensor([[[[5., 7.]]]])
    >>> max_pool2d(image, 2, stride=1)
    tensor([[[[5., 5., 7.]]]])

The gradient is judged too: it flows to the element that won its window, and to no other. Of equal values the first wins,
counted row by row, as in PyTorch.

Not allowed: PyTorch's own max pooling, under any name.

Read: Boureau, Ponce and LeCun, "A theoretical analysis of feature pooling in visual recognition", ICML 2010.
"""

import torch


def max_pool2d(input, kernel_size, stride=None, padding=0):
    raise NotImplementedError
