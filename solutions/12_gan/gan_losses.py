"""gan_losses: -log sigmoid without ever computing a sigmoid."""

import torch

from grader.author import Case, mistake, wheat


def minus_log_sigmoid(logits):
    # -log sigmoid(x) = log(1 + e^-x) = log(e^0 + e^-x), and logaddexp adds exponentials without overflow.
    return torch.logaddexp(torch.zeros_like(logits), -logits)


def gan_losses(real_logits, fake_logits):
    # 1 - sigmoid(x) = sigmoid(-x): "fake" is "real" with the sign turned.
    d_loss = minus_log_sigmoid(real_logits).mean() + minus_log_sigmoid(-fake_logits).mean()
    g_loss = minus_log_sigmoid(fake_logits).mean()
    return d_loss, g_loss


@wheat("log1p of exp(-|x|), plus the part that grows linearly")
def gan_losses_log1p(real_logits, fake_logits):
    def softplus(x):
        return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))

    on_fake = softplus(fake_logits)
    # softplus(-x) = softplus(x) - x
    return softplus(-real_logits).mean() + on_fake.mean(), softplus(-fake_logits).mean()


@wheat("logsumexp over the two outcomes")
def gan_losses_logsumexp(real_logits, fake_logits):
    def cost(logits, label):
        both = torch.stack([torch.zeros_like(logits), logits], dim=-1)
        return (both.logsumexp(dim=-1) - both[..., label]).mean()

    return cost(real_logits, 1) + cost(fake_logits, 0), cost(fake_logits, 1)


@wheat("log_softmax of the two outcomes")
def gan_losses_softmax(real_logits, fake_logits):
    def log_probabilities(logits):
        flat = logits.reshape(-1)
        return torch.log_softmax(torch.stack([-flat / 2, flat / 2]), dim=0)

    real, fake = log_probabilities(real_logits), log_probabilities(fake_logits)
    return -real[1].mean() - fake[0].mean(), -fake[1].mean()


@wheat("cross-entropy of two classes, whose logits are 0 and x")
def gan_losses_classes(real_logits, fake_logits):
    def cost(logits, label):
        two = torch.nn.functional.pad(logits.reshape(-1, 1), (1, 0))
        return torch.nn.functional.cross_entropy(two, torch.full_like(two[:, 0], label, dtype=torch.long))

    return cost(real_logits, 1) + cost(fake_logits, 0), cost(fake_logits, 1)


# ------------------------------------------------------------------------------------------------------------ chaffs

UNSTABLE = (
    "An intermediate value overflows for large logits (exp to infinity) or is rounded off (a sigmoid to 0 or 1, 1 + exp to 1), "
    "and the loss or its gradient is lost with it. Combine the steps on paper first."
)

log_of_sigmoid = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "-torch.log(torch.sigmoid(logits))",
    lesson=UNSTABLE,
)

naive_log = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "torch.log(1 + torch.exp(-logits))",
    lesson=UNSTABLE,
)

naive_log1p = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "torch.log1p(torch.exp(-logits))",
    lesson=UNSTABLE,
)

epsilon = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "-torch.log(torch.sigmoid(logits) + 1e-8)",
    lesson="A small number inside the logarithm hides the infinity, but the loss can then never exceed 18, and has no gradient there.",
)

clamped = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "-torch.log(torch.sigmoid(logits).clamp(1e-7, 1 - 1e-7))",
    lesson="The probability is clamped. Beyond the clamp the loss stops growing and the gradient is 0, where it is needed most.",
)

logits_clamped = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "torch.log1p(torch.exp(-logits.clamp(-30, 30)))",
    lesson="The logits are clamped: beyond that the loss stops growing and the gradient is 0, where it is needed most.",
)

saturating = mistake(
    "g_loss = minus_log_sigmoid(fake_logits).mean()",
    "g_loss = -minus_log_sigmoid(-fake_logits).mean()",
    lesson="This is the saturating loss, log(1 - D(fake)). Early on, when fakes are easily told, its gradient vanishes.",
)

generator_wants_fake = mistake(
    "g_loss = minus_log_sigmoid(fake_logits).mean()",
    "g_loss = minus_log_sigmoid(-fake_logits).mean()",
    lesson="The generator is rewarded when the discriminator sees through it. It wants its samples taken for real.",
)

