"""compound_scaling: three powers, each rounded in its own way."""

import math
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from grader.author import Case, chaff, mistake, wheat


def compound_scaling(phi, depth, width, resolution, alpha=1.2, beta=1.1, gamma=1.15):
    exact = width * beta**phi
    # Half a multiple more, then down to a multiple: the nearest one.
    channels = max(8, math.floor(exact + 4) // 8 * 8)
    if channels < 0.9 * exact:
        channels += 8
    return (
        math.ceil(depth * alpha**phi),
        channels,
        math.floor(resolution * gamma**phi + 0.5),
    )


@wheat("multiples counted by division; candidates compared by their distance")
def compound_scaling_candidates(phi, depth, width, resolution, alpha=1.2, beta=1.1, gamma=1.15):
    exact = width * pow(beta, phi)
    below = 8 * math.floor(exact / 8)
    nearest = below if exact - below < below + 8 - exact else below + 8
    nearest = 8 if nearest < 8 else nearest
    wide = nearest + 8 if 10 * nearest < 9 * exact else nearest
    layers = -math.floor(-depth * pow(alpha, phi))
    pixels = resolution * pow(gamma, phi)
    lower = math.floor(pixels)
    return layers, wide, lower + (1 if pixels - lower >= 0.5 else 0)


@wheat("powers by logarithms, searching upwards for the first whole number that fits")
def compound_scaling_search(phi, depth, width, resolution, alpha=1.2, beta=1.1, gamma=1.15):
    def grown(size, factor):
        return size * math.exp(phi * math.log(factor))

    layers = next(n for n in range(10**6) if n >= grown(depth, alpha) * (1 - 1e-13))
    exact = grown(width, beta)
    channels = next(n for n in range(8, 10**6, 8) if n + 4 > exact * (1 + 1e-13))
    channels = next(n for n in (channels, channels + 8) if n >= 0.9 * exact * (1 - 1e-13))
    pixels = next(n for n in range(10**6) if n + 0.5 > grown(resolution, gamma) * (1 + 1e-13))
    return layers, channels, pixels


@wheat("decimal arithmetic, whose rounding is chosen by name")
def compound_scaling_decimal(phi, depth, width, resolution, alpha=1.2, beta=1.1, gamma=1.15):
    def whole(number, how):
        return int(Decimal(number).to_integral_value(how))

    exact = width * beta**phi
    eights = max(1, whole(exact / 8, ROUND_HALF_UP))
    eights += Decimal(8 * eights) < Decimal("0.9") * Decimal(exact)
    return (
        whole(depth * alpha**phi, ROUND_CEILING),
        8 * eights,
        whole(resolution * gamma**phi, ROUND_HALF_UP),
    )


# ------------------------------------------------------------------------------------------------------------ chaffs

depth_rounded = mistake(
    "math.ceil(depth * alpha**phi)",
    "math.floor(depth * alpha**phi + 0.5)",
    lesson="The depth is rounded to the nearest whole number. It is rounded up.",
)
depth_floored = mistake(
    "math.ceil(depth * alpha**phi)",
    "math.floor(depth * alpha**phi)",
    lesson="The depth is rounded down. It is rounded up.",
)
width_floored = mistake(
    "math.floor(exact + 4) // 8 * 8",
    "math.floor(exact) // 8 * 8",
    lesson="The width goes down to a multiple of 8. The nearest one is meant.",
)
width_up = mistake(
    "math.floor(exact + 4) // 8 * 8",
    "math.ceil(exact / 8) * 8",
    lesson="The width never loses a channel by rounding. The nearest multiple of 8 is meant, which may take away up to a tenth.",
)
any_width = mistake(
    "math.floor(exact + 4) // 8 * 8",
    "math.floor(exact + 0.5)",
    lesson="The width is not a multiple of 8.",
)
no_minimum = mistake(
    "max(8, math.floor(exact + 4) // 8 * 8)",
    "math.floor(exact + 4) // 8 * 8",
    "    if channels < 0.9 * exact:\n",
    "    if 0 < channels < 0.9 * exact:\n",
    lesson="A very narrow network gets no channel at all. There are at least 8.",
)
ninety_percent_ignored = mistake(
    "    if channels < 0.9 * exact:\n        channels += 8\n",
    "",
    lesson="Rounding may take away more than a tenth of the channels. Then 8 more are needed.",
)
ninety_percent_of_base = mistake(
    "channels < 0.9 * exact",
    "channels < 0.9 * width",
    lesson="The nine tenths are taken of the base width instead of the scaled one.",
)
always_up_when_less = mistake(
    "channels < 0.9 * exact",
    "channels < exact",
    lesson="The width never loses a channel by rounding. The nearest multiple of 8 is meant, which may take away up to a tenth.",
)
python_round = mistake(
    "math.floor(exact + 4) // 8 * 8",
    "round(exact / 8) * 8",
    lesson="Python's round() sends halves to the even neighbour. Here they go up.",
)
resolution_floored = mistake(
    "math.floor(resolution * gamma**phi + 0.5)",
    "math.floor(resolution * gamma**phi)",
    lesson="The resolution is rounded down. The nearest whole number is meant.",
)
resolution_up = mistake(
    "math.floor(resolution * gamma**phi + 0.5)",
    "math.ceil(resolution * gamma**phi)",
    lesson="The resolution is rounded up. The nearest whole number is meant.",
)
resolution_even = mistake(
    "math.floor(resolution * gamma**phi + 0.5)",
    "round(resolution * gamma**phi)",
    lesson="Python's round() sends halves to the even neighbour. A resolution of half a pixel more goes up.",
)
multiplied = mistake(
    "exact = width * beta**phi",
    "exact = width * beta * max(phi, 1)",
    "depth * alpha**phi",
    "depth * alpha * max(phi, 1)",
    "resolution * gamma**phi",
    "resolution * gamma * max(phi, 1)",
    lesson="The factors are multiplied by phi. They are taken to the power of phi.",
)
factors_swapped = mistake(
    "depth * alpha**phi",
    "depth * beta**phi",
    "width * beta**phi",
    "width * alpha**phi",
    lesson="alpha and beta are in each other's place: alpha belongs to depth, beta to width.",
)
width_and_resolution_swapped = mistake(
    "width * beta**phi",
    "width * gamma**phi",
    "resolution * gamma**phi",
    "resolution * beta**phi",
    lesson="beta and gamma are in each other's place: beta belongs to width, gamma to resolution.",
)
root = mistake(
    "width * beta**phi",
    "width * beta ** (phi / 2)",
    "resolution * gamma**phi",
    "resolution * gamma ** (phi / 2)",
    lesson="You take roots because the cost grows with the squares. The factors are already chosen with that in mind.",
)
factors_fixed = mistake(
    "    exact =",
    "    alpha, beta, gamma = 1.2, 1.1, 1.15\n    exact =",
    lesson="The factors are fixed at the paper's. They are arguments.",
)
negative_ignored = mistake(
    "    exact =",
    "    phi = max(phi, 0)\n    exact =",
    lesson="A negative phi changes nothing. It makes the network smaller.",
)
whole_phi = mistake(
    "    exact =",
    "    phi = int(phi)\n    exact =",
    lesson="phi is cut to a whole number. It may be any number.",
)
order = mistake(
    "        math.ceil(depth * alpha**phi),\n        channels,\n",
    "        channels,\n        math.ceil(depth * alpha**phi),\n",
    lesson="The three are returned in another order: depth, width, resolution.",
)
floats = mistake(
    "math.floor(resolution * gamma**phi + 0.5),",
    "float(math.floor(resolution * gamma**phi + 0.5)),",
    lesson="A size is returned as a float. All three are ints.",
)


@chaff("Only the depth grows. The point is to scale all three together.")
def depth_only(phi, depth, width, resolution, alpha=1.2, beta=1.1, gamma=1.15):
    return compound_scaling(phi, depth, width, resolution, alpha, 1.0, 1.0)


whole_width_first = mistake(
    "exact = width * beta**phi",
    "exact = math.floor(width * beta**phi + 0.5)",
    lesson="The width is rounded to a whole number first and to a multiple of 8 afterwards. Rounding twice can end at another multiple.",
)
ninety_percent_floored = mistake(
    "channels < 0.9 * exact",
    "channels < int(0.9 * exact)",
    lesson="The nine tenths are cut to a whole number before the comparison, so a loss just over a tenth goes unseen.",
)
resolution_in_eights = mistake(
    "math.floor(resolution * gamma**phi + 0.5)",
    "max(8, math.floor(resolution * gamma**phi / 8 + 0.5) * 8)",
    lesson="The resolution is a multiple of 8. That rule is the width's; pixels are rounded to the nearest whole number.",
)
sign_dropped = mistake(
    "    exact =",
    "    phi = abs(phi)\n    exact =",
    lesson="The sign of phi is dropped: what should shrink the network enlarges it.",
)


@chaff(
    "You divide phi so that the cost doubles exactly. The factors stand to the power of phi itself, whatever the cost does."
)
def doubles_exactly(phi, depth, width, resolution, alpha=1.2, beta=1.1, gamma=1.15):
    cost = alpha * beta**2 * gamma**2
    return compound_scaling(
        phi / math.log2(cost) if cost > 1 else phi, depth, width, resolution, alpha, beta, gamma
    )


@chaff(
    "The network is rounded after every step of phi and grown from there, so roundings pile up. Take the power once, of the base."
)
def step_by_step(phi, depth, width, resolution, alpha=1.2, beta=1.1, gamma=1.15):
    while phi > 1:
        depth, width, resolution = compound_scaling(1, depth, width, resolution, alpha, beta, gamma)
        phi -= 1
    return compound_scaling(phi, depth, width, resolution, alpha, beta, gamma)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"the_papers_factors": 2, "rounding": 3, "other_factors": 2}


