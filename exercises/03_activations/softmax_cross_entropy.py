"""Softmax and cross-entropy: the loss of a classifier, from its logits.

A classifier gives one number per class, its logits. Softmax turns them into probabilities, and the loss of one example is
minus the logarithm of the probability of the right class: 0 where the network is sure and right, large where it is sure
and wrong.

    p[n, c] = exp(logits[n, c]) / sum over k of exp(logits[n, k])
    loss    = mean over n of  -log p[n, target[n]]

Taking the two together is what makes it work in practice. Logits as large as 1000, of either sign, are no reason for
infinity or NaN: exp overflows, and a probability can underflow to 0 whose logarithm is infinite, but the loss itself is
an ordinary number. Adding a constant to all logits of an example changes no probability.

Arguments
    logits    (N, C), before the softmax
    target    (N,), int64, the index of the right class of each example
Returns
    the loss, a tensor without dimensions, of the logits' dtype and on their device

Example
    >>> logits = torch.tensor([[0., 0.]])
    >>> softmax_cross_entropy(logits, torch.tensor([1]))                    # two classes, undecided: log 2
    tensor(0.6931)
    >>> softmax_cross_entropy(torch.tensor([[1000., 0., -1000.]]), torch.tensor([2]))
    tensor(2000.)

The gradient is judged too. It is simple, (p - onehot(target)) / N, and autograd finds it from a stable forward pass.

Not allowed: PyTorch's own softmax, log-softmax, logsumexp, cross-entropy and negative log-likelihood, under any name.

Read: Goodfellow, Bengio and Courville, "Deep Learning", sections 4.1 and 6.2.2.3.
"""

import torch


def softmax_cross_entropy(logits, target):
    raise NotImplementedError