labels_swapped = mistake(
    "minus_log_sigmoid(real_logits).mean() + minus_log_sigmoid(-fake_logits).mean()",
    "minus_log_sigmoid(-real_logits).mean() + minus_log_sigmoid(fake_logits).mean()",
    lesson="The discriminator is taught that real data are fake and fakes are real.",
)

all_real = mistake(
    "minus_log_sigmoid(-fake_logits).mean()",
    "minus_log_sigmoid(fake_logits).mean()",
    lesson="The discriminator is told that everything is real, fakes included.",
)

reals_only = mistake(
    " + minus_log_sigmoid(-fake_logits).mean()",
    "",
    lesson="The discriminator's loss has no part for fakes.",
)

fakes_only = mistake(
    "minus_log_sigmoid(real_logits).mean() + ",
    "",
    lesson="The discriminator's loss has no part for real samples.",
)

averaged = mistake(
    "minus_log_sigmoid(real_logits).mean() + minus_log_sigmoid(-fake_logits).mean()",
    "(minus_log_sigmoid(real_logits).mean() + minus_log_sigmoid(-fake_logits).mean()) / 2",
    lesson="The two parts of the discriminator's loss are averaged. Here they are added.",
)

summed = mistake(
    "minus_log_sigmoid(real_logits).mean() + minus_log_sigmoid(-fake_logits).mean()",
    "minus_log_sigmoid(real_logits).sum() + minus_log_sigmoid(-fake_logits).sum()",
    "g_loss = minus_log_sigmoid(fake_logits).mean()",
    "g_loss = minus_log_sigmoid(fake_logits).sum()",
    lesson="The losses are summed over the batch. Means are asked for.",
)

mean_of_all = mistake(
    "minus_log_sigmoid(real_logits).mean() + minus_log_sigmoid(-fake_logits).mean()",
    "2 * torch.cat([minus_log_sigmoid(real_logits).flatten(), minus_log_sigmoid(-fake_logits).flatten()]).mean()",
    lesson="One mean runs over real and fake together. Where there are more of one kind, it outweighs the other; take a mean of each.",
)

not_reduced = mistake(
    "g_loss = minus_log_sigmoid(fake_logits).mean()",
    "g_loss = minus_log_sigmoid(fake_logits).mean(dim=0)",
    lesson="The mean runs over the first axis only. It is over all logits.",
)

swapped = mistake(
    "return d_loss, g_loss",
    "return g_loss, d_loss",
    lesson="The two losses are returned in the wrong order.",
)

least_squares = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "(logits - 1).square()",
    lesson="This is the least-squares GAN's loss. The statement's is the logarithm of a probability.",
)

hinge = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "(1 - logits).clamp(min=0)",
    lesson="This is the hinge loss. The statement's is the logarithm of a probability.",
)

wasserstein = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "-logits",
    lesson="This is the Wasserstein loss, the mean logit itself. The statement's is the logarithm of a probability.",
)

base_two = mistake(
    "return torch.logaddexp(torch.zeros_like(logits), -logits)",
    "return torch.logaddexp(torch.zeros_like(logits), -logits) / 0.6931471805599453",
    lesson="The logarithm is to base 2. The natural one is meant.",
)

sigmoid_twice = mistake(
    "    d_loss =",
    "    real_logits, fake_logits = torch.sigmoid(real_logits), torch.sigmoid(fake_logits)\n    d_loss =",
    lesson="The sigmoid is applied twice: what you get are logits, and the loss has the sigmoid inside.",
)

fakes_detached = mistake(
    "g_loss = minus_log_sigmoid(fake_logits).mean()",
    "g_loss = minus_log_sigmoid(fake_logits.detach()).mean()",
    lesson="The generator's loss is cut off from the logits, so the generator learns nothing from it.",
)

discriminator_detached = mistake(
    "minus_log_sigmoid(-fake_logits).mean()",
    "minus_log_sigmoid(-fake_logits.detach()).mean()",
    lesson="The discriminator's loss is cut off from its answers to fakes. Detach samples where they are made, not logits.",
)