def cases(draw):
    def case(check, phi, depth, width, resolution, **factors):
        return Case(check, dict(phi=phi, depth=depth, width=width, resolution=resolution, **factors))

    yield case("the_papers_factors", 0, 2, 32, 224)
    yield case("the_papers_factors", 1, 2, 16, 224)
    for phi in (2, 3, 5, 1.5):
        yield case("the_papers_factors", phi, draw.size(1, 9), 8 * draw.size(2, 40), draw.size(100, 300))
    yield case("rounding", 1, 1, 10, 20)
    yield case("rounding", 0, 1, 2, 33)
    yield case("rounding", 0, 1, 3, 1)
    yield case("rounding", 0, 3, 20, 5)  # halves of a multiple go up: 24, not 16
    yield case("rounding", 0, 3, 36, 5)
    yield case("rounding", 0, 3, 28, 5)
    yield case("rounding", 0, 3, 52, 5)
    yield case("rounding", 0, 3, 68, 5)
    yield case("rounding", 0, 3, 11, 5)
    yield case("rounding", 0, 3, 19, 5)
    yield case("rounding", 0, 3, 12, 7)
    yield case("rounding", 0, 2, 9, 5)  # 8 is a little less than 90 % of 9, and 16 of 18
    yield case("rounding", 0, 2, 18, 5)
    yield case("rounding", 1, 2, 40, 10, beta=1.09, gamma=1.0)  # 43.6 lies nearer to 40, 44 would go up
    yield case("rounding", 1, 1, 8, 5, gamma=1.5)  # 7.5 and
    yield case("rounding", 1, 1, 8, 3, gamma=1.5)  # 4.5 go up
    yield case("rounding", 1, 5, 80, 9, alpha=1.25, beta=1.125, gamma=1.0)
    yield case("rounding", 0, 1, 40, 64)
    yield case("other_factors", 2, 3, 24, 32, alpha=1.5, beta=1.25, gamma=1.0)
    yield case("other_factors", 2.5, 4, 48, 96, alpha=1.1, beta=1.3, gamma=1.2)
    yield case("other_factors", -1, 6, 64, 224, alpha=1.3, beta=1.2, gamma=1.1)
    yield case("other_factors", -3, 5, 24, 100)
    for _ in range(3):
        factors = {name: draw.size(100, 160) / 100 for name in ("alpha", "beta", "gamma")}
        sizes = draw.size(1, 8), draw.size(5, 200), draw.size(20, 300)
        yield case("other_factors", draw.size(1, 30) / 8, *sizes, **factors)
