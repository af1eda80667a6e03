"""A convolution is a fully connected layer with most weights zero and the rest shared.

A fully connected layer from an image of H*W pixels to a map of OH*OW values has a weight for every pair of them. A
convolution computes the same kind of thing, a matrix times the flattened image, but its matrix is almost empty: an
output value depends on one window only, and every row holds the same few numbers, the kernel's, in other places. Few
weights, used everywhere: that is what a CNN knows about images beforehand.

    M[y*OW + x, Y*W + X] = kernel[Y - y, X - x]    where 0 <= Y - y < kh and 0 <= X - x < kw
                         = 0                       elsewhere
    OH = H - kh + 1,  OW = W - kw + 1

so that M @ image.flatten() is the cross-correlation of image and kernel, flattened.

Arguments
    kernel           (kh, kw), no larger than the image along either axis
    height, width    H and W, the sizes of the image
Returns
    M, (OH*OW, H*W), of the kernel's dtype and on its device

Example
    >>> conv_as_matrix(torch.tensor([[1., 2.]]), 2, 3)
    tensor([[1., 2., 0., 0., 0., 0.],
            [0., 1., 2., 0., 0., 0.],
            [0., 0., 0., 1., 2., 0.],
            [0., 0., 0., 0., 1., 2.]])

Not allowed: PyTorch's own convolutions, under any name.

Read: Goodfellow, Bengio and Courville, "Deep Learning", sections 9.1 and 9.2.
"""

import torch


def conv_as_matrix(kernel, height, width):
    raise NotImplementedError
