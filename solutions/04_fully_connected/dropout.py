"""dropout: a mask of comparisons with uniform numbers; checked against Bernoulli draws and other sources of chance."""

import numpy as np
import torch

from grader.author import Case, Generator, PerStep, Statistic, chaff, mistake, wheat


def dropout(input, p, training, generator):
    if not training:
        return input
    # A uniform number of [0, 1) is at least p with probability 1 - p: those elements are kept.
    kept = torch.rand(input.shape, generator=generator, device=input.device) >= p
    # With p = 1 nothing is kept, and 1 - p must not be divided by.
    return torch.where(kept, input / (1 - p if p < 1 else 1), torch.zeros_like(input))


@wheat("Bernoulli draws as the mask, multiplied in")
def dropout_bernoulli(input, p, training, generator):
    if not training or p == 0:
        return input.clone()
    if p == 1:
        return torch.zeros_like(input)
    mask = torch.empty_like(input).bernoulli_(1 - p, generator=generator)
    return input * mask / (1 - p)


@wheat("a copy in which the chosen elements are zeroed")
def dropout_copy(input, p, training, generator):
    output = input.clone()
    if training and p > 0:
        drop = torch.rand(input.shape, generator=generator, device=input.device, dtype=torch.float64) < p
        output[drop] = 0
        output[~drop] /= 1 - p
    return output


@wheat("by the gaps between dropped elements, which are geometric")
def dropout_gaps(input, p, training, generator):
    if not training or p == 0:
        return input * 1
    if p == 1:
        return input * 0
    count = input.numel()
    uniform = torch.rand(count + 1, generator=generator, device=input.device, dtype=torch.float64)
    # A gap is g with probability p * (1 - p)**g; the places of dropped elements are sums of gaps.
    gaps = torch.floor(torch.log1p(-uniform) / np.log1p(-p)).long() + 1
    places = gaps.cumsum(0) - 1
    kept = torch.ones(count, dtype=input.dtype, device=input.device)
    kept[places[places < count]] = 0
    return input * kept.reshape(input.shape) / (1 - p)


# ------------------------------------------------------------------------------------------------------------ chaffs

not_scaled = mistake(
    "input / (1 - p if p < 1 else 1)",
    "input",
    lesson="What is kept stays as it is, so sums are smaller in training than in evaluation. Inverted dropout makes up for what "
    "is dropped.",
)

scaled_by_p = mistake(
    "input / (1 - p if p < 1 else 1)",
    "input / (p if p > 0 else 1)",
    lesson="What is kept is divided by p. Divide by the share that is kept.",
)

multiplied = mistake(
    "input / (1 - p if p < 1 else 1)",
    "input * (1 - p)",
    lesson="What is kept is made smaller. A part is missing from the sum, so the rest must be larger to make up for it.",
)

p_is_kept = mistake(
    "device=input.device) >= p",
    "device=input.device) < p",
    lesson="p is taken for the share that is kept. It is the probability of dropping.",
)

p_is_kept_and_scaled = mistake(
    "device=input.device) >= p",
    "device=input.device) < p",
    "input / (1 - p if p < 1 else 1)",
    "input / (p if p > 0 else 1)",
    lesson="p is taken for the share that is kept, as some libraries define it. Here it is the probability of dropping.",
)

division_by_zero = mistake(
    "torch.where(kept, input / (1 - p if p < 1 else 1), torch.zeros_like(input))",
    "input * kept * torch.tensor(1 / torch.tensor(1 - p), dtype=input.dtype)",
    lesson="With p = 1 you divide by zero, and 0 * inf is NaN. Everything is dropped then.",
)

scaled_in_evaluation = mistake(
    "        return input\n",
    "        return input * (1 - p)\n",
    "input / (1 - p if p < 1 else 1)",
    "input",
    lesson="This is the original dropout, which makes evaluation smaller. The inverted one enlarges what is kept in training and "
    "leaves evaluation alone.",
)

scaled_twice = mistake(
    "        return input\n",
    "        return input * (1 - p)\n",
    lesson="Evaluation is scaled though training has made up for it already. In evaluation the input passes unchanged.",
)

always_dropping = mistake(
    "if not training:",
    "if p == 0:",
    lesson="Elements are dropped in evaluation too. There the input passes unchanged.",
)

