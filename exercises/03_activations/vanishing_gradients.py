"""Vanishing gradients, measured.

Backpropagation multiplies slopes, layer by layer. If each factor is smaller than 1, the gradient shrinks exponentially on
its way to the early layers, which then hardly learn: the sigmoid's slope is at most 1/4, so after ten layers little is
left. ReLU's slope is 1 where it is open; a residual connection adds a path on which nothing is multiplied at all. Build
a deep network of each kind and see.

The network is fully connected, 16 units wide, without biases, on a batch of 8. All its numbers are float64 and come
from `generator`, drawn in this order on the generator's device:

    x       = torch.randn(8, 16, generator=generator, dtype=torch.float64, device=generator.device)
    W_1     = torch.randn(16, 16, generator=generator, dtype=torch.float64, device=generator.device) / 4
    W_2     likewise, and so on up to W_depth

    h_0     = x
    h_l     = a(h_{l-1} W_l^T)               without residual connections
    h_l     = h_{l-1} + a(h_{l-1} W_l^T)     with them
    loss    = mean of the squares of all elements of h_depth

    result[l-1] = the norm of the loss's gradient with respect to W_l:
                  the root of the sum of the squares of its 256 elements

Arguments
    depth         how many layers, at least 1
    activation    a: "sigmoid", "tanh" or "relu"
    residual      whether there are residual connections
    generator     a torch.Generator
Returns
    (depth,), float64, on the generator's device: the first layer's norm first

Example
    >>> def first_to_last(activation, residual):
    ...     norms = gradient_norms(20, activation, residual, torch.Generator().manual_seed(0))
    ...     return float(norms[0] / norms[-1])
    >>> first_to_last("sigmoid", False) < 1e-9            # the first layer learns nothing
    True
    >>> first_to_last("relu", False) > 1e-3
    True
    >>> first_to_last("sigmoid", True) > 0.01           # but for a path beside the sigmoids
    True

Not allowed: nothing; autograd is there to be used.

Read: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010; He et
al., "Identity mappings in deep residual networks", ECCV 2016.
"""

import torch


def gradient_norms(depth, activation, residual, generator):
    raise NotImplementedError
