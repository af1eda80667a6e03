"""2-D average pooling: the mean of each window.

Where max pooling keeps the strongest response and forgets the rest, average pooling lets every value of a window count
the same. It smooths, it shrinks the map, and its gradient reaches every pixel. Each channel is pooled by itself; nothing
is learned.

    output[n, c, y, x] = 1/count * sum over 0 <= i < kh, 0 <= j < kw of  padded[n, c, y*sh + i, x*sw + j]

`padded` is the input with `padding` rows and columns of zeros on every side. What to divide by at the border is a
matter of convention: with count_include_pad the border's zeros count as pixels, and count is kh*kw everywhere; without
it, count is the number of the window's elements that lie inside the image, so that the border takes no part in the mean.

Arguments
    input          (N, C, H, W)
    kernel_size    an int, or a pair (vertical, horizontal)
    stride         the same; None means kernel_size
    padding        the same; at most half of kernel_size
    count_include_pad    whether the border's zeros count
Returns
    (N, C, OH, OW), of the input's dtype and on its device, where
    OH = floor((H + 2*padding - kh) / sh) + 1, and OW likewise

Example
    >>> image = torch.tensor([[[[1., 5., 2., 0.],
    ...                         [3., 3., 2., 8.]]]])
    >>> avg_pool2d(image, 2)
    tensor([[[[3., 3.]]]])
    >>> avg_pool2d(image, 2, padding=1)                            # the top left window: 0, 0, 0 and 1
    tensor([[[[0.2500, 1.7500, 0.0000],
              [0.7500, 1.2500, 2.0000]]]])
    >>> avg_pool2d(image, 2, padding=1, count_include_pad=False)
    tensor([[[[1.0000, 3.5000, 0.0000],
              [3.0000, 2.5000, 8.0000]]]])

The gradient is judged too.

Not allowed: PyTorch's own average pooling, adaptive or not, under any name.

Read: Boureau, Ponce and LeCun, "A theoretical analysis of feature pooling in visual recognition", ICML 2010.
"""

import torch


def avg_pool2d(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    raise NotImplementedError
