"""Self-attention over positions: every place looks at every other.

A convolution sees a window. Attention lets each position of a map gather from all positions, wherever they are, those
values it needs. Each position makes a query (what it looks for), a key (what it offers) and a value (what it hands over);
how well a query fits a key decides how much of the value is taken.

    q = query(input),  k = key(input)       1x1 convolutions to key_channels, no bias      (N, D, H, W)
    v = value(input)                        1x1 convolution to C channels, no bias         (N, C, H, W)

With i and j running over the L = H*W positions,

    weight[n, i, j] = softmax over j of   sum_d q[n, d, i] k[n, d, j] / sqrt(D)
    a[n, c, i]      = sum_j weight[n, i, j] v[n, c, j]
    output          = input + gamma * a

gamma is one learnable number (shape (1,)) that starts at 0: at first the block passes its input on, and training opens it
as far as that helps.

Arguments of the constructor
    channels, key_channels
forward(input)
    (N, C, H, W) -> (N, C, H, W)

Example
    >>> block = SelfAttention2d(channels=2, key_channels=1)
    >>> image = torch.arange(12.0).reshape(1, 2, 2, 3)
    >>> torch.equal(block(image), image)                                  # gamma is 0
    True
    >>> sorted(tuple(parameter.shape) for parameter in block.parameters())
    [(1,), (1, 2, 1, 1), (1, 2, 1, 1), (2, 2, 1, 1)]

Your layers may have any names, and linear layers do as well as 1x1 convolutions.

Not allowed: PyTorch's attention operators.

Read: Zhang, Goodfellow, Metaxas and Odena, "Self-attention generative adversarial networks", ICML 2019, section 3; the
square root is from Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.2.
"""

import torch
from torch import nn


class SelfAttention2d(nn.Module):
    def __init__(self, channels, key_channels):
        super().__init__()
        raise NotImplementedError

    def forward(self, input):
        raise NotImplementedError
