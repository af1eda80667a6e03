"""Cross-correlation of one image with one kernel: the operation inside every convolution layer.

Lay the kernel on the image, multiply each of its elements by the pixel below, and add up the products: that is one
output value. It is large where the image looks like the kernel. Then move the kernel by one pixel and do it again.

    output[y, x] = sum over i, j of  kernel[i, j] * image[y + i, x + j]

The kernel stays inside the image ("valid"), so the output is smaller. Mathematicians call something else convolution:
there the kernel is flipped along both axes first. Deep learning does not flip.

Arguments
    image     (H, W)
    kernel    (kh, kw), no larger than the image along either axis
Returns
    (H - kh + 1, W - kw + 1), of the image's dtype and on its device

Example
    >>> image = torch.tensor([[1., 2., 0.],
    ...                       [0., 1., 3.],
    ...                       [2., 0., 1.]])
    >>> kernel = torch.tensor([[1., 0.],
    ...                        [0., 2.]])
    >>> cross_correlate2d(image, kernel)          # 1*1 + 2*1 = 3, 1*2 + 2*3 = 8, ...
    tensor([[3., 8.],
            [0., 3.]])

Not allowed: PyTorch's and NumPy's own convolutions and correlations, under any name.

Read: Goodfellow, Bengio and Courville, "Deep Learning", section 9.1.
"""

import torch


def cross_correlate2d(image, kernel):
    raise NotImplementedError
