"""Freezing: keep what a network has learnt, and train the rest.

A network that was trained on many images has learnt features that are useful for others too. With few new images one keeps
these features as they are and trains only what stands on top of them (feature extraction). In PyTorch a parameter is frozen
by requires_grad = False: autograd computes no gradient for it, and an optimizer leaves it alone.

    freeze(model, prefixes) -> names

Every parameter of model has a name with dots, such as "features.0.weight"; its parts are separated by the dots. A
parameter is frozen if some prefix is the whole name, or the name's first parts:

    "features"      freezes features.0.weight, features.0.bias, features.3.weight, ...
    "features.0"    freezes features.0.weight and features.0.bias
    "features.1"    does not freeze features.10.weight: parts are compared whole

All other parameters stay as they are: what was frozen before remains frozen. Nothing else of the model changes, neither
values nor its mode.

Arguments
    model       an nn.Module, changed in place
    prefixes    a list of strings, possibly empty
Returns
    the names of the parameters that are still trained after it, a list in the model's own order

Example
    >>> model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.Flatten(), torch.nn.Linear(4, 2))
    >>> freeze(model, ["0"])
    ['2.weight', '2.bias']
    >>> model[0].weight.requires_grad
    False
    >>> freeze(model, ["2.weight"])
    ['2.bias']

A frozen batch norm still moves its running statistics in training mode: they are buffers, not parameters. Whoever wants
them to stay puts that layer in evaluation mode as well; this function does not.

Not allowed: nothing.

Read: Yosinski, Clune, Bengio and Lipson, "How transferable are features in deep neural networks?", NeurIPS 2014.
"""

import torch


def freeze(model, prefixes):
    raise NotImplementedError
