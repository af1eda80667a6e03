"""A new head on a trained body: the first step of every transfer.

A classifier's last linear layer, its head, has one output per class. For a task with other classes the head is of no use,
but everything before it is: those layers have learnt to see. So the head is replaced by a new linear layer with as many
outputs as there are new classes, and the rest is kept with all its weights.

    replace_head(model, num_classes) -> model

The head is the last nn.Linear of the model in the order of model.modules(). It need not be the model's last layer, and may
lie inside other modules. The new layer takes its place, and

    has in_features of the old head, and num_classes outputs
    has a bias exactly if the old head had one
    starts from PyTorch's own initial weights, and is trained: its parameters want gradients

Everything else stays: the other layers, their order, their weights and running statistics, whether their parameters
want gradients, and the mode (training or evaluation) the model is in.

Arguments
    model          an nn.Sequential, possibly with other nn.Sequential inside, that holds at least one nn.Linear
    num_classes    int
Returns
    the model with its new head; it may be the same object, changed in place

Example
    >>> body = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 5), torch.nn.ReLU())
    >>> model = replace_head(torch.nn.Sequential(body, torch.nn.Linear(5, 1000), torch.nn.Dropout(0.1)), 3)
    >>> model(torch.zeros(2, 3, 4)).shape
    torch.Size([2, 3])
    >>> [tuple(parameter.shape) for parameter in model.parameters()]
    [(5, 12), (5,), (3, 5), (3,)]

The judge gives the new head parameters of its own, looks at the mode, and runs the model in both modes. Everything
outside the head must come out as it went in.

Not allowed: nothing.

Read: Yosinski, Clune, Bengio and Lipson, "How transferable are features in deep neural networks?", NeurIPS 2014.
"""

import torch
from torch import nn


def replace_head(model, num_classes):
    raise NotImplementedError
