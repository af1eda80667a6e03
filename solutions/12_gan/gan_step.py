"""gan_step: the discriminator's update, then the generator's."""

import torch
import torch.nn.functional as F

from grader.author import Case, Net, Optimizer, PerStep, chaff, mistake, wheat


def gan_step(generator, discriminator, g_optimizer, d_optimizer, real, noise):
    # The discriminator: fakes are data here. detach() ends their history, so the generator gets no gradient.
    fake = generator(noise).detach()
    real_logits, fake_logits = discriminator(real), discriminator(fake)
    # softplus(-x) = -log sigmoid(x) and softplus(x) = -log(1 - sigmoid(x)), both finite for every x.
    d_loss = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
    d_optimizer.zero_grad()
    d_loss.backward()
    d_optimizer.step()

    # The generator: gradients pass through the updated discriminator, but only the generator's optimizer steps.
    g_loss = F.softplus(-discriminator(generator(noise))).mean()
    g_optimizer.zero_grad()
    g_loss.backward()
    g_optimizer.step()
    return d_loss.item(), g_loss.item()


@wheat("binary cross-entropy with logits and label tensors")
def gan_step_bce(generator, discriminator, g_optimizer, d_optimizer, real, noise):
    def bce(logits, label):
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))

    d_optimizer.zero_grad(set_to_none=True)
    with torch.no_grad():
        fake = generator(noise)
    d_loss = bce(discriminator(real), 1.0) + bce(discriminator(fake), 0.0)
    d_loss.backward()
    d_optimizer.step()

    g_optimizer.zero_grad(set_to_none=True)
    g_loss = bce(discriminator(generator(noise)), 1.0)
    g_loss.backward()
    g_optimizer.step()
    return d_loss.detach(), g_loss.detach()


@wheat("the fakes are made once and used twice; gradients by torch.autograd.grad")
def gan_step_grad(generator, discriminator, g_optimizer, d_optimizer, real, noise):
    def update(loss, network, optimizer):
        parameters = list(network.parameters())
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
            parameter.grad = gradient
        optimizer.step()
        return loss.detach()

    fake = generator(noise)
    logits = discriminator(torch.cat([real, fake.detach()]))
    count = len(real)
    d_loss = -F.logsigmoid(logits[:count]).mean() - F.logsigmoid(-logits[count:]).mean()
    d_loss = update(d_loss, discriminator, d_optimizer)
    g_loss = update(-F.logsigmoid(discriminator(fake)).mean(), generator, g_optimizer)
    return d_loss, g_loss


@wheat("two backward passes for the discriminator, whose gradients add up before its step")
def gan_step_two_passes(generator, discriminator, g_optimizer, d_optimizer, real, noise):
    discriminator.zero_grad()
    on_real = F.softplus(-discriminator(real)).mean()
    on_real.backward()
    on_fake = F.softplus(discriminator(generator(noise).detach())).mean()
    on_fake.backward()
    d_optimizer.step()

    generator.zero_grad()
    g_loss = torch.log1p(torch.exp(-discriminator(generator(noise)).abs())).mean()
    logits = discriminator(generator(noise))
    g_loss = (torch.log1p(torch.exp(-logits.abs())) + (-logits).clamp(min=0)).mean()
    g_loss.backward()
    g_optimizer.step()
    return (on_real + on_fake).item(), g_loss.item()


@wheat("the chain rule by hand at the seams: the slopes of the logits, then of the samples")
def gan_step_seams(generator, discriminator, g_optimizer, d_optimizer, real, noise):
    d_optimizer.zero_grad()
    on_real, on_fake = discriminator(real), discriminator(generator(noise).detach())
    # The slope of softplus is the sigmoid.
    on_real.backward(-torch.sigmoid(-on_real.detach()) / on_real.numel())
    on_fake.backward(torch.sigmoid(on_fake.detach()) / on_fake.numel())
    d_optimizer.step()

    g_optimizer.zero_grad()
    samples = generator(noise)
    seen = samples.detach().requires_grad_()
    logits = discriminator(seen)
    wanted = -torch.sigmoid(-logits.detach()) / logits.numel()
    (slopes,) = torch.autograd.grad(logits, seen, wanted)
    samples.backward(slopes)
    g_optimizer.step()
    return (
        F.softplus(-on_real.detach()).mean() + F.softplus(on_fake.detach()).mean(),
        F.softplus(-logits.detach()).mean(),
    )


# ------------------------------------------------------------------------------------------------------------ chaffs

saturating = mistake(
    "g_loss = F.softplus(-discriminator(generator(noise))).mean()",
    "g_loss = -F.softplus(discriminator(generator(noise))).mean()",
    lesson="This is the saturating loss, log(1 - D(G(z))). Early on, when fakes are easily told, its gradient vanishes.",
)

labels_swapped = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "F.softplus(real_logits).mean() + F.softplus(-fake_logits).mean()",
    lesson="The discriminator is taught that real data are fake and fakes are real.",
)

generator_wants_fake = mistake(
    "F.softplus(-discriminator(generator(noise)))",
    "F.softplus(discriminator(generator(noise)))",
    lesson="The generator is rewarded when the discriminator sees through it. It wants its samples taken for real.",
)

