"""Early stopping: end the training when the validation loss has not improved for a while.

A network that trains too long learns its training examples by heart: the training loss goes on falling, the validation
loss turns and rises. So one watches the validation loss, and gives up after `patience` epochs without improvement.

An epoch improves if its loss is less than the best one so far by more than `min_delta`:

    loss < best - min_delta

`best` is the loss of the last epoch that improved; the first epoch always improves. Epochs that are only a little better
do not count, and do not move `best` either, so that many small steps can add up to an improvement.

The training stops after the epoch that completes `patience` epochs in a row without improvement. If that never happens,
it runs to the end.

Arguments
    losses       a list of at least one number: the validation loss after epoch 0, 1, 2, ...
    patience     int, at least 1
    min_delta    float, at least 0
Returns
    the index of the last epoch that is run, an int

Example
    >>> early_stopping([5.0, 4.0, 4.5, 4.25, 3.0], patience=2, min_delta=0.0)      # epochs 2 and 3 do not improve
    3
    >>> early_stopping([5.0, 4.0, 4.5, 3.0, 3.5], patience=2, min_delta=0.0)       # one bad epoch at a time: to the end
    4
    >>> early_stopping([5.0, 4.75, 4.25], patience=2, min_delta=0.5)               # 4.25 is 0.75 better than the best, 5.0
    2

Not allowed: nothing.

Read: Prechelt, "Early stopping - but when?", in: Neural Networks: Tricks of the Trade, 1998.
"""


def early_stopping(losses, patience, min_delta):
    raise NotImplementedError
