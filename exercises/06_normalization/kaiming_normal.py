"""Kaiming initialisation: weights drawn just large enough that signals neither die out nor blow up with depth.

A layer adds up fan_in products. With weights of variance v the sum has fan_in * v times the mean square of its inputs,
and a ReLU then cuts half of that away. For a deep network the factor fan_in * v / 2 is taken to the power of the depth:
below 1 everything vanishes, above 1 everything explodes. It is 1 when

    weight ~ Normal(0, std^2),    std = gain / sqrt(fan_in),    gain = sqrt(2) for ReLU

fan_in is the number of inputs that one output value is computed from: for a linear layer its input features, for a
convolution the input channels times the kernel's height times its width.

    kaiming_normal_(weight, generator)

fills `weight` in place (hence the underscore, PyTorch's sign for it), with every value drawn independently from
`generator`, and returns it.

Arguments
    weight       (O, I) or (O, I, kh, kw); it may be an nn.Parameter, whose filling is no step that gradients go through
    generator    a torch.Generator on the weight's device; the only source of randomness
Returns
    weight, the same tensor

Example
    >>> weight = torch.zeros(500, 2, 5, 5)                # fan_in = 50, so std = sqrt(2 / 50) = 0.2
    >>> kaiming_normal_(weight, torch.Generator().manual_seed(1)) is weight
    True
    >>> abs(weight.mean().item()) < 0.01, round(weight.std().item(), 2)
    (True, 0.2)

The judge looks at mean, spread and shape of the values' distribution, at values drawn one after the other, and at two
calls in a row. A right answer fails by bad luck less than once in a million times.

Not allowed: torch.nn.init's kaiming_normal_ and kaiming_uniform_.

Read: He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015, section 2.2.
"""

import torch


def kaiming_normal_(weight, generator):
    raise NotImplementedError