generator_detached = mistake(
    "F.softplus(-discriminator(generator(noise))).mean()",
    "F.softplus(-discriminator(fake)).mean()\n    g_loss = g_loss + 0 * generator(noise).sum()",
    lesson="The generator never moves: its loss is computed on detached samples, or its optimizer never steps.",
)

reals_only = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "F.softplus(-real_logits).mean()",
    lesson="The discriminator never sees a fake. Calling everything real would be its best answer.",
)

fakes_only = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "F.softplus(fake_logits).mean()",
    lesson="The discriminator never sees real data. Calling everything fake would be its best answer.",
)

averaged_losses = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "(F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()) / 2",
    lesson="The two parts of the discriminator's loss are averaged. Here they are added; halving also halves its step.",
)

summed_over_batch = mistake(
    "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "F.softplus(-real_logits).sum() + F.softplus(fake_logits).sum()",
    lesson="The discriminator's loss is summed over the batch. With a mean, the step does not grow with the batch.",
)

discriminator_gradients_kept = mistake(
    "    d_optimizer.zero_grad()\n",
    "",
    lesson="The discriminator's gradients are never cleared: its step adds what earlier steps, and the generator's pass, left.",
)

generator_gradients_kept = mistake(
    "    g_optimizer.zero_grad()\n",
    "",
    lesson="The generator's gradients are never cleared, so each step repeats all earlier ones.",
)

cleared_too_late = mistake(
    "    d_loss.backward()\n    d_optimizer.step()",
    "    d_loss.backward()\n    d_optimizer.zero_grad()\n    d_optimizer.step()",
    lesson="The discriminator's gradients are cleared between backward() and step(), so it never moves.",
)

generator_never_steps = mistake(
    "    g_loss.backward()\n    g_optimizer.step()\n",
    "    g_loss.backward()\n",
    lesson="The generator never moves: its loss is computed on detached samples, or its optimizer never steps.",
)

discriminator_steps_twice = mistake(
    "    g_optimizer.step()\n",
    "    g_optimizer.step()\n    d_optimizer.step()\n",
    lesson="The discriminator is updated in the generator's turn as well, towards being fooled.",
)

old_discriminator = mistake(
    "    d_loss.backward()\n    d_optimizer.step()\n",
    "    d_loss.backward()\n",
    "    g_loss.backward()\n",
    "    kept = [p.grad.clone() for p in discriminator.parameters()]\n    g_loss.backward()\n"
    "    for parameter, gradient in zip(discriminator.parameters(), kept):\n        parameter.grad = gradient\n"
    "    d_optimizer.step()\n",
    lesson="The generator plays against the discriminator as it was before its update. Update the discriminator first.",
)

sigmoid_twice = mistake(
    "real_logits, fake_logits = discriminator(real), discriminator(fake)",
    "real_logits, fake_logits = torch.sigmoid(discriminator(real)), torch.sigmoid(discriminator(fake))",
    lesson="The sigmoid is applied twice: the discriminator returns logits, and the loss takes logits.",
)

fakes_not_detached = mistake(
    "fake = generator(noise).detach()",
    "fake = generator(noise)\n    g_optimizer.zero_grad()",
    "    g_optimizer.zero_grad()\n    g_loss.backward()",
    "    g_loss.backward()",
    lesson="The discriminator's loss leaves gradients in the generator, which then steps along both: the fakes must be detached "
    "in the discriminator's update.",
)

losses_swapped = mistake(
    "return d_loss.item(), g_loss.item()",
    "return g_loss.item(), d_loss.item()",
    lesson="The training is right, but the two losses are returned in the wrong order.",
)

noise_scaled = mistake(
    "g_loss = F.softplus(-discriminator(generator(noise))).mean()",
    "g_loss = F.softplus(-discriminator(generator(torch.zeros_like(noise)))).mean()",
    lesson="The generator's update ignores the noise: it learns one sample, not a distribution.",
)

left_in_eval = mistake(
    "    return d_loss.item(), g_loss.item()",
    "    generator.eval()\n    return d_loss.item(), g_loss.item()",
    lesson="The generator is left in evaluation mode, which the rest of the training will not expect.",
)


@chaff("You draw noise of your own. The noise is an argument, so that a step can be repeated and compared.")
def own_noise(generator, discriminator, g_optimizer, d_optimizer, real, noise):
    return gan_step(generator, discriminator, g_optimizer, d_optimizer, real, torch.randn_like(noise))


