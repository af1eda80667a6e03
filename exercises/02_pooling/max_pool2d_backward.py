"""The backward pass of max pooling, by hand.

Max pooling hands on one element of each window and ignores the others. So does its gradient: the gradient of a window's
output goes to the element that won, whole, and to no other. An element that won several windows collects the gradients of
all of them; one that won none gets 0.

    grad_input[n, c, Y, X] = sum of grad_output[n, c, y, x] over all windows (y, x) whose winner is (Y, X)

Window (y, x) holds the elements (y*sh + i, x*sw + j) with 0 <= i < kh, 0 <= j < kw. If several of them are equally
large, the first one wins, going row by row: the frameworks do so too, for a gradient given to all of them would be
counted more than once.

Arguments (NumPy arrays)
    grad_output    (N, C, OH, OW), the gradient of the loss with respect to the pooled map
    input          (N, C, H, W), what was pooled
    kernel_size    an int, or a pair (vertical, horizontal)
    stride         the same; None means kernel_size
Returns
    grad_input, (N, C, H, W), of the input's dtype

Example
    >>> input = np.array([[[[1., 5., 2.],
    ...                     [3., 4., 7.]]]])
    >>> max_pool2d_backward(np.array([[[[10., 20.]]]]), input, 2, stride=1)      # 5 wins the first window, 7 the second
    array([[[[ 0., 10.,  0.],
             [ 0.,  0., 20.]]]])
    >>> equal = np.array([[[[6., 6., 6.]]]])
    >>> max_pool2d_backward(np.array([[[[1., 2.]]]]), equal, (1, 2), stride=1)
    array([[[[1., 2., 0.]]]])

Not allowed: nothing; NumPy has no pooling.

Read: Goodfellow, Bengio and Courville, "Deep Learning", section 9.3.
"""

import numpy as np


def max_pool2d_backward(grad_output, input, kernel_size, stride=None):
    raise NotImplementedError
