"""One training step: predict, measure, differentiate, move.

All training is this step, repeated. The model predicts, cross-entropy says how wrong it was, backward() finds how each
parameter contributed, and the optimizer moves them all a little the other way:

    loss = mean over n of  -log softmax(model(input)[n])[target[n]]
    every parameter gets the gradient of this loss, of nothing else, and the optimizer takes one step

Two things are easily forgotten. Gradients add up in `.grad` until somebody clears them. And layers such as batch norm
behave differently in training and in evaluation; a step puts the model in training mode, whatever it was in before.
Parameters that the caller has frozen (requires_grad=False) stay as they are.

Arguments
    model        an nn.Module: (N, ...) -> logits (N, K), before any softmax
    optimizer    a torch.optim optimizer over the model's parameters
    input        (N, ...)
    target       (N,) class indices, int64
Returns
    the loss before the step, as a number or a tensor without dimensions

Example
    >>> model = torch.nn.Linear(2, 2, bias=False)
    >>> _ = torch.nn.init.zeros_(model.weight)                       # undecided: the loss is log 2
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    >>> input, target = torch.tensor([[1., 2.]]), torch.tensor([0])
    >>> round(float(train_step(model, optimizer, input, target)), 4)
    0.6931
    >>> model.weight.tolist()                                        # towards class 0, away from class 1
    [[0.5, 1.0], [-0.5, -1.0]]
    >>> round(float(train_step(model, optimizer, input, target)), 4)
    0.0067

The judge calls it several times in a row and looks at the losses and at every parameter afterwards.

Not allowed: nothing; torch.nn.functional.cross_entropy takes logits.

Read: LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998, sections 1 to 4.
"""

import torch


def train_step(model, optimizer, input, target):
    raise NotImplementedError
