"""Batch normalisation, backwards: what a change of the input does when the statistics move along with it.

The forward pass of one channel, with its m = N*H*W values x, is

    mean = sum(x) / m        var = sum((x - mean)^2) / m        std = sqrt(var + eps)
    normalized = (x - mean) / std
    y = weight * normalized + bias

Given the loss's gradient with respect to y, find it with respect to x, weight and bias. The difficulty is x: moving one
value moves the mean and the variance, and with them all m outputs. The chain rule along all three paths gives sums over
the channel, which turn out to be two numbers per channel.

Check your result against what must hold: adding the same to every x changes no output, so grad_input of a channel sums
to 0; and stretching the channel about its mean hardly changes an output (not at all if eps is 0).

This exercise is in NumPy: no autograd, the maths is yours.

Arguments
    grad_output    (N, C, H, W), the gradient with respect to y
    cache          (input, weight, eps) as the forward pass had them: (N, C, H, W), (C,), a float
Returns
    (grad_input, grad_weight, grad_bias), of the shapes (N, C, H, W), (C,), (C,) and of the input's dtype

Example
    >>> x = np.array([[[[1., 3., 5., 7.]]]])                      # mean 4, variance 5; with eps 4 the std is 3
    >>> grad_output = np.array([[[[9., 0., 0., 0.]]]])            # the loss looks at the first output alone
    >>> grad_input, grad_weight, grad_bias = batch_norm_backward(grad_output, (x, np.array([2.]), 4.0))
    >>> grad_input.round(4)
    array([[[[ 3., -2., -1.,  0.]]]])
    >>> grad_weight, grad_bias
    (array([-9.]), array([9.]))

Not allowed: nothing; there is no autograd in NumPy.

Read: Ioffe and Szegedy, "Batch normalization", ICML 2015, section 3, where the chain rule is written out.
"""

import numpy as np


def batch_norm_backward(grad_output, cache):
    raise NotImplementedError
