"""discriminator_step: a classifier's training step, with fakes for one of its classes."""

import torch
import torch.nn.functional as F

from grader.author import Case, Net, Optimizer, PerStep, chaff, mistake, wheat


def discriminator_step(generator, discriminator, optimizer, real, noise):
    # detach() ends the fakes' history: what comes now cannot reach the generator.
    fake = generator(noise).detach()
    real_logits = discriminator(real)
    fake_logits = discriminator(fake)
    # softplus(-x) = -log sigmoid(x) and softplus(x) = -log(1 - sigmoid(x)), both finite for every x.
    loss = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@wheat("the fakes made without a graph; binary cross-entropy with label tensors")
def discriminator_step_bce(generator, discriminator, optimizer, real, noise):
    with torch.no_grad():
        fake = generator(noise)
    optimizer.zero_grad(set_to_none=True)
    loss = 0.0
    for samples, label in ((real, 1.0), (fake, 0.0)):
        logits = discriminator(samples)
        loss = loss + F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
    loss.backward()
    optimizer.step()
    return loss.detach()


@wheat("two backward passes, whose gradients add up")
def discriminator_step_two_passes(generator, discriminator, optimizer, real, noise):
    discriminator.zero_grad()
    on_real = -F.logsigmoid(discriminator(real)).mean()
    on_real.backward()
    on_fake = -F.logsigmoid(-discriminator(generator(noise).detach())).mean()
    on_fake.backward()
    optimizer.step()
    return (on_real + on_fake).item()


@wheat("one batch of both kinds; gradients for the discriminator alone, by torch.autograd.grad")
def discriminator_step_grad(generator, discriminator, optimizer, real, noise):
    logits = discriminator(torch.cat([real, generator(noise)]))
    on_real, on_fake = logits[: len(real)], logits[len(real) :]
    zero = torch.zeros((), dtype=logits.dtype, device=logits.device)
    loss = torch.logaddexp(zero, -on_real).mean() + torch.logaddexp(zero, on_fake).mean()
    parameters = list(discriminator.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
        parameter.grad = gradient
    optimizer.step()
    return loss.detach()


# ------------------------------------------------------------------------------------------------------------ chaffs

NEVER_MOVES = "The discriminator never moves: nobody calls the optimizer's step(), or there are no gradients when it is called."

not_detached = mistake(
    "generator(noise).detach()",
    "generator(noise)",
    lesson="The graph reaches back into the generator: this step leaves gradients there, which the generator's own step may take "
    "for its own. They also cost a backward pass.",
)

logits_detached = mistake(
    "discriminator(fake)",
    "discriminator(fake).detach()",
    lesson="You cut the graph behind the discriminator, not before it: it learns nothing from the fakes.",
)

gradients_kept = mistake(
    "    optimizer.zero_grad()\n",
    "",
    lesson="The gradients are never cleared, so each step repeats all earlier ones.",
)

cleared_too_late = mistake(
    "    optimizer.zero_grad()\n    loss.backward()\n",
    "    loss.backward()\n    optimizer.zero_grad()\n",
    lesson=NEVER_MOVES,
)

no_step = mistake("    optimizer.step()\n", "", lesson=NEVER_MOVES)

labels_swapped = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "F.softplus(real_logits).mean() + F.softplus(-fake_logits).mean()",
    lesson="The discriminator is taught that real data are fake and fakes are real.",
)

all_real = mistake(
    "F.softplus(fake_logits)",
    "F.softplus(-fake_logits)",
    lesson="The discriminator is told that fakes are real too. That is what the generator wants, not the discriminator.",
)

reals_only = mistake(
    " + F.softplus(fake_logits).mean()",
    "",
    lesson="The discriminator never sees a fake. Calling everything real would be its best answer.",
)

fakes_only = mistake(
    "F.softplus(-real_logits).mean() + ",
    "",
    lesson="The discriminator never sees real data. Calling everything fake would be its best answer.",
)

averaged = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "(F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()) / 2",
    lesson="The two parts of the loss are averaged. Here they are added; halving also halves the step.",
)

summed = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "F.softplus(-real_logits).sum() + F.softplus(fake_logits).sum()",
    lesson="The loss is summed over the batch. With a mean, the step does not grow with the batch.",
)

one_mean = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "2 * torch.cat([F.softplus(-real_logits), F.softplus(fake_logits)]).mean()",
    lesson="One mean runs over both kinds together. Where there are more of one kind, it outweighs the other; take a mean of each.",
)

probabilities = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "F.softplus(-torch.sigmoid(real_logits)).mean() + F.softplus(torch.sigmoid(fake_logits)).mean()",
    lesson="The sigmoid is applied twice: the discriminator returns logits, and the loss takes logits.",
)

unstable = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "-torch.log(torch.sigmoid(real_logits)).mean() - torch.log(1 - torch.sigmoid(fake_logits)).mean()",
    lesson="Sigmoid and logarithm are computed one after the other. Where the discriminator is quite wrong, the sigmoid rounds to 0 "
    "or 1 and the loss becomes infinite.",
)

clamped = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "-torch.log(torch.sigmoid(real_logits).clamp(1e-7, 1 - 1e-7)).mean()\n"
    "    loss = loss - torch.log((1 - torch.sigmoid(fake_logits)).clamp(1e-7, 1 - 1e-7)).mean()",
    lesson="The probability is clamped: where the discriminator is quite wrong there is no gradient, though it is needed most there.",
)

