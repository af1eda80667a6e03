"""The generator's half of a GAN's training step.

The generator has no data to compare with. All it learns from is the discriminator's opinion of its samples: the gradient
comes from the logits, passes back through the discriminator, which does not move, and on into the generator.

    g_loss = mean of -log sigmoid(discriminator(generator(noise)))       the non-saturating loss
    gradients of g_loss for the generator, one step of its optimizer

The step starts from cleared gradients of the generator, whatever an earlier step left in them. The generator is asked once,
in the mode it is in: with batch norm, every call counts. The discriminator's
parameters keep their values, and go on wanting gradients afterwards. What this step leaves in its .grad does not matter:
the discriminator's own step clears it.

Arguments
    generator        a module: noise (N, Z) -> samples
    discriminator    a module: samples -> logits (N, 1), before the sigmoid
    optimizer        a torch.optim optimizer over the generator's parameters
    noise            (N, Z)
Returns
    the loss before the step, as a number or a tensor without dimensions

Example
    >>> generator, discriminator = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    >>> _ = torch.nn.init.zeros_(generator.weight)                      # every sample is 0, every logit too
    >>> _ = torch.nn.init.constant_(discriminator.weight, 2.0)
    >>> optimizer = torch.optim.SGD(generator.parameters(), lr=1.0)
    >>> loss = generator_step(generator, discriminator, optimizer, torch.tensor([[1.]]))
    >>> round(float(loss), 4), generator.weight.item()                  # log 2, and a step towards larger logits
    (0.6931, 1.0)
    >>> discriminator.weight.item()
    2.0

The judge calls it several times in a row and looks at losses and at every parameter.

Not allowed: nothing; torch.nn.functional has what you need.

Read: Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, algorithm 1 and the end of section 3.
"""

import torch


def generator_step(generator, discriminator, optimizer, noise):
    raise NotImplementedError
