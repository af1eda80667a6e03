"""Transposed convolution: the layer with which a generator makes images larger.

A convolution with stride gathers: each output value is a weighted sum of a window. A transposed convolution scatters:
each input value, times the kernel, is added to a window of the output, and neighbouring windows start `stride` pixels
apart. As a linear map it is the transpose of a convolution, which is what the backward pass of one computes. It is
not its inverse: shapes come back, values do not.

    full[n, o, y*sh + i, x*sw + j]  collects  input[n, c, y, x] * weight[c, o, i, j]    for all c, y, x, i, j
    output = full without its first and last `padding` rows and columns, plus bias

So `padding` makes the output smaller here. With stride > 1, several sizes of a convolution's input give the same output
size; `output_padding` says which is meant: that many rows are kept more at the bottom and columns at the right, which
may reach beyond `full`, where nothing but the bias arrives.

Arguments
    input     (N, C, H, W)
    weight    (C, O, kh, kw); the input's channels come first
    bias      (O,) or None
    stride, padding, output_padding    an int, or a pair (vertical, horizontal); output_padding is less than stride
Returns
    (N, O, OH, OW), of the input's dtype and on its device, where
    OH = (H - 1)*stride - 2*padding + kh + output_padding, and OW likewise

Example
    >>> image = torch.tensor([[[[1., 2.]]]])
    >>> kernel = torch.tensor([[[[1., 10., 100.]]]])
    >>> conv_transpose2d(image, kernel)                       # 1 * (1, 10, 100) and, one further, 2 * (1, 10, 100)
    tensor([[[[  1.,  12., 120., 200.]]]])
    >>> conv_transpose2d(image, kernel, stride=(1, 2))        # two further: they meet in one pixel
    tensor([[[[  1.,  10., 102.,  20., 200.]]]])
    >>> conv_transpose2d(image, kernel, stride=(1, 2), padding=(0, 1), output_padding=(0, 1))
    tensor([[[[ 10., 102.,  20., 200.]]]])

Gradients with respect to input, weight and bias are judged too: use PyTorch operations, and autograd does the rest.

Not allowed: PyTorch's own convolutions, transposed or not, under any name.

Read: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, chapter 4.
"""

import torch


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0):
    raise NotImplementedError
