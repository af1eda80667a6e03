"""Dynamic routing: capsules vote, and agreement decides who is heard.

Each of I lower capsules predicts what each of J upper capsules should be: a vector u[i, j]. An upper capsule is a weighted
sum of the predictions for it, squashed. The weights are not learnt but found for each image anew: a lower capsule sends
more to those upper ones whose outcome agrees with its prediction.

    b[i, j] = 0
    repeat `iterations` times:
        c[i, j] = softmax over j of b[i, j]                    each lower capsule shares itself out among the upper ones
        s[j]    = sum_i c[i, j] u[i, j]
        v[j]    = squash(s[j])                                 |s|^2 / (1 + |s|^2) * s / |s|
        b[i, j] = b[i, j] + u[i, j] . v[j]                     not needed any more after the last v
    output v

Gradients flow through all iterations, the weights c included.

    dynamic_routing(predictions, iterations=3)

Arguments
    predictions    u, (N, I, J, D), floating
    iterations     int, at least 1
Returns
    v, (N, J, D)

Example
    >>> u = torch.tensor([[[[1.0, 0.0], [0.0, 2.0]],
    ...                    [[1.0, 0.0], [0.0, -2.0]]]])          # two votes: they agree on upper capsule 0, not on 1
    >>> dynamic_routing(u, iterations=1)                          # s = (1, 0) and (0, 0)
    tensor([[[0.5000, 0.0000],
             [0.0000, 0.0000]]])
    >>> dynamic_routing(u, iterations=2)[0, 0]                    # now more is sent to capsule 0
    tensor([0.6078, 0.0000])

Predictions that cancel make s = 0 as above: neither values nor gradients may become NaN there.

Not allowed: nothing.

Read: Sabour, Frosst and Hinton, "Dynamic routing between capsules", NeurIPS 2017, section 2, procedure 1.
"""

import torch


def dynamic_routing(predictions, iterations=3):
    raise NotImplementedError