cleared_crosswise = mistake(
    "    d_optimizer.zero_grad()\n",
    "    g_optimizer.zero_grad()\n",
    "    g_optimizer.zero_grad()\n    g_loss.backward()",
    "    d_optimizer.zero_grad()\n    g_loss.backward()",
    lesson="Each update clears the other network's gradients. Clear those of the network that is about to step.",
)
fresh_noise = mistake(
    "discriminator(generator(noise))).mean()",
    "discriminator(generator(torch.randn_like(noise)))).mean()",
    lesson="You draw noise of your own. The noise is an argument, so that a step can be repeated and compared.",
)
gradients_clipped = mistake(
    "    d_optimizer.step()\n",
    "    torch.nn.utils.clip_grad_norm_(discriminator.parameters(), 0.1)\n    d_optimizer.step()\n",
    lesson="The discriminator's gradient is clipped. Nothing of that is in the statement.",
)
losses_afterwards = mistake(
    "    return d_loss.item()",
    "    with torch.no_grad():\n"
    "        d_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()\n"
    "    return d_loss.item()",
    lesson="The discriminator's loss is computed again after its update. The one that its update came from is asked for.",
)
left_frozen = mistake(
    "    g_loss = F",
    "    discriminator.requires_grad_(False)\n    g_loss = F",
    lesson="The discriminator is frozen for the generator's update and stays so: in the next step it cannot learn.",
)
unstable = mistake(
    "d_loss = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    "d_loss = -torch.log(torch.sigmoid(real_logits)).mean() - torch.log(1 - torch.sigmoid(fake_logits)).mean()",
    "g_loss = F.softplus(-discriminator(generator(noise))).mean()",
    "g_loss = -torch.log(torch.sigmoid(discriminator(generator(noise)))).mean()",
    lesson="The sigmoid of a very negative logit is 0, and its logarithm infinite. Stay with logits: the loss is about -x there.",
)
eval_for_fakes = mistake(
    "    fake = generator(noise).detach()\n",
    "    generator.eval()\n    fake = generator(noise).detach()\n    generator.train()\n",
    lesson="The fakes for the discriminator are made in evaluation mode. It then learns on other samples than the generator is judged by.",
)
real_smoothed = mistake(
    "F.softplus(-real_logits).mean() +",
    "F.binary_cross_entropy_with_logits(real_logits, torch.full_like(real_logits, 0.9)) +",
    lesson="The real labels are smoothed. That can help, but the statement's loss has them at 1.",
)


@chaff(
    "The generator plays against the discriminator as it was before its update. Update the discriminator first."
)
def generator_first(generator, discriminator, g_optimizer, d_optimizer, real, noise):
    fake = generator(noise).detach()
    g_optimizer.zero_grad()
    g_loss = F.softplus(-discriminator(generator(noise))).mean()
    g_loss.backward()
    g_optimizer.step()
    d_optimizer.zero_grad()
    d_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    d_loss.backward()
    d_optimizer.step()
    return d_loss.item(), g_loss.item()


@chaff(
    "The two losses are added and go back together, so that each network also steps along the other's loss. They pull "
    "against each other: two losses, two backward passes."
)
def one_backward(generator, discriminator, g_optimizer, d_optimizer, real, noise):
    fake = generator(noise)
    d_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    g_loss = F.softplus(-discriminator(fake)).mean()
    g_optimizer.zero_grad()
    d_optimizer.zero_grad()
    (d_loss + g_loss).backward()
    d_optimizer.step()
    g_optimizer.step()
    return d_loss.item(), g_loss.item()


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_step": 2, "several_steps": 2, "other_optimizers": 1, "far_apart": 1, "with_dropout": 1}


def players(draw, batch, features, size, steps, **optimizers):
    return dict(
        generator=Net(("Linear", features, 6), "Tanh", ("Linear", 6, size)),
        discriminator=Net(("Linear", size, 7), ("LeakyReLU", 0.2), ("Linear", 7, 1)),
        **optimizers,
        real=PerStep([draw.normal(batch, size, shift=1.0) for _ in range(steps)]),
        noise=PerStep([draw.normal(batch, features) for _ in range(steps)]),
    )


def cases(draw):
    plain = dict(
        g_optimizer=Optimizer("SGD", of="generator", lr=0.5),
        d_optimizer=Optimizer("SGD", of="discriminator", lr=0.25),
    )
    yield Case("one_step", players(draw, 2, 1, 1, 1, **plain))
    yield Case("one_step", players(draw, 5, 3, 2, 1, **plain))
    yield Case("several_steps", players(draw, 4, 3, 2, 3, **plain), steps=3)
    momentum = dict(
        g_optimizer=Optimizer("SGD", of="generator", lr=0.2, momentum=0.9),
        d_optimizer=Optimizer("Adam", of="discriminator", lr=0.05, eps=1e-3),
    )
    yield Case("other_optimizers", players(draw, 6, 2, 3, 2, **momentum), steps=2)
    # Some real samples have logits of minus hundreds, whose sigmoid is 0 in float32.
    far = players(
        draw,
        6,
        2,
        3,
        1,
        g_optimizer=plain["g_optimizer"],
        d_optimizer=Optimizer("SGD", of="discriminator", lr=1e-7),
    )
    yield Case("far_apart", far | dict(real=PerStep([draw.normal(6, 3, scale=1000.0)])))
    # A generator that is another one in evaluation mode. Dropping out everything leaves nothing to chance.
    modal = Net(("Linear", 3, 6), "Tanh", ("Dropout", 1.0), ("Linear", 6, 2))
    yield Case("with_dropout", players(draw, 5, 3, 2, 1, **plain) | dict(generator=modal))
