"""The backward pass of a fully connected layer, by hand.

A fully connected layer joins every input with every output, by a weight of its own:

    output[n, o] = bias[o] + sum over i of  input[n, i] * weight[o, i]

All that training does to it follows from the gradient of the loss with respect to its output. Every product contributes
to the gradient of each of its factors: the gradient from above, times the other factor.

    grad_input[n, i]  = sum over o of  grad_output[n, o] * weight[o, i]
    grad_weight[o, i] = sum over n of  grad_output[n, o] * input[n, i]
    grad_bias[o]      = sum over n of  grad_output[n, o]

Weights and bias serve every example of the batch, so their gradients are sums over it.

Arguments (NumPy arrays)
    grad_output    (N, O), the gradient of the loss with respect to the layer's output
    input          (N, I)
    weight         (O, I)
Returns
    (grad_input, grad_weight, grad_bias), of shapes (N, I), (O, I) and (O,), in the input's dtype

Example
    >>> input = np.array([[1., 2., 3.]])
    >>> weight = np.array([[1., 0., 2.],
    ...                    [0., 1., 1.]])
    >>> grad_input, grad_weight, grad_bias = linear_backward(np.array([[10., 1.]]), input, weight)
    >>> grad_input
    array([[10.,  1., 21.]])
    >>> grad_weight
    array([[10., 20., 30.],
           [ 1.,  2.,  3.]])
    >>> grad_bias
    array([10.,  1.])

Not allowed: nothing; three lines of NumPy are enough.

Read: Goodfellow, Bengio and Courville, "Deep Learning", section 6.5.
"""

import numpy as np


def linear_backward(grad_output, input, weight):
    raise NotImplementedError