smoothed = mistake(
    "F.softplus(-real_logits).mean() +",
    "0.9 * F.softplus(-real_logits).mean() + 0.1 * F.softplus(real_logits).mean() +",
    lesson="The real labels are smoothed. That can help, but the statement's loss has them at 1.",
)

wasserstein = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "fake_logits.mean() - real_logits.mean()",
    lesson="This is the Wasserstein critic's loss. The statement's is the logarithm of a probability.",
)

hinge = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()",
    lesson="This is the hinge loss. The statement's is the logarithm of a probability.",
)

zero_noise = mistake(
    "generator(noise)",
    "generator(torch.zeros_like(noise))",
    lesson="The noise is ignored: the discriminator sees one and the same fake.",
)

noise_as_fake = mistake(
    "fake = generator(noise).detach()",
    "fake = noise[:, :1].expand(len(noise), real[0].numel()).reshape(len(noise), *real.shape[1:])",
    lesson="The fakes are noise that never passed the generator.",
)

loss_after = mistake(
    "    return loss.item()",
    "    with torch.no_grad():\n"
    "        return (F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()).item()",
    lesson="You return the loss after the step. The one that was minimised, before it, is asked for.",
)

part_of_loss = mistake(
    "return loss.item()",
    "return F.softplus(-real_logits).mean().item()",
    lesson="The training is right, but you return only the real samples' part of the loss.",
)

two_steps = mistake(
    "    optimizer.step()\n",
    "    optimizer.step()\n    optimizer.step()\n",
    lesson="The optimizer steps twice along the same gradient.",
)

separate_steps = mistake(
    "    loss.backward()\n    optimizer.step()\n",
    "    F.softplus(-real_logits).mean().backward(retain_graph=True)\n"
    "    optimizer.step()\n"
    "    optimizer.zero_grad()\n"
    "    F.softplus(discriminator(fake)).mean().backward()\n"
    "    optimizer.step()\n",
    lesson="There are two steps, one for real and one for fake samples. Their gradients belong into one step.",
)

left_in_eval = mistake(
    "    return loss.item()",
    "    discriminator.eval()\n    return loss.item()",
    lesson="The discriminator is left in evaluation mode, which the rest of the training will not expect.",
)

fakes_in_eval = mistake(
    "    fake = generator(noise).detach()\n",
    "    generator.eval()\n    fake = generator(noise).detach()\n    generator.train()\n",
    lesson="The fakes are made in evaluation mode. There batch norm gives other samples than those the generator is trained with.",
)

generator_left_in_eval = mistake(
    "    fake = generator",
    "    generator.eval()\n    fake = generator",
    lesson="The generator is left in evaluation mode, which its own step will not expect.",
)

generator_frozen = mistake(
    "    fake = generator",
    "    generator.requires_grad_(False)\n    fake = generator",
    lesson="The generator's parameters are frozen and stay so: its own step will have nothing to train.",
)

ascent = mistake(
    "loss.backward()",
    "(-loss).backward()",
    lesson="The step goes uphill: the sign of the loss is turned.",
)


@chaff("You draw noise of your own. The noise is an argument, so that a step can be repeated and compared.")
def own_noise(generator, discriminator, optimizer, real, noise):
    return discriminator_step(generator, discriminator, optimizer, real, torch.randn_like(noise))


@chaff("The generator moves in the discriminator's turn.")
def trains_the_generator(generator, discriminator, optimizer, real, noise):
    loss = discriminator_step(generator, discriminator, optimizer, real, noise)
    fooled = F.softplus(-discriminator(generator(noise))).mean()
    parameters = list(generator.parameters())
    with torch.no_grad():
        for parameter, gradient in zip(parameters, torch.autograd.grad(fooled, parameters)):
            parameter -= 0.1 * gradient
    return loss


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_step": 2, "several_steps": 2, "sure_of_itself": 1, "other_optimizers": 1}
UNTRAINED = ("generator",)


def cases(draw):
    def case(check, real, noise, features, size, steps=1, optimizer="SGD", scale=1.0, norm=(), **options):
        return Case(
            check,
            dict(
                generator=Net(("Linear", features, 6), *norm, "Tanh", ("Linear", 6, size)),
                discriminator=Net(("Linear", size, 7), ("LeakyReLU", 0.2), ("Linear", 7, 1)),
                optimizer=Optimizer(optimizer, of="discriminator", **options),
                real=PerStep([draw.normal(real, size, shift=1.0, scale=scale) for _ in range(steps)]),
                noise=PerStep([draw.normal(noise, features) for _ in range(steps)]),
            ),
            steps=steps,
        )

    yield case("one_step", 2, 2, 1, 1, lr=0.5)
    yield case("one_step", 5, 3, 3, 2, lr=0.5)
    yield case("several_steps", 4, 4, 3, 2, steps=3, lr=0.25)
    yield case("several_steps", 5, 6, 3, 2, steps=2, norm=[("BatchNorm1d", 6)], lr=0.25)
    yield case("several_steps", 3, 6, 2, 4, steps=2, lr=0.5)
    yield case("sure_of_itself", 4, 3, 2, 3, scale=500.0, lr=1e-5)
    yield case("other_optimizers", 6, 5, 2, 3, steps=3, lr=0.2, momentum=0.9)
    yield case("other_optimizers", 5, 4, 3, 2, steps=2, optimizer="Adam", lr=0.05, eps=1e-3)
