"""Global average pooling: one number per channel, whatever the size of the image.

After the last convolution a classifier needs a vector of fixed length. Flattening the feature maps ties the network to
one image size and gives the next layer a great many weights. Averaging each map over all its positions does neither:
what is left says how much of each feature there is, and not where.

    output[n, c] = 1/(H*W) * sum over y, x of  input[n, c, y, x]

Arguments
    input    (N, C, H, W)
Returns
    (N, C), of the input's dtype and on its device

Example
    >>> maps = torch.tensor([[[[1., 2.], [3., 6.]],
    ...                       [[0., 0.], [0., 2.]]]])
    >>> global_avg_pool(maps)
    tensor([[3.0000, 0.5000]])

The gradient is judged too.

Not allowed: PyTorch's own average pooling, adaptive or not, under any name.

Read: Lin, Chen and Yan, "Network in network", ICLR 2014, section 3.2.
"""

import torch


def global_avg_pool(input):
    raise NotImplementedError
