"""train_gan: non-saturating losses, fading instance noise, and an average of the generator's weights."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, Statistic, chaff, mistake, wheat


def network(inputs, outputs, activation):
    return nn.Sequential(
        nn.Linear(inputs, 64), activation, nn.Linear(64, 64), activation, nn.Linear(64, outputs)
    )


def train_gan(real, noise, seed):
    torch.manual_seed(seed)
    mean, std = real.mean(dim=0), real.std(dim=0)
    data = ((real - mean) / std).float()
    generator = network(noise.shape[1], 2, nn.ReLU())
    discriminator = network(2, 1, nn.LeakyReLU(0.2))
    # The discriminator learns faster: its opinion is of use only while it keeps up with the generator.
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=0.002, betas=(0.5, 0.9), fused=True)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=0.004, betas=(0.5, 0.9), fused=True)
    steps, batch, average = 400, 128, None
    for step in range(steps):
        # Blurred clusters overlap, so there is a slope from every sample to every cluster; the blur fades out.
        blur = 0.3 * max(0.0, 1 - step / (0.8 * steps))
        batch_real = data[torch.randint(len(data), (batch,))]
        fake = generator(torch.randn(batch, noise.shape[1]))
        batch_real = batch_real + blur * torch.randn(batch, 2)
        fake = fake + blur * torch.randn(batch, 2)

        real_logits, fake_logits = discriminator(torch.cat([batch_real, fake.detach()])).split(batch)
        d_loss = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()

        g_loss = F.softplus(-discriminator(fake)).mean()
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
        # The two players circle around the solution; the average of the second half lies closer to it.
        weights = nn.utils.parameters_to_vector(generator.parameters()).detach()
        average = weights if step <= steps // 2 else average.lerp(weights, 0.02)
    nn.utils.vector_to_parameters(average, generator.parameters())
    with torch.no_grad():
        samples = generator(noise.float())
        return (samples * std + mean).to(real.dtype)


@wheat("the hinge loss, and two updates of the discriminator for each of the generator")
def train_gan_hinge(real, noise, seed):
    torch.manual_seed(seed)
    mean, std = real.mean(0), real.std(0)
    data, z = ((real - mean) / std).float(), noise.shape[1]
    generator, discriminator = network(z, 2, nn.ReLU()), network(2, 1, nn.LeakyReLU(0.2))
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=0.004, betas=(0.0, 0.9), fused=True)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=0.005, betas=(0.0, 0.9), fused=True)
    average, steps = None, 250
    for step in range(steps):
        blur = 0.4 * max(0.0, 1 - step / 150)
        for _ in range(2):
            chosen = data[torch.randint(len(data), (128,))] + blur * torch.randn(128, 2)
            with torch.no_grad():
                fake = generator(torch.randn(128, z)) + blur * torch.randn(128, 2)
            loss = F.relu(1 - discriminator(chosen)).mean() + F.relu(1 + discriminator(fake)).mean()
            d_optimizer.zero_grad()
            loss.backward()
            d_optimizer.step()
        loss = -discriminator(generator(torch.randn(128, z)) + blur * torch.randn(128, 2)).mean()
        g_optimizer.zero_grad()
        loss.backward()
        g_optimizer.step()
        now = nn.utils.parameters_to_vector(generator.parameters()).detach()
        average = now if step <= 150 else average.lerp(now, 0.04)
    nn.utils.vector_to_parameters(average, generator.parameters())
    with torch.no_grad():
        return (generator(noise.float()) * std + mean).to(real.dtype)


@wheat("no discriminator network: kernels compare the two clouds (maximum mean discrepancy)")
def train_gan_kernel(real, noise, seed):
    torch.manual_seed(seed)
    mean, std = real.mean(0), real.std(0)
    data, z = ((real - mean) / std).float(), noise.shape[1]
    generator = network(z, 2, nn.ReLU())
    optimizer = torch.optim.Adam(generator.parameters(), lr=0.01, fused=True)
    steps, batch = 400, 128
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        fake = generator(torch.randn(batch, z))
        both = torch.cat([fake, data[torch.randint(len(data), (batch,))]])
        lengths = both.square().sum(dim=1)
        squares = lengths[:batch, None] + lengths - 2 * fake @ both.T
        likeness = sum(torch.exp(-squares / (2 * width**2)) for width in (0.1, 0.3, 1.0))
        loss = likeness[:, :batch].mean() - 2 * likeness[:, batch:].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        return (generator(noise.float()) * std + mean).to(real.dtype)


# ------------------------------------------------------------------------------------------------------------ chaffs

NO_PLAY = (
    "No sample lies near a cluster. Plot them: either the players do not play against each other (one never moves, no gradient "
    "passes, labels are the wrong way round, another loss pulls), or the play or its average ends too early, or the samples "
    "are not brought back to the scale of the data."
)
COLLAPSE = (
    "Mode collapse: all samples lie in one place. The generator sees one kind of noise or a part of the data, or its outputs "
    "cannot reach the rest."
)
SMEARED = (
    "The samples cover the ring's neighbourhood, but not its clusters: they have another scale than the data, or only the "
    "data's overall mean and spread."
)
OTHER_NOISE = "Equal rows of noise give different samples: they are not made from the noise you were given."

generator_never_steps = mistake("        g_optimizer.step()\n", "", lesson=NO_PLAY)

discriminator_never_steps = mistake("        d_optimizer.step()\n", "", lesson=NO_PLAY)

generator_detached = mistake(
    "F.softplus(-discriminator(fake)).mean()",
    "F.softplus(-discriminator(fake.detach())).mean()",
    lesson=NO_PLAY,
)

generator_wants_fake = mistake(
    "F.softplus(-discriminator(fake)).mean()",
    "F.softplus(discriminator(fake)).mean()",
    lesson="The generator flees from the data: it is rewarded when the discriminator sees through it.",
)

labels_swapped = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "F.softplus(real_logits).mean() + F.softplus(-fake_logits).mean()",
    lesson=NO_PLAY,
)

reals_only = mistake(
    " + F.softplus(fake_logits).mean()",
    "",
    lesson="The discriminator never sees a fake, so it has no reason to call anything fake.",
)

one_cluster = mistake(
    "data = ((real - mean) / std).float()",
    "data = ((real - mean) / std).float()[:1].repeat(128, 1)",
    lesson=COLLAPSE,
)

same_noise = mistake(
    "generator(torch.randn(batch, noise.shape[1]))",
    "generator(torch.zeros(batch, noise.shape[1]))",
    lesson=COLLAPSE,
)

not_scaled_back = mistake(
    "return (samples * std + mean)",
    "return samples",
    lesson=SMEARED,
)

only_shifted_back = mistake(
    "samples * std + mean",
    "samples + mean",
    lesson=NO_PLAY,
)

mean_point = mistake(
    "g_loss = F.softplus(-discriminator(fake)).mean()",
    "g_loss = (fake - batch_real).square().mean()",
    lesson=NO_PLAY,
)

too_short = mistake(
    "steps, batch, average = 400, 128, None",
    "steps, batch, average = 10, 128, None",
    lesson=NO_PLAY,
)

averaged_from_the_start = mistake(
    "weights if step <= steps // 2 else average.lerp(weights, 0.02)",
    "weights if step == 0 else average.lerp(weights, 0.001)",
    lesson=NO_PLAY,
)

blur_stays = mistake(
    "return (samples * std + mean)",
    "samples = samples + 0.8 * torch.randn_like(samples)\n        return (samples * std + mean)",
    lesson="The samples are blurred until clusters can no longer be told apart.",
)

own_noise = mistake(
    "samples = generator(noise.float())",
    "samples = generator(torch.randn(noise.shape))",
    lesson=OTHER_NOISE,
)

first_row = mistake(
    "samples = generator(noise.float())",
    "samples = generator(noise.float()[:1].expand(noise.shape))",
    lesson=COLLAPSE,
)

unseeded = mistake(
    "    torch.manual_seed(seed)\n",
    "    torch.seed()\n",
    lesson="The seed is not used: nobody can repeat your result.",
)

scaled_in_place = mistake(
    "data = ((real - mean) / std).float()",
    "data = real.sub_(mean).div_(std).float()",
    lesson="The caller's points are scaled in place. The next one who uses them gets others.",
)

half_the_batch = mistake(
    "samples = generator(noise.float())",
    "samples = generator(noise.float()[: len(noise) // 2])",
    lesson="There are fewer samples than rows of noise.",
)

as_list = mistake(
    "return (samples * std + mean).to(real.dtype)",
    "return (samples * std + mean).tolist()",
    lesson="You return a list of numbers. A tensor is asked for.",
)

sigmoid_outputs = mistake(
    "fake = generator(torch.randn(batch, noise.shape[1]))",
    "fake = torch.sigmoid(generator(torch.randn(batch, noise.shape[1])))",
    "samples = generator(noise.float())",
    "samples = torch.sigmoid(generator(noise.float()))",
    lesson=COLLAPSE,
)


@chaff(OTHER_NOISE)
def returns_real(real, noise, seed):
    torch.manual_seed(seed)
    return real[torch.randint(len(real), (len(noise),))]


@chaff(SMEARED)
def one_gaussian(real, noise, seed):
    return real.mean(dim=0) + noise[:, :2] @ torch.linalg.cholesky(torch.cov(real.T)).T


@chaff("These are the centres of the clusters. A generator learns their spread as well.")
def centres_only(real, noise, seed):
    torch.manual_seed(seed)
    middles = real[torch.randint(len(real), (1,))]
    for _ in range(11):
        apart = torch.cdist(real, middles).min(dim=1).values
        middles = torch.cat([middles, real[apart.argmax()][None]])
    for _ in range(20):
        nearest = torch.cdist(real, middles).argmin(dim=1)
        middles = torch.stack([real[nearest == k].mean(dim=0) for k in nearest.unique()])
        middles = middles[
            [
                k
                for k in range(len(middles))
                if k == 0 or torch.cdist(middles[k : k + 1], middles[:k]).min() > 0.8
            ]
        ]
    angle = torch.atan2(noise[:, 0], noise[:, 1]) / (2 * torch.pi) + 0.5
    return middles[(angle * len(middles)).long().clamp(max=len(middles) - 1)]


# ------------------------------------------------------------------------------------------------------------- cases

SEEDS = 5  # a call takes seconds, and its three statistics leave chance no room
CHECKS = {"ring_of_eight": 3, "ring_of_five": 2, "good_manners": 1}


def at_least(name, measure, least, most, **options):
    """Passes between `least` and `most`: bounds are 5.5 deviations wide on either side of the middle."""
    return Statistic(name, measure, (least + most) / 2, (most - least) / 11, options=options)


def cases(draw):
    import numpy as np

    def case(check, modes, radius, std, least):
        turn = draw.uniform(low=0.0, high=2 * np.pi)
        angles = turn + 2 * np.pi * np.arange(modes) / modes
        centres = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1) + draw.normal(1, 2, scale=2.0)
        real = centres[draw.labels(1024, classes=modes)] + draw.normal(1024, 2, scale=std)
        fresh = draw.normal(900, 2)
        near = dict(centres=centres.tolist(), radius=3 * std)
        share = 0.25 / modes
        rows = [list(range(900, 1000)), list(range(100))]
        return Case(
            check,
            dict(real=real, noise=np.concatenate([fresh, fresh[:100]]), seed=draw.seed()),
            statistics=[
                at_least(
                    "the number of modes covered",
                    "modes_covered",
                    least - 0.5,
                    modes + 0.5,
                    share=share,
                    **near,
                ),
                at_least("the share of samples near a centre", "fraction_near", 0.5, 1.5, **near),
                at_least(
                    "the spread around the centres",
                    "nearest_deviation",
                    0.25 * std,
                    2 * std,
                    centres=centres.tolist(),
                ),
                at_least(
                    "the difference between samples of equal noise", "rows_apart", -1e-3, 1e-3, rows=rows
                ),
            ],
        )

    yield case("ring_of_eight", 8, 2.0, 0.2, 7)
    yield case("ring_of_five", 5, 3.0, 0.4, 5)
