"""kaiming_normal_: a normal distribution whose width undoes what a layer's sum and its ReLU do to the variance."""

import math

import torch

from grader.author import Case, Generator, Parameter, Statistic, chaff, mistake, wheat


def kaiming_normal_(weight, generator):
    # weight[o] holds all that one output sees: fan_in numbers, whatever the number of axes.
    fan_in = weight[0].numel()
    std = math.sqrt(2 / fan_in)
    # Filling is not part of any computation to differentiate, and a Parameter may only be written to without the graph.
    with torch.no_grad():
        return weight.normal_(0, std, generator=generator)


@wheat("standard normal numbers, scaled, then copied; fan_in as a product of sizes")
def kaiming_normal_randn(weight, generator):
    fan_in = math.prod(weight.shape[1:])
    values = torch.randn(weight.shape, generator=generator, dtype=weight.dtype, device=weight.device)
    weight.data.copy_(values * (2.0 / fan_in) ** 0.5)
    return weight


@wheat("Box and Muller's transform of uniform numbers")
def kaiming_normal_box_muller(weight, generator):
    count = weight.numel()
    pairs = torch.rand(2, count, generator=generator, dtype=torch.float64, device=weight.device)
    radius = torch.sqrt(-2 * torch.log1p(-pairs[0]))
    values = radius * torch.cos(2 * math.pi * pairs[1])
    receptive = 1
    for size in weight.shape[2:]:
        receptive *= size
    std = math.sqrt(2) / math.sqrt(weight.shape[1] * receptive)
    with torch.no_grad():
        weight.copy_((values * std).reshape(weight.shape))
    return weight


@wheat("one filter after the other, by torch.normal")
def kaiming_normal_rows(weight, generator):
    with torch.no_grad():
        for row in weight:
            std = (2 / row.numel()) ** 0.5
            row[...] = torch.normal(
                0.0, std, row.shape, generator=generator, dtype=weight.dtype, device=weight.device
            )
    return weight


@wheat("torch.nn.init.normal_, with fan_in from a filter's size")
def kaiming_normal_init(weight, generator):
    _, *filter_sizes = weight.shape
    std = 2**0.5 * torch.tensor(filter_sizes).prod().item() ** -0.5
    return torch.nn.init.normal_(weight, mean=0.0, std=std, generator=generator)


# ------------------------------------------------------------------------------------------------------------ chaffs

SAME_NUMBERS = "Every call draws the same numbers, because your code seeds a generator. Draw from the one you are given as it is."

fan_out = mistake(
    "fan_in = weight[0].numel()",
    "fan_in = weight.shape[0] * weight[0, 0].numel()",
    lesson="You count the outputs. What one output value is summed from are the inputs: fan_in, not fan_out.",
)

kernel_forgotten = mistake(
    "fan_in = weight[0].numel()",
    "fan_in = weight.shape[1]",
    lesson="The kernel's size is missing from fan_in: each input channel contributes kh*kw products to an output value.",
)

whole_tensor = mistake(
    "fan_in = weight[0].numel()",
    "fan_in = weight.numel()",
    lesson="fan_in is taken as the number of all weights. One output value sees only its own filter.",
)

kernel_only = mistake(
    "fan_in = weight[0].numel()",
    "fan_in = weight[0, 0].numel()",
    lesson="The input channels are missing from fan_in: every one of them contributes to an output value.",
)

square_kernel = mistake(
    "fan_in = weight[0].numel()",
    "fan_in = weight.shape[1] * (weight.shape[2] ** 2 if weight.ndim == 4 else 1)",
    lesson="You square the kernel's height. Kernels need not be square.",
)

no_gain = mistake(
    "math.sqrt(2 / fan_in)",
    "math.sqrt(1 / fan_in)",
    lesson="The gain for ReLU is missing: half of the signal's square is lost at every ReLU, and nothing makes up for it.",
)

gain_twice = mistake(
    "math.sqrt(2 / fan_in)",
    "2 / math.sqrt(fan_in)",
    lesson="The gain is 2 where it should be its square root: the variance, not the standard deviation, is doubled.",
)

variance_for_deviation = mistake(
    "math.sqrt(2 / fan_in)",
    "2 / fan_in",
    lesson="You pass the variance where the standard deviation is expected.",
)

glorot = mistake(
    "fan_in = weight[0].numel()",
    "fan_in = (weight[0].numel() + weight.shape[0] * weight[0, 0].numel()) / 2",
    lesson="fan_in and fan_out are averaged, as Glorot and Bengio do. Here fan_in alone counts.",
)

uniform = mistake(
    "weight.normal_(0, std, generator=generator)",
    "weight.uniform_(-std * 3**0.5, std * 3**0.5, generator=generator)",
    lesson="The values are uniform. Their spread is right, but the statement asks for a normal distribution.",
)

positive = mistake(
    "weight.normal_(0, std, generator=generator)",
    "weight.normal_(0, std, generator=generator).abs_()",
    lesson="All values are positive. The distribution is symmetric about 0.",
)

added = mistake(
    "weight.normal_(0, std, generator=generator)",
    "weight.add_(torch.empty_like(weight).normal_(0, std, generator=generator))",
    lesson="The draw is added to what stood there before. Initialising replaces it.",
)

