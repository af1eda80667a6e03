"""One training step of a generative adversarial network: two players, one update each.

The discriminator learns to tell real data from generated; the generator learns to make data the discriminator takes
for real. They are trained in turns, each against the other as it is at that moment.

First the discriminator, with the generator held still:

    fake   = generator(noise)                              no gradient goes back into the generator
    d_loss = mean of -log sigmoid(discriminator(real))  +  mean of -log(1 - sigmoid(discriminator(fake)))
    one step of d_optimizer

then the generator, against the discriminator just updated:

    g_loss = mean of -log sigmoid(discriminator(generator(noise)))       the non-saturating loss
    one step of g_optimizer

Each update starts from cleared gradients of the network it changes, and changes no other network.

Arguments
    generator        a module: noise (N, Z) -> samples of real's shape
    discriminator    a module: samples -> logits (N, 1), before the sigmoid
    g_optimizer, d_optimizer    torch.optim optimizers over the generator's and the discriminator's parameters
    real             (N, ...) real samples
    noise            (N, Z), used in both updates
Returns
    (d_loss, g_loss), each as a number or a tensor without dimensions

Example
    >>> generator, discriminator = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)
    >>> for parameter in discriminator.parameters():
    ...     _ = torch.nn.init.zeros_(parameter)      # every logit is 0: an undecided discriminator
    >>> g_optimizer = torch.optim.SGD(generator.parameters(), lr=1e-6)
    >>> d_optimizer = torch.optim.SGD(discriminator.parameters(), lr=1e-6)
    >>> real, noise = torch.ones(4, 3), torch.ones(4, 2)
    >>> d_loss, g_loss = gan_step(generator, discriminator, g_optimizer, d_optimizer, real, noise)
    >>> float(d_loss), float(g_loss)          # 2 log 2 and log 2
    (1.386..., 0.693...)

The judge calls it several times in a row and looks at the losses and at every parameter afterwards. Stay with logits:
log(sigmoid(x)) computed in two steps is infinite where x is very negative, log-sigmoid is not.

Not allowed: nothing; torch.nn.functional has what you need.

Read: Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, algorithm 1 and the end of section 3.
"""

import torch


def gan_step(generator, discriminator, g_optimizer, d_optimizer, real, noise):
    raise NotImplementedError