numbers = mistake(
    "return d_loss, g_loss",
    "return d_loss.item(), g_loss.item()",
    lesson="You return Python numbers, from which nothing can be learnt: backward() needs the tensors.",
)

smoothed = mistake(
    "minus_log_sigmoid(real_logits).mean() +",
    "0.9 * minus_log_sigmoid(real_logits).mean() + 0.1 * minus_log_sigmoid(-real_logits).mean() +",
    lesson="The real labels are smoothed. That can help, but the statement's loss has them at 1.",
)

forced_float = mistake(
    "return d_loss, g_loss",
    "return d_loss.float(), g_loss.float()",
    lesson="The losses are always float32. Keep the dtype of the logits.",
)

where_trap = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "torch.where(logits < -30, -logits, torch.log1p(torch.exp(-logits)))",
    lesson="The loss is right, but torch.where computes both branches, and the overflow in the one not chosen makes the gradient NaN.",
)
real_count = mistake(
    "minus_log_sigmoid(-fake_logits).mean()",
    "minus_log_sigmoid(-fake_logits).sum() / real_logits.numel()",
    lesson="The sum over fakes is divided by the number of real logits. There may be more of one kind.",
)
summed_within_sample = mistake(
    "return torch.logaddexp(torch.zeros_like(logits), -logits)",
    "return torch.logaddexp(torch.zeros_like(logits), -logits).flatten(1).sum(1) if logits.ndim > 1 else "
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    lesson="A sample's logits are added up and only the samples averaged. The mean is over all logits.",
)
both_for_generator = mistake(
    "g_loss = minus_log_sigmoid(fake_logits).mean()",
    "g_loss = minus_log_sigmoid(fake_logits).mean() + minus_log_sigmoid(-real_logits).mean()",
    lesson="The generator's loss has a part for real samples. It has no hand in those.",
)
as_many_fakes = mistake(
    "    d_loss =",
    "    real_logits, fake_logits = real_logits[: len(fake_logits)], fake_logits[: len(real_logits)]\n    d_loss =",
    lesson="The longer batch is cut to the length of the shorter. Each mean runs over all there are.",
)
in_double = mistake(
    "torch.logaddexp(torch.zeros_like(logits), -logits)",
    "-torch.log(torch.sigmoid(logits.double())).to(logits.dtype)",
    lesson=UNSTABLE,
)
one_mean_of_differences = mistake(
    "    d_loss = minus_log_sigmoid(real_logits).mean() + minus_log_sigmoid(-fake_logits).mean()\n",
    "    d_loss = 2 * minus_log_sigmoid((real_logits.mean() - fake_logits.mean()) / 2)\n",
    lesson="The mean is taken of the logits, before the logarithm. The loss of a mean is not the mean of the losses.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"small_logits": 2, "unequal_batches": 2, "large_logits": 3}


def cases(draw):
    import numpy as np

    def case(check, real, fake):
        return Case(check, dict(real_logits=real, fake_logits=fake))

    def nonzero(*sizes):
        values = draw.integers(*sizes)
        return values + (values == 0)

    yield case("small_logits", nonzero(2), nonzero(2))
    yield case("small_logits", nonzero(3, 1), nonzero(3, 1))
    # The judge scales this one up too. Were all logits of one sign there, the loss would be e^-66 or so: what a right
    # logsumexp loses beside 1. Of both signs, the mean never vanishes.
    signs = draw.choice([1, -1]) * np.array([[1.0], [-1.0], [-1.0], [1.0]])
    real, fake = (draw.uniform(4, 1, low=0.5, high=4.0) * sign for sign in (signs, -signs))
    yield case("small_logits", real, fake)
    yield case("unequal_batches", nonzero(1), nonzero(3))
    yield case("unequal_batches", draw.normal(5, 1, shift=1.0), draw.normal(2, 1, shift=-1.0))
    yield case("unequal_batches", draw.normal(2, 1, 3, 2), draw.normal(4, 1, 2, 3))
    signs = nonzero(6, 1) / 2
    yield case("large_logits", signs * 60, -signs[:4] * 60)
    yield case("large_logits", draw.normal(7, 1, scale=300.0), draw.normal(6, 1, scale=300.0))
    yield case("large_logits", draw.normal(5, 2, scale=1000.0), draw.normal(3, 2, scale=20.0))
