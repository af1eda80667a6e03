"""Dropout: in training, forget a random part of the units, so that none can rely on another.

At every training step each element of a layer's output is set to 0 with probability p, independently of all others. A
network that must do without any of its units spreads what it knows over many of them, which counters overfitting. At
test time nothing is dropped.

Dropping a share p makes sums smaller by a factor of 1 - p on average. "Inverted" dropout makes up for it in training, by
enlarging what is kept, so that evaluation needs no change at all:

    training      output = 0                    with probability p, each element by itself
                  output = input / (1 - p)      otherwise
    evaluation    output = input

Arguments
    input        a tensor of any shape
    p            the probability of dropping an element, from 0 to 1, both included; with p = 1 everything is 0
    training     whether to drop
    generator    a torch.Generator on the input's device, from which all chance is drawn: called with one that has been
                 seeded alike, dropout drops the same elements; called again with the same generator, other ones
Returns
    a tensor of the input's shape and dtype, on its device

Example
    >>> dropout(torch.ones(3), 0.5, False, torch.Generator())
    tensor([1., 1., 1.])
    >>> dropped = dropout(torch.ones(1000), 0.75, True, torch.Generator().manual_seed(0))
    >>> dropped.unique()                           # kept values grow by 1 / (1 - 0.75)
    tensor([0., 4.])

Which elements are dropped is up to your way of drawing; the judge looks at shares, sizes and independence, with bounds
that a correct solution misses less than once in a million times.

Not allowed: PyTorch's own dropout, under any name.

Read: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent neural networks from
overfitting", JMLR 15, 2014.
"""

import torch


def dropout(input, p, training, generator):
    raise NotImplementedError
