"""Train a GAN: a cloud with several centres, and a generator that must find them all.

The data are points in the plane, gathered in equal clusters around a ring. They are easy to look at and hard for a GAN:
as soon as the discriminator takes the samples of one cluster for real, the generator gains most by making nothing else.
That is mode collapse, and this exercise measures it.

    train_gan(real, noise, seed) -> samples

Train a generator on `real` and give back what it makes of `noise`, a point for each row. You choose both networks, the
losses and the optimizers; gan_step is the start. What helps when a cluster is lost, or when the two players run in circles:
- Scale the data to mean 0 and spread 1 for training, and scale the samples back.
- Blur both kinds of samples the discriminator sees with noise that fades out in the course of training (instance noise).
- Adam with a first beta of 0.5 or less, and a discriminator that learns faster than the generator.
- An average of the generator's weights over the last steps: it no longer runs in circles.

What is judged, on a ring of eight clusters and on one of five, whose place, size and number you are not told:
- modes covered: centres near which (within 3 standard deviations) at least a quarter of a fair share of the samples
  lie. All of five, and at least seven of eight.
- quality: at least half of the samples lie near some centre (a Gaussian fitted to all of the data: about a fifth).
- spread: around the centres the samples spread by between a quarter and twice the clusters' standard deviation.
- equal rows of noise give equal samples: the generator is a function of its noise.
- the same seed gives the same samples again. torch.manual_seed(seed) seeds weights and batches; this exercise may use
  PyTorch's global generator.

Each call has a few seconds on one core: two layers of 64 units, 400 steps with batches of 128 are enough.

Arguments
    real     (N, 2), floating, real points
    noise    (M, Z), standard normal
    seed     int
Returns
    (M, 2), samples: row i belongs to row i of the noise

Example
    >>> left, right = torch.randn(200, 2) * 0.1 - 2, torch.randn(200, 2) * 0.1 + 2
    >>> samples = train_gan(torch.cat([left, right]), torch.randn(500, 2), seed=1)
    >>> samples.shape
    torch.Size([500, 2])
    >>> share = (samples[:, 0] > 0).float().mean().item()          # some on the left, some on the right
    >>> 0.2 < share < 0.8
    True

Not allowed: nothing.

Read: Metz, Poole, Pfau and Sohl-Dickstein, "Unrolled generative adversarial networks", ICLR 2017, section 3.1 (the ring);
Sonderby et al., "Amortised MAP inference for image super-resolution", ICLR 2017 (instance noise).
"""

import torch


def train_gan(real, noise, seed):
    raise NotImplementedError
