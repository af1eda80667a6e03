"""Batch normalisation of feature maps: each channel is brought to mean 0 and variance 1, then scaled and shifted.

A layer's inputs drift while the layers before it learn. Batch norm holds each channel's mean and spread fixed, whatever
the weights before it do, and lets the network choose the scale and shift it wants. This smooths the loss, so that
larger learning rates work (Santurkar et al. 2018).

    mean[c], var[c]  =  over the N*H*W values of channel c
    output[n, c, y, x] = (input[n, c, y, x] - mean[c]) / sqrt(var[c] + eps) * weight[c] + bias[c]

In training the mean and variance are the batch's own, and the variance is the biased one: the sum of squares divided by
m = N*H*W. They depend on the input, so gradients flow through them too. Each training call also updates, in place,

    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_var  = (1 - momentum) * running_var  + momentum * var * m / (m - 1)         the unbiased variance

In evaluation the running values take the place of mean and var, and nothing is updated: an image's result must not
depend on which other images are in its batch.

Arguments
    input                        (N, C, H, W), with N*H*W > 1
    weight, bias                 (C,)
    running_mean, running_var    (C,), changed in place when training
    training                     bool
    momentum, eps                floats
Returns
    (N, C, H, W), of the input's dtype and on its device

Example
    >>> image = torch.tensor([[[[1., 3., 5., 7.]]]])                 # mean 4, variance 5 (unbiased: 20/3)
    >>> mean, var = torch.tensor([0.]), torch.tensor([1.])
    >>> batch_norm2d(image, torch.tensor([2.]), torch.tensor([1.]), mean, var, True, eps=4.0)
    tensor([[[[-1.0000,  0.3333,  1.6667,  3.0000]]]])
    >>> mean, var                                                    # a tenth of the way to 4 and 20/3
    (tensor([0.4000]), tensor([1.5667]))
    >>> batch_norm2d(image, torch.tensor([2.]), torch.tensor([1.]), torch.tensor([1.]), torch.tensor([4.]), False, eps=0.)
    tensor([[[[1., 3., 5., 7.]]]])

The judge calls it several times in a row, and looks at the output, the running values and the gradients with respect to
input, weight and bias.

Not allowed: PyTorch's own normalisation layers, under any name. mean(), var() and sum() are fine.

Read: Ioffe and Szegedy, "Batch normalization", ICML 2015, algorithm 1; Santurkar, Tsipras, Ilyas and Madry, "How does
batch normalization help optimization?", NeurIPS 2018.
"""

import torch


def batch_norm2d(input, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    raise NotImplementedError