rows_alike = mistake(
    "weight.normal_(0, std, generator=generator)",
    "weight.copy_(torch.empty_like(weight[0]).normal_(0, std, generator=generator).expand_as(weight))",
    lesson="All filters are the same, and would stay so: equal units get equal gradients. Draw each value for itself.",
)

own_generator = mistake(
    "generator=generator)",
    "generator=torch.Generator().manual_seed(0))",
    lesson=SAME_NUMBERS,
)

reseeded = mistake(
    "    with torch.no_grad():",
    "    generator.manual_seed(0)\n    with torch.no_grad():",
    lesson=SAME_NUMBERS,
)

global_generator = mistake(
    "weight.normal_(0, std, generator=generator)",
    "weight.normal_(0, std)",
    lesson="You draw from PyTorch's global generator. Then nobody can repeat your result by seeding the one they gave you.",
)

new_tensor = mistake(
    "return weight.normal_(0, std, generator=generator)",
    "return torch.empty_like(weight).normal_(0, std, generator=generator)",
    lesson="You return a new tensor and leave the caller's weight as it was.",
)

nothing_returned = mistake(
    "return weight.normal_(",
    "weight.normal_(",
    lesson="The weight is filled, but nothing is returned.",
)

in_the_graph = mistake(
    "    with torch.no_grad():\n        return",
    "    if True:\n        return",
    lesson="Writing to an nn.Parameter in place is an operation autograd wants to follow, and refuses. Initialising is no part of the graph.",
)

biased_mean = mistake(
    "weight.normal_(0, std, generator=generator)",
    "weight.normal_(std / 2, std, generator=generator)",
    lesson="The mean is not 0.",
)

clipped = mistake(
    "weight.normal_(0, std, generator=generator)",
    "weight.normal_(0, std, generator=generator).clamp_(-2 * std, 2 * std)",
    lesson="The tails are cut off at two standard deviations. A normal distribution has them.",
)


@chaff("All weights become the same constant. Units that start equal stay equal.")
def constant(weight, generator):
    with torch.no_grad():
        return weight.fill_(math.sqrt(2 / weight[0].numel()))


half_filled = mistake(
    "return weight.normal_(0, std, generator=generator)",
    "weight[: len(weight) // 2].normal_(0, std, generator=generator)\n        return weight",
    lesson="Only some of the filters are filled.",
)

ordered = mistake(
    "return weight.normal_(0, std, generator=generator)",
    "weight.normal_(0, std, generator=generator)\n"
    "        return weight.copy_(weight.flatten().sort().values.reshape(weight.shape))",
    lesson="The values come in order. Independent draws do not.",
)

width_forgotten = mistake(
    "fan_in = weight[0].numel()",
    "fan_in = weight.shape[1] * (weight.shape[2] if weight.ndim == 4 else 1)",
    lesson="The kernel's width is missing from fan_in.",
)

heavy_tails = mistake(
    "weight.normal_(0, std, generator=generator)",
    "weight.exponential_(2**0.5 / std, generator=generator).mul_(\n"
    "            (torch.rand(weight.shape, generator=generator) < 0.5) * 2 - 1\n        )",
    lesson="The tails are too heavy for a normal distribution.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"linear": 2, "convolution": 3, "two_calls": 1, "parameter": 1}


def statistics(*sizes, of="weight after"):
    """What n independent normal values show, each with its own standard deviation over many draws."""
    count, std = math.prod(sizes), math.sqrt(2 / math.prod(sizes[1:]))
    root = math.sqrt(count)
    return [
        Statistic("the mean", "mean", 0.0, std / root, of),
        Statistic("the standard deviation", "deviation", std, std / math.sqrt(2 * count), of),
        Statistic("the kurtosis", "kurtosis", 3.0, math.sqrt(24) / root, of),
        Statistic("the correlation of neighbours", "lag_correlation", 0.0, 1 / root, of),
        Statistic("the spread between filters", "axis_spread", std, std / root, of, {"axis": 0}),
    ]


def cases(draw):
    for check, sizes in (
        ("linear", (200, 50)),
        ("linear", (40, 300)),
        ("convolution", (64, 24, 3, 3)),
        ("convolution", (16, 40, 5, 2)),
    ):
        yield Case(
            check,
            dict(weight=draw.normal(*sizes, shift=0.25), generator=Generator(draw.seed())),
            statistics=[*statistics(*sizes), *statistics(*sizes, of="output")[:1]],
        )
    sizes = (50, 16, 3, 4)
    fresh = Statistic(
        "the correlation of two calls' values", "correlation", 0.0, 1 / math.sqrt(math.prod(sizes)),
        "output of step 2", {"with": "output of step 1"},
    )  # fmt: skip
    yield Case(
        "two_calls",
        dict(weight=draw.normal(*sizes), generator=Generator(draw.seed())),
        steps=2,
        statistics=[*statistics(*sizes), fresh],
    )
    yield Case(
        "parameter",
        dict(weight=Parameter(draw.normal(30, 20, 3, 2)), generator=Generator(draw.seed())),
        statistics=statistics(30, 20, 3, 2),
    )


MUTATES = ("weight",)
