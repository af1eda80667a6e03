"""Squash: a vector's length as a probability.

A capsule is a group of units that speaks as a vector: its direction says how something looks, its length how surely it is
there. So the length must lie between 0 and 1. Squash keeps the direction, shrinks short vectors to almost nothing and long
ones to almost unit length:

    squash(s) = |s|^2 / (1 + |s|^2)  *  s / |s|                  |s| is the Euclidean length of s; squash(0) = 0

Two ends need care. A zero vector has no direction, but its result and its gradient are perfectly well defined: both are 0
(the slope of |s| s at 0). And a very short vector has a very short, but right, result: nothing may be added to |s| that
matters next to a length of 1e-6.

    squash(input, dim=-1)

Arguments
    input    floating, any shape; the vectors lie along `dim`
    dim      int, possibly negative
Returns
    a tensor of input's shape

Example
    >>> squash(torch.tensor([3.0, 4.0]))                 # length 5 becomes 25 / 26
    tensor([0.5769, 0.7692])
    >>> squash(torch.tensor([[3.0, 0.0], [4.0, 0.0]]), dim=0)
    tensor([[0.5769, 0.0000],
            [0.7692, 0.0000]])

Not allowed: nothing.

Read: Sabour, Frosst and Hinton, "Dynamic routing between capsules", NeurIPS 2017, section 2.
"""

import torch


def squash(input, dim=-1):
    raise NotImplementedError