never_dropping = mistake(
    "if not training:",
    "if training:",
    lesson="Training and evaluation are exchanged. Elements are dropped in training only.",
)

whole_channels = mistake(
    "torch.rand(input.shape, generator=generator, device=input.device)",
    "torch.rand((*input.shape[:2], *[1] * (input.ndim - 2)), generator=generator, device=input.device)",
    lesson="Whole channels are dropped, as Dropout2d does. Here every element is dropped by itself.",
)

shared_by_the_batch = mistake(
    "torch.rand(input.shape, generator=generator, device=input.device)",
    "torch.rand((1, *input.shape[1:]), generator=generator, device=input.device)",
    lesson="All examples of the batch lose the same elements. Each draws its own mask.",
)

shared_by_the_channels = mistake(
    "torch.rand(input.shape, generator=generator, device=input.device)",
    "torch.rand((*input.shape[:1], 1, *input.shape[2:]), generator=generator, device=input.device)",
    lesson="All channels lose the same elements. Every element is dropped by itself.",
)

whole_columns = mistake(
    "torch.rand(input.shape, generator=generator, device=input.device)",
    "torch.rand((*input.shape[:-2], 1, input.shape[-1]), generator=generator, device=input.device)",
    lesson="Whole columns are dropped together. Every element is dropped by itself.",
)

gaussian = mistake(
    "torch.where(kept, input / (1 - p if p < 1 else 1), torch.zeros_like(input))",
    "input * (1 + (p / (1 - p if p < 1 else 1)) ** 0.5\n"
    "        * torch.randn(input.shape, generator=generator, device=input.device).to(input.dtype))",
    lesson="Elements are multiplied by Gaussian noise: that is another kind of dropout. Here an element is either dropped or kept.",
)

normal_for_uniform = mistake(
    "torch.rand(input.shape",
    "torch.randn(input.shape",
    lesson="The comparison is with normal numbers, which are below p with another probability than p.",
)

global_generator = mistake(
    "torch.rand(input.shape, generator=generator, device=input.device)",
    "torch.rand(input.shape, device=input.device)",
    lesson="The mask is drawn from the global generator. Use the one that is given, so that the draw can be repeated.",
)

same_mask_every_call = mistake(
    "generator=generator, device",
    "generator=torch.Generator().manual_seed(0), device",
    lesson="A generator that is made and seeded anew in every call drops the same elements every time. Use the one that is given.",
)

generator_copied = mistake(
    "    # A uniform number",
    "    copied = torch.Generator()\n    copied.set_state(generator.get_state())\n    generator = copied\n    # A uniform number",
    lesson="You draw from a copy, so the caller's generator never moves on and every call drops the same elements.",
)

seed_of_the_generator = mistake(
    "    # A uniform number",
    "    generator = torch.Generator().manual_seed(generator.initial_seed())\n    # A uniform number",
    lesson="You draw from a copy, so the caller's generator never moves on and every call drops the same elements.",
)

kept_sum_restored = mistake(
    "input / (1 - p if p < 1 else 1)",
    "input * (kept.numel() / kept.sum().clamp(min=1))",
    lesson="You divide by the share that happened to be kept. The factor is fixed: only on average does it make up for the loss.",
)

in_place = mistake(
    "return torch.where(kept, input / (1 - p if p < 1 else 1), torch.zeros_like(input))",
    "input *= kept\n    return input / (1 - p if p < 1 else 1)",
    lesson="The caller's input is changed. An argument belongs to the caller: write to a new tensor.",
)

forced_float32 = mistake(
    "    # A uniform number",
    "    input = input.float()\n    # A uniform number",
    lesson="The result is always float32. It has the input's dtype, whatever that is.",
)


@chaff("Dropped elements are replaced by the mean. They are set to 0.")
def mean_for_dropped(input, p, training, generator):
    output = dropout(input, p, training, generator)
    return torch.where(output == 0, input.mean(), output) if training else output


# Written after the cases were fixed.

alternating = mistake(
    "torch.rand(input.shape, generator=generator, device=input.device) >= p",
    "(torch.rand(input.shape[:-1] + ((input.shape[-1] + 1) // 2,), generator=generator, device=input.device) >= p)"
    ".repeat_interleave(2, -1)[..., : input.shape[-1]]",
    lesson="Elements are dropped in neighbouring pairs. Every element is dropped by itself.",
)

