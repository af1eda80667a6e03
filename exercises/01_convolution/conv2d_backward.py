"""The backward pass of a convolution, by hand.

A layer learns from three gradients of the loss: with respect to its weights and its bias, to improve them, and with
respect to its input, to hand on to the layer before. Each follows from one fact: the forward pass

    output[n, o, y, x] = bias[o] + sum over c, i, j of  weight[o, c, i, j] * padded[n, c, y*sh + i, x*sw + j]

is a sum of products, so wherever a weight met a pixel, the output's gradient times the one is a contribution to the
gradient of the other. Contributions of different places add up:

    grad_weight[o, c, i, j] = sum over n, y, x of  grad_output[n, o, y, x] * padded[n, c, y*sh + i, x*sw + j]
    grad_padded[n, c, Y, X] = sum over all o, y, x, i, j with Y = y*sh + i and X = x*sw + j
                              of  grad_output[n, o, y, x] * weight[o, c, i, j]
    grad_bias[o]            = sum over n, y, x of  grad_output[n, o, y, x]

grad_input is grad_padded without the border. Pixels that no window reached have a gradient of 0.

Arguments (NumPy arrays)
    grad_output    (N, O, OH, OW), the gradient of the loss with respect to the layer's output
    input          (N, C, H, W)
    weight         (O, C, kh, kw)
    stride, padding    an int, or a pair (vertical, horizontal)
Returns
    (grad_input, grad_weight, grad_bias), of the shapes of input, weight and (O,), in the input's dtype

Example
    >>> input = np.array([[[[1., 2., 3.]]]])
    >>> weight = np.array([[[[10., 20.]]]])               # the output is [50., 80.]
    >>> grad_output = np.array([[[[1., 2.]]]])
    >>> grad_input, grad_weight, grad_bias = conv2d_backward(grad_output, input, weight)
    >>> grad_input                                        # the middle pixel was met by both weights
    array([[[[10., 40., 40.]]]])
    >>> grad_weight                                       # 1*1 + 2*2, 1*2 + 2*3
    array([[[[5., 8.]]]])
    >>> grad_bias
    array([3.])

Not allowed: numpy.convolve, numpy.correlate. Measuring slopes by small differences is not exact enough.

Read: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, chapter 4.
"""

import numpy as np


def conv2d_backward(grad_output, input, weight, stride=1, padding=0):
    raise NotImplementedError
