"""ReLU, the rectified linear unit, and its backward pass.

Layers of weights alone, however many, amount to a single one: a product of matrices is a matrix. What makes depth worth
having is a non-linear function between them. ReLU is the simplest: what is positive passes, the rest becomes 0.

    relu(x)     = max(x, 0)
    its slope   = 1 where x > 0,  0 where x < 0

At x = 0 there is no slope, but a corner; the frameworks take 0, and so does this exercise. Where x is positive the
gradient passes undiminished, which is why ReLU let networks grow deep. Where x is negative it is 0: a unit that is
negative for every image never learns again ("dead").

    relu(input)
        input          array of any shape
        returns        array of its shape and dtype
    relu_backward(grad_output, input)
        grad_output    the gradient of the loss with respect to relu(input), of its shape
        input          what relu was given
        returns        the gradient with respect to input

Example
    >>> x = np.array([-2., 0., 3.])
    >>> relu(x)
    array([0., 0., 3.])
    >>> relu_backward(np.array([10., 20., 30.]), x)
    array([ 0.,  0., 30.])

Not allowed: nothing; write for whole arrays.

Read: Glorot, Bordes and Bengio, "Deep sparse rectifier neural networks", AISTATS 2011.
"""

import numpy as np


def relu(input):
    raise NotImplementedError


def relu_backward(grad_output, input):
    raise NotImplementedError