half_always = mistake(
    "device=input.device) >= p",
    "device=input.device) >= 0.5",
    lesson="Half of the elements are dropped whatever p is.",
)

minus_for_zero = mistake(
    "torch.zeros_like(input))",
    "-input)",
    lesson="Dropped elements change their sign. They are set to 0.",
)

scaled_twice_in_training = mistake(
    "input / (1 - p if p < 1 else 1)",
    "input / ((1 - p) ** 2 if p < 1 else 1)",
    lesson="What is kept is scaled twice. Once makes up for what is dropped.",
)

all_or_nothing = mistake(
    "torch.rand(input.shape, generator=generator, device=input.device)",
    "torch.rand((), generator=generator, device=input.device).expand(input.shape)",
    lesson="One number decides for the whole tensor. Every element is dropped by itself.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"training": 3, "independence": 2, "every_call": 1, "evaluation": 1, "no_chance": 1}


def share(p, count, of="output"):
    """The share of zeros: a mean of `count` independent draws."""
    return Statistic("the share of dropped elements", "fraction_equal", p, (p * (1 - p) / count) ** 0.5, of)


def sizes(p, of="output"):
    """Every element is 0 or input / (1 - p): no chance in it, hence no deviation."""
    options = dict(values=[0.0, 1 / (1 - p)], scale_by="input")
    return Statistic(
        "the share of elements that are neither 0 nor input / (1 - p)",
        "fraction_outside",
        0.0,
        0.0,
        of,
        options,
    )


def spread(p, axis, count):
    """Half the difference of the two slices along `axis`, of ones: 1 / (2 - 2p) where exactly one was dropped."""
    differ, step = 2 * p * (1 - p), 0.5 / (1 - p)
    deviation = step * (differ * (1 - differ) / count) ** 0.5
    name = f"how much the two slices along axis {axis} differ"
    return Statistic(name, "axis_spread", step * differ, deviation, options=dict(axis=axis))


def cases(draw):
    def signed(*shape):
        return draw.uniform(*shape, low=0.5, high=1.5) * np.sign(draw.normal(*shape) + 1e-9)

    def case(check, input, p, training, statistics=(), steps=1, generator=None):
        generator = Generator(draw.seed()) if generator is None else generator
        arguments = dict(input=input, p=p, training=training, generator=generator)
        return Case(check, arguments, statistics=statistics, steps=steps)

    for p, shape in ((0.5, (2000,)), (0.3, (30, 90)), (0.8, (4, 3, 20, 30)), (0.1, (5, 6, 10, 20))):
        yield case("training", signed(*shape), p, True, [share(p, int(np.prod(shape))), sizes(p)])

    for p in (0.5, 0.3):
        ones, count = np.ones((2, 2, 2, 1000)), 8000
        spreads = [spread(p, axis, count // 2) for axis in (0, 1, 2)]
        neighbours = Statistic("the correlation of neighbours", "lag_correlation", 0.0, count**-0.5)
        yield case("independence", ones, p, True, [*spreads, neighbours])

    def two_calls(generator):
        first, second = "output of step 1", "output of step 2"
        between = "the correlation of two calls"
        correlation = Statistic(between, "correlation", 0.0, 4000**-0.5, second, dict({"with": first}))
        shares = [share(0.4, 4000, of) for of in (first, second)]
        return case("every_call", np.ones((40, 100)), 0.4, True, [*shares, correlation], 2, generator)

    yield two_calls(Generator(draw.seed()))  # the same generator, which has moved on
    yield two_calls(PerStep([Generator(draw.seed()), Generator(draw.seed())]))

    yield case("evaluation", draw.integers(2, 3), 0.5, False)
    yield case("evaluation", draw.normal(2, 3, 4, 5), 0.3, False)
    yield case("evaluation", draw.normal(3, 4), 1.0, False)

    yield case("no_chance", draw.integers(2, 3), 0.0, True)
    yield case("no_chance", draw.normal(2, 3, 4), 1.0, True)
    yield case("no_chance", draw.normal(3, 2, 4, 5), 0.0, True)
