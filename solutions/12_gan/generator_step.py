"""generator_step: learn from the discriminator's opinion, without changing it."""

import torch
import torch.nn.functional as F

from grader.author import Case, Net, Optimizer, PerStep, chaff, mistake, wheat


def generator_step(generator, discriminator, optimizer, noise):
    # Nothing is detached here: the gradient must come back through the discriminator.
    logits = discriminator(generator(noise))
    # softplus(-x) = -log sigmoid(x), finite for every x.
    loss = F.softplus(-logits).mean()
    optimizer.zero_grad()
    loss.backward()
    # The optimizer holds the generator's parameters only, so the discriminator stays where it is.
    optimizer.step()
    return loss.item()


@wheat("binary cross-entropy against the label real, with the discriminator's parameters frozen meanwhile")
def generator_step_bce(generator, discriminator, optimizer, noise):
    wanting = [parameter for parameter in discriminator.parameters() if parameter.requires_grad]
    for parameter in wanting:
        parameter.requires_grad_(False)
    optimizer.zero_grad(set_to_none=True)
    logits = discriminator(generator(noise))
    loss = F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    loss.backward()
    optimizer.step()
    for parameter in wanting:
        parameter.requires_grad_(True)
    return loss.detach()


@wheat("gradients for the generator alone, by torch.autograd.grad")
def generator_step_grad(generator, discriminator, optimizer, noise):
    loss = -F.logsigmoid(discriminator(generator(noise))).mean()
    parameters = list(generator.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
        parameter.grad = gradient
    optimizer.step()
    return float(loss)


@wheat("the chain rule in two stages: the gradient with respect to the samples, then through the generator")
def generator_step_two_stages(generator, discriminator, optimizer, noise):
    generator.zero_grad()
    samples = generator(noise)
    leaf = samples.detach().requires_grad_()
    logits = discriminator(leaf)
    loss = torch.logaddexp(torch.zeros_like(logits), -logits).mean()
    (towards_real,) = torch.autograd.grad(loss, [leaf])
    samples.backward(towards_real)
    optimizer.step()
    return loss.detach()


# ------------------------------------------------------------------------------------------------------------ chaffs

NEVER_MOVES = (
    "The caller's generator never moves: nobody calls the optimizer's step(), there are no gradients when it is called, or "
    "it is a copy that is trained."
)

saturating = mistake(
    "loss = F.softplus(-logits).mean()",
    "loss = -F.softplus(logits).mean()",
    lesson="This is the saturating loss, log(1 - D(G(z))). Early on, when fakes are easily told, its gradient vanishes.",
)

wants_fake = mistake(
    "F.softplus(-logits)",
    "F.softplus(logits)",
    lesson="The generator is rewarded when the discriminator sees through it. It wants its samples taken for real.",
)

detached = mistake(
    "discriminator(generator(noise))",
    "discriminator(generator(noise).detach())\n    logits = logits + 0 * generator(noise).sum()",
    lesson=NEVER_MOVES,
)

detached_outright = mistake(
    "discriminator(generator(noise))",
    "discriminator(generator(noise).detach())",
    lesson=NEVER_MOVES,
)

no_graph = mistake(
    "    logits = discriminator(generator(noise))\n",
    "    with torch.no_grad():\n        logits = discriminator(generator(noise))\n",
    lesson="Nothing is recorded under torch.no_grad(), so there is no way back. Freezing the discriminator must leave the path "
    "through it open.",
)

no_step = mistake("    optimizer.step()\n", "", lesson=NEVER_MOVES)

cleared_too_late = mistake(
    "    optimizer.zero_grad()\n    loss.backward()\n",
    "    loss.backward()\n    optimizer.zero_grad()\n",
    lesson=NEVER_MOVES,
)

gradients_kept = mistake(
    "    optimizer.zero_grad()\n",
    "",
    lesson="The generator's gradients are never cleared, so each step repeats all earlier ones.",
)

only_discriminator_cleared = mistake(
    "optimizer.zero_grad()",
    "discriminator.zero_grad()",
    lesson="The generator's gradients are never cleared, so each step repeats all earlier ones.",
)

summed = mistake(
    "F.softplus(-logits).mean()",
    "F.softplus(-logits).sum()",
    lesson="The loss is summed over the batch. With a mean, the step does not grow with the batch.",
)

sigmoid_twice = mistake(
    "F.softplus(-logits)",
    "F.softplus(-torch.sigmoid(logits))",
    lesson="The sigmoid is applied twice: the discriminator returns logits, and the loss takes logits.",
)

unstable = mistake(
    "F.softplus(-logits).mean()",
    "-torch.log(torch.sigmoid(logits)).mean()",
    lesson="Sigmoid and logarithm are computed one after the other. Where the discriminator is sure, the sigmoid rounds to 0 and "
    "the loss becomes infinite.",
)

BOUNDED = (
    "The logarithm is bounded, by a clamp or by a small number inside it: where the discriminator is sure, the generator gets no "
    "gradient, though it needs it most there."
)

clamped = mistake(
    "F.softplus(-logits).mean()",
    "-torch.log(torch.sigmoid(logits).clamp(min=1e-7)).mean()",
    lesson=BOUNDED,
)

epsilon = mistake(
    "F.softplus(-logits).mean()",
    "-torch.log(torch.sigmoid(logits) + 1e-6).mean()",
    lesson=BOUNDED,
)

wasserstein = mistake(
    "F.softplus(-logits).mean()",
    "-logits.mean()",
    lesson="This is the Wasserstein loss, the mean logit itself. The statement's is the logarithm of a probability.",
)

least_squares = mistake(
    "F.softplus(-logits).mean()",
    "(logits - 1).square().mean()",
    lesson="This is the least-squares GAN's loss. The statement's is the logarithm of a probability.",
)

halved = mistake(
    "loss.backward()",
    "(loss / 2).backward()",
    lesson="Only half of the loss is differentiated.",
)

ascent = mistake(
    "loss.backward()",
    "(-loss).backward()",
    lesson="The step goes uphill: the sign of the loss is turned.",
)

zero_noise = mistake(
    "generator(noise)",
    "generator(torch.zeros_like(noise))",
    lesson="The noise is ignored: the generator learns one sample, not a distribution.",
)

mean_noise = mistake(
    "generator(noise)",
    "generator(noise.mean(dim=0, keepdim=True))",
    lesson="The noise is averaged over the batch: only one sample is made.",
)

first_noise = mistake(
    "generator(noise)",
    "generator(noise[:1])",
    lesson="Only the first row of the noise is used.",
)

discriminator_moves = mistake(
    "    optimizer.step()\n",
    "    optimizer.step()\n"
    "    with torch.no_grad():\n"
    "        for parameter in discriminator.parameters():\n"
    '            parameter -= optimizer.param_groups[0]["lr"] * parameter.grad\n',
    lesson="The discriminator moves in the generator's turn, towards being fooled.",
)

discriminator_frozen = mistake(
    "    # Nothing is detached",
    "    discriminator.requires_grad_(False)\n    # Nothing is detached",
    lesson="The discriminator's parameters stay frozen after the step: its own step will have nothing to train.",
)

discriminator_in_eval = mistake(
    "    return loss.item()",
    "    discriminator.eval()\n    return loss.item()",
    lesson="The discriminator is left in evaluation mode, which the rest of the training will not expect.",
)

samples_in_eval = mistake(
    "    logits = discriminator(generator(noise))\n",
    "    generator.eval()\n    logits = discriminator(generator(noise))\n    generator.train()\n",
    lesson="The samples are made in evaluation mode. There batch norm takes no statistics of the batch, and learns none.",
)

generator_in_eval = mistake(
    "    return loss.item()",
    "    generator.eval()\n    return loss.item()",
    lesson="The generator is left in evaluation mode, which the rest of the training will not expect.",
)

plain_sgd = mistake(
    "    optimizer.step()\n",
    "    with torch.no_grad():\n"
    "        for parameter in generator.parameters():\n"
    '            parameter -= optimizer.param_groups[0]["lr"] * parameter.grad\n',
    lesson="You move the parameters yourself, by plain gradient descent. The optimizer may have momentum or step sizes of its own.",
)

two_steps = mistake(
    "    optimizer.step()\n",
    "    optimizer.step()\n    optimizer.step()\n",
    lesson="The optimizer steps twice along the same gradient.",
)

loss_after = mistake(
    "    return loss.item()",
    "    return F.softplus(-discriminator(generator(noise))).mean().item()",
    lesson="You return the loss after the step. The one that was minimised, before it, is asked for.",
)

probability = mistake(
    "return loss.item()",
    "return torch.sigmoid(logits).mean().item()",
    lesson="You return how often the discriminator is fooled. The loss is asked for.",
)


@chaff("You draw noise of your own. The noise is an argument, so that a step can be repeated and compared.")
def own_noise(generator, discriminator, optimizer, noise):
    return generator_step(generator, discriminator, optimizer, torch.randn_like(noise))


@chaff(NEVER_MOVES)
def trains_a_copy(generator, discriminator, optimizer, noise):
    import copy

    twin = copy.deepcopy(generator)
    return generator_step(twin, discriminator, torch.optim.SGD(twin.parameters(), lr=0.1), noise)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_step": 2, "several_steps": 2, "seen_through": 1, "other_optimizers": 1}


def cases(draw):
    def case(check, batch, features, size, steps=1, optimizer="SGD", scale=1.0, norm=(), **options):
        return Case(
            check,
            dict(
                generator=Net(("Linear", features, 6), *norm, "Tanh", ("Linear", 6, size)),
                discriminator=Net(("Linear", size, 7), ("LeakyReLU", 0.2), ("Linear", 7, 1)),
                optimizer=Optimizer(optimizer, of="generator", **options),
                noise=PerStep([draw.normal(batch, features, scale=scale) for _ in range(steps)]),
            ),
            steps=steps,
        )

    def sure(batch, features, size):
        """Without a bounded layer, large noise makes large samples and logits of hundreds."""
        noise = draw.normal(batch, features, scale=1000.0)
        return Case(
            "seen_through",
            dict(
                generator=Net(("Linear", features, size)),
                discriminator=Net(("Linear", size, 1)),
                optimizer=Optimizer("SGD", of="generator", lr=1e-3),
                noise=noise,
            ),
        )

    yield case("one_step", 2, 1, 1, lr=0.5)
    yield case("one_step", 5, 3, 2, lr=0.5)
    yield case("several_steps", 4, 3, 2, steps=3, lr=0.25)
    yield case("several_steps", 6, 3, 2, steps=2, norm=[("BatchNorm1d", 6)], lr=0.25)
    yield case("several_steps", 3, 2, 4, steps=2, lr=0.5)
    yield sure(8, 3, 2)
    yield case("other_optimizers", 6, 2, 3, steps=3, lr=0.2, momentum=0.9)
    yield case("other_optimizers", 5, 3, 2, steps=2, optimizer="Adam", lr=0.05, eps=1e-3)
