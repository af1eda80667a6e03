"""unfold (im2col): every window of the image becomes a column, so that convolution becomes a matrix product.

Matrix products are what computers do fastest. If all the windows that a kernel visits are laid out as the columns of a
matrix, then a convolution layer is  weight.reshape(O, C*kh*kw) @ columns,  one product for the whole image.

    columns[n, (c*kh + i)*kw + j, y*OW + x] = padded[n, c, y*sh + i*dh, x*sw + j*dw]

Down a column run the window's elements: channel by channel, within a channel row by row. From left to right run the
window's positions, row by row. `padded` is the input with `padding` rows and columns of zeros on every side; (sh, sw)
is the stride, (dh, dw) the dilation.

Arguments
    input          (N, C, H, W)
    kernel_size    an int, or a pair (vertical, horizontal)
    stride, padding, dilation    the same
Returns
    (N, C*kh*kw, OH*OW), of the input's dtype and on its device, where
    OH = floor((H + 2*padding - dilation*(kh - 1) - 1) / stride) + 1, and OW likewise

Example
    >>> image = torch.tensor([[[[1., 2., 3.],
    ...                         [4., 5., 6.]]]])
    >>> unfold2d(image, 2)                        # two windows: 1 2 4 5 and 2 3 5 6
    tensor([[[1., 2.],
             [2., 3.],
             [4., 5.],
             [5., 6.]]])

The gradient is judged too: a pixel that lies in several windows collects the gradients of all of them. With PyTorch
operations autograd does this for you.

Not allowed: torch.nn.functional.unfold and nn.Unfold (im2col). Tensor.unfold, which gives the windows along one axis
as a view, is fine.

Read: Chellapilla, Puri and Simard, "High performance convolutional neural networks for document processing", 2006.
"""

import torch


def unfold2d(input, kernel_size, stride=1, padding=0, dilation=1):
    raise NotImplementedError
