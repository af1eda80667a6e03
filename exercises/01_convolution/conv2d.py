"""2-D convolution, as every CNN layer computes it.

A convolution layer slides a small kernel over the image and takes, at every position, the sum of the products of
what lies under it. The same weights serve everywhere: that is what makes a pattern be found wherever it appears. What
deep learning calls convolution is cross-correlation: the kernel is not flipped.

    output[n, o, y, x] = bias[o]
        + sum over c, i, j of  weight[o, c, i, j] * padded[n, g(o) + c, y*sh + i*dh, x*sw + j*dw]

`padded` is the input with `padding` rows and columns of zeros on every side; (sh, sw) is the stride, (dh, dw) the
dilation. With `groups` = G the input and output channels are split into G equal blocks, and output channel o reads
only the input channels of its own block, of which g(o) is the first.

Arguments
    input     (N, C, H, W)
    weight    (O, C / groups, kh, kw)
    bias      (O,) or None
    stride, padding, dilation    an int, or a pair (vertical, horizontal)
    groups    an int that divides both C and O
Returns
    (N, O, OH, OW), of the input's dtype and on its device, where
    OH = floor((H + 2*padding - dilation*(kh - 1) - 1) / stride) + 1, and OW likewise

Example
    >>> image = torch.tensor([[[[1., 2., 0.],
    ...                         [0., 1., 3.],
    ...                         [2., 0., 1.]]]])
    >>> kernel = torch.tensor([[[[1., 0.],
    ...                          [0., 2.]]]])
    >>> conv2d(image, kernel)                     # 1*1 + 2*1 = 3, 2*1 + 2*3 = 8, ...
    tensor([[[[3., 8.],
              [0., 3.]]]])

Gradients with respect to input, weight and bias are judged too: use PyTorch operations, and autograd does the rest.

Not allowed: PyTorch's own convolutions, under any name.

Read: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
"""

import torch


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    raise NotImplementedError
