"""The losses of the two players of a GAN, from logits.

A discriminator gives each sample a logit x, and calls it real with probability D = sigmoid(x). It should say "real" to real
samples and "fake" to generated ones; the generator wants its samples called real:

    d_loss = mean of -log D(real)  +  mean of -log(1 - D(fake))
    g_loss = mean of -log D(fake)

The second is the non-saturating loss. The textbook's mean of log(1 - D(fake)) has the same aim, but hardly any gradient
where the generator needs it most: at the start, when the discriminator sees through every fake.

    gan_losses(real_logits, fake_logits) -> (d_loss, g_loss)

Both must be right for every logit. sigmoid(-200) is 0 in float32, and its logarithm minus infinity; the loss is 200. Both
gradients must be right too: a sigmoid clamped away from 0 gives a finite loss, and no gradient. (With logits of 1000 the
loss is 1000, and with 0 the gradient of -log D is -1/2.)

Arguments
    real_logits    (N, ...), the discriminator's answers to real samples, before any sigmoid
    fake_logits    (M, ...), its answers to generated ones; M need not be N
Returns
    (d_loss, g_loss), two tensors without dimensions

Example
    >>> d_loss, g_loss = gan_losses(torch.tensor([0., 0.]), torch.tensor([0.]))     # undecided
    >>> round(float(d_loss), 4), round(float(g_loss), 4)                              # 2 log 2 and log 2
    (1.3863, 0.6931)
    >>> gan_losses(torch.tensor([[200.]]), torch.tensor([[-200.]]))                   # sees through everything
    (tensor(0.), tensor(200.))

Not allowed: the library's binary cross-entropies, softplus, logsigmoid and soft margin losses.

Read: Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, section 3.
"""

import torch


def gan_losses(real_logits, fake_logits):
    raise NotImplementedError
