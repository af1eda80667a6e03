"""The discriminator's half of a GAN's training step.

The discriminator is a classifier of two kinds, real and generated, and this is its training step. The generator only
delivers the second kind: for this step its samples are data, and it must neither move nor collect gradients.

    fake   = generator(noise)
    d_loss = mean of -log sigmoid(discriminator(real))  +  mean of -log(1 - sigmoid(discriminator(fake)))
    gradients of d_loss for the discriminator, one step of its optimizer

The step starts from cleared gradients of the discriminator, whatever an earlier step left in them. The generator is asked
once, in the mode it is in: with batch norm, every call counts.

Arguments
    generator        a module: noise (M, Z) -> samples like real's
    discriminator    a module: samples -> logits (N, 1), before the sigmoid
    optimizer        a torch.optim optimizer over the discriminator's parameters
    real             (N, ...) real samples
    noise            (M, Z); M need not be N
Returns
    the loss before the step, as a number or a tensor without dimensions

Example
    >>> generator, discriminator = torch.nn.Linear(2, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    >>> _ = torch.nn.init.zeros_(discriminator.weight)                   # undecided: the loss is 2 log 2
    >>> _ = torch.nn.init.constant_(generator.weight, -1.0)
    >>> optimizer = torch.optim.SGD(discriminator.parameters(), lr=1.0)
    >>> real, noise = torch.tensor([[3.]]), torch.tensor([[1., 1.]])     # the fake is -2
    >>> loss = discriminator_step(generator, discriminator, optimizer, real, noise)
    >>> round(float(loss), 4), discriminator.weight.item()               # towards the real 3, away from -2
    (1.3863, 2.5)
    >>> generator.weight.grad is None
    True

The judge calls it several times in a row and looks at losses, at every parameter and at the generator's gradients. Stay
with logits: log(sigmoid(x)) in two steps is infinite where x is very negative, log-sigmoid is not.

Not allowed: nothing; torch.nn.functional has what you need.

Read: Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, algorithm 1.
"""

import torch


def discriminator_step(generator, discriminator, optimizer, real, noise):
    raise NotImplementedError
