"""The sigmoid and its backward pass.

The sigmoid presses every number into the interval from 0 to 1, which can be read as a probability. It was the
classical activation function; today it stands at the end of a classifier and in gates, for its slope is never more than
1/4 and all but vanishes for large inputs.

    sigmoid(x)  = 1 / (1 + exp(-x))
    its slope   = sigmoid(x) * (1 - sigmoid(x))

The slope can be had from the output alone, so the backward pass need not keep the input. Inputs may be as large as
1000 either way, where exp overflows: the result must be right all the same, never NaN.

    sigmoid(input)
        input          array of any shape
        returns        array of its shape and dtype
    sigmoid_backward(grad_output, output)
        grad_output    the gradient of the loss with respect to sigmoid(input), of its shape
        output         sigmoid(input), as the forward pass gave it
        returns        the gradient with respect to input

Example
    >>> sigmoid(np.array([-1000., 0., 1000.]))
    array([0. , 0.5, 1. ])
    >>> sigmoid_backward(np.array([8., 8.]), np.array([0.5, 0.75]))
    array([2. , 1.5])

Not allowed: nothing; NumPy has no sigmoid. Write for whole arrays.

Read: Goodfellow, Bengio and Courville, "Deep Learning", sections 3.10 and 6.3.2.
"""

import numpy as np


def sigmoid(input):
    raise NotImplementedError


def sigmoid_backward(grad_output, output):
    raise NotImplementedError
