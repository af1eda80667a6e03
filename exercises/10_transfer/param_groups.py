"""Discriminative learning rates: the nearer to the input, the smaller the step.

A trained network's first layers see edges and textures, which any task can use; the later ones are about the old task, and
the head is new. So the head should learn fast and the first layers hardly move. An optimizer takes a list of groups, each
with parameters and a learning rate of its own:

    param_groups(model, base_lr, head_lr) -> [{"params": [...], "lr": ...}, ...]

One group for each child of the model (model.children()) that has parameters to train, in the model's order. The rates form
a geometric sequence from base_lr for the first group to head_lr for the last: with n groups, the k-th from 0 has

    lr_k = base_lr * (head_lr / base_lr) ** (k / (n - 1))          and if there is only one group, it is the head: head_lr

Parameters that do not want gradients (requires_grad is False) are in no group, and a child without any to train makes no
group and does not count in n.

Arguments
    model               an nn.Module
    base_lr, head_lr    positive floats
Returns
    a list of dicts with the keys "params" (a list of parameters, the model's own, in the child's order) and "lr" (a float)

Example
    >>> model = torch.nn.Sequential(
    ...     torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 3), torch.nn.Linear(3, 1)
    ... )
    >>> groups = param_groups(model, base_lr=0.001, head_lr=0.1)
    >>> [round(group["lr"], 6) for group in groups]
    [0.001, 0.01, 0.1]
    >>> [len(group["params"]) for group in groups]
    [2, 2, 2]
    >>> optimizer = torch.optim.SGD(groups)

Not allowed: nothing.

Read: Howard and Ruder, "Universal language model fine-tuning for text classification", ACL 2018, section 3.2.
"""

import torch


def param_groups(model, base_lr, head_lr):
    raise NotImplementedError
