"""squash: |s| s / (1 + |s|^2), which divides by nothing that can be 0."""

import torch
import torch.nn.functional as F

from grader.author import Case, chaff, mistake, wheat


def squash(input, dim=-1):
    # One |s| cancels: |s|^2 / (1 + |s|^2) * s / |s| = s |s| / (1 + |s|^2). No division by a length is left, and
    # vector_norm's gradient at 0 is taken to be 0, as it has to be here.
    length = torch.linalg.vector_norm(input, dim=dim, keepdim=True)
    return input * (length / (1 + length * length))


@wheat("zero vectors are set apart before anything is divided")
def squash_where(input, dim=-1):
    squared = input.square().sum(dim=dim, keepdim=True)
    zero = squared == 0
    length = torch.where(zero, torch.ones_like(squared), squared).sqrt()
    return torch.where(zero, torch.zeros_like(input), squared / (1 + squared) * input / length)


@wheat("a unit vector times a new length, computed in float64")
def squash_unit(input, dim=-1):
    s = input.double()
    length = s.norm(dim=dim, keepdim=True)
    unit = F.normalize(s, dim=dim, eps=1e-150)
    return (unit * (length**2 / (1 + length**2))).to(input.dtype) if input.numel() else input.clone()


@wheat("the length scaled by the largest component, so that squares cannot overflow or vanish")
def squash_scaled(input, dim=-1):
    largest = input.detach().abs().amax(dim=dim, keepdim=True)
    scale = torch.where(largest == 0, torch.ones_like(largest), largest)
    length = scale * torch.linalg.vector_norm(input / scale, dim=dim, keepdim=True)
    return input * length / (1 + length.square())


class Squash(torch.autograd.Function):
    """With l = |s| and f(l) = l / (1 + l^2): s f(l), and its derivative f(l) g + f'(l) s (s . g) / l."""

    @staticmethod
    def forward(ctx, input, dim):
        ctx.save_for_backward(input)
        ctx.dim = dim
        length = torch.linalg.vector_norm(input, dim=dim, keepdim=True)
        return input * length / (1 + length**2)

    @staticmethod
    def backward(ctx, gradient):
        (input,) = ctx.saved_tensors
        length = torch.linalg.vector_norm(input, dim=ctx.dim, keepdim=True)
        unit = input / length.masked_fill(length == 0, 1)
        along = (unit * gradient).sum(dim=ctx.dim, keepdim=True)
        slope = length * (1 - length**2) / (1 + length**2) ** 2
        return gradient * (length / (1 + length**2)) + slope * along * unit, None


@wheat("a gradient written by hand")
def squash_by_hand(input, dim=-1):
    return Squash.apply(input, dim)


# ------------------------------------------------------------------------------------------------------------ chaffs

EPSILON = (
    "A small number is added to a length or to its square. Where vectors are short it is not small: their results come out "
    "wrong. Look for a form in which nothing has to be divided by a length."
)

undefined_at_zero = mistake(
    "input * (length / (1 + length * length))",
    "length**2 / (1 + length**2) * input / length",
    lesson="A zero vector is divided by its length, 0, and becomes NaN; its gradient too. Which factor cancels?",
)
gradient_nan = mistake(
    "torch.linalg.vector_norm(input, dim=dim, keepdim=True)",
    "input.square().sum(dim=dim, keepdim=True).sqrt()",
    lesson="The value at a zero vector is right, but its gradient is NaN: the square root's slope at 0 is infinite, and infinity "
    "times 0 is no number.",
)
eps_in_root = mistake(
    "torch.linalg.vector_norm(input, dim=dim, keepdim=True)",
    "(input.square().sum(dim=dim, keepdim=True) + 1e-8).sqrt()",
    lesson=EPSILON,
)
eps_in_denominator = mistake(
    "input * (length / (1 + length * length))",
    "length**2 / (1 + length**2) * input / (length + 1e-8)",
    lesson=EPSILON,
)
eps_large = mistake(
    "torch.linalg.vector_norm(input, dim=dim, keepdim=True)",
    "(input.square().sum(dim=dim, keepdim=True) + 1e-3).sqrt()",
    lesson=EPSILON,
)
whole_tensor = mistake(
    "torch.linalg.vector_norm(input, dim=dim, keepdim=True)",
    "torch.linalg.vector_norm(input)",
    lesson="One length is computed for the whole tensor. Each vector has its own.",
)
dim_ignored = mistake(
    "dim=dim, keepdim",
    "dim=-1, keepdim",
    lesson="The vectors are taken along the last axis whatever `dim` says.",
)
length_one = mistake(
    "length / (1 + length * length)",
    "1 / (1 + length * length)",
    lesson="Short vectors keep their length instead of shrinking: one factor |s| is missing.",
)
squared_twice = mistake(
    "length / (1 + length * length)",
    "length * length / (1 + length * length)",
    lesson="The vector is not brought to unit length before it gets its new one: long vectors stay long.",
)
length_not_squared = mistake(
    "(1 + length * length)",
    "(1 + length)",
    lesson="The denominator has the length, not its square: long vectors do not come close to length 1.",
)
half = mistake(
    "(1 + length * length)",
    "(0.5 + length * length)",
    lesson="The constant in the denominator is 1 (0.5 is a later variant's).",
)
componentwise = mistake(
    "torch.linalg.vector_norm(input, dim=dim, keepdim=True)",
    "input.abs()",
    lesson="Each component is squashed for itself, which bends the vector's direction.",
)
l1_length = mistake(
    "torch.linalg.vector_norm(input, dim=dim, keepdim=True)",
    "input.abs().sum(dim=dim, keepdim=True)",
    lesson="The length is the sum of absolute values. The Euclidean one is meant.",
)
largest_component = mistake(
    "torch.linalg.vector_norm(input, dim=dim, keepdim=True)",
    "input.abs().amax(dim=dim, keepdim=True)",
    lesson="The largest component is taken for the length.",
)
mean_square = mistake(
    "torch.linalg.vector_norm(input, dim=dim, keepdim=True)",
    "torch.linalg.vector_norm(input, dim=dim, keepdim=True) / input.shape[dim] ** 0.5",
    lesson="The root of the mean square is taken for the length. It is the root of the sum.",
)
detached_length = mistake(
    "torch.linalg.vector_norm(input, dim=dim, keepdim=True)",
    "torch.linalg.vector_norm(input.detach(), dim=dim, keepdim=True)",
    lesson="The values are right, but the length is cut off from the graph: its share of the gradient is missing.",
)
unit_length = mistake(
    "length / (1 + length * length)",
    "1 / length.clamp(min=1e-12)",
    lesson="Every vector gets unit length, so that all capsules are equally sure.",
)
tanh = mistake(
    "input * (length / (1 + length * length))",
    "input * (torch.tanh(length) / length.clamp(min=1e-12))",
    lesson="The length is squashed by tanh. The statement has another function.",
)
sigmoid = mistake(
    "input * (length / (1 + length * length))",
    "torch.sigmoid(input)",
    lesson="A sigmoid squashes single numbers. Here a vector's length is squashed, and its direction stays.",
)
lengths_returned = mistake(
    "input * (length / (1 + length * length))",
    "(length * length / (1 + length * length)).squeeze(dim)",
    lesson="You return the new lengths. The vectors are asked for.",
)
sign_lost = mistake(
    "return input * (length",
    "return input.abs() * (length",
    lesson="Negative components come out positive: the direction must stay.",
)
in_place = mistake(
    "return input * (length / (1 + length * length))",
    "with torch.no_grad():\n        return input.mul_(length / (1 + length * length))",
    lesson="The caller's tensor is overwritten.",
)
forced_float = mistake(
    "    return input *",
    "    input = input.float()\n    return input *",
    lesson="The result is always float32. Keep the input's dtype.",
)


@chaff("The first axis is taken for a batch that shares one length.")
def over_batch(input, dim=-1):
    length = torch.linalg.vector_norm(input, dim=dim, keepdim=True).mean(dim=0, keepdim=True)
    return input * (length / (1 + length * length))


exponential = mistake(
    "input * (length / (1 + length * length))",
    "input * torch.where(length > 0, (1 - torch.exp(-length)) / length.masked_fill(length == 0, 1), 0 * length)",
    lesson="This squash, 1 - exp(-|s|), is a later variant's. It hardly shrinks short vectors.",
)
difference = mistake(
    "input * (length / (1 + length * length))",
    "input / length.masked_fill(length == 0, 1) * (1 - 1 / (1 + length * length))",
    lesson="1 - 1 / (1 + |s|^2) is right on paper. For short vectors two numbers near 1 are subtracted, and nothing is left.",
)
short_is_nothing = mistake(
    "return input * (length / (1 + length * length))",
    "short = length < 1e-4\n    return torch.where(short, 0 * input, input * (length / (1 + length * length)))",
    lesson="All short vectors are set to 0. Only a vector of length 0 becomes 0; a short one has a short result.",
)
nan_removed = mistake(
    "input * (length / (1 + length * length))",
    "torch.nan_to_num(length**2 / (1 + length**2) * input / length)",
    lesson="The value at a zero vector is right, but its gradient is NaN: the square root's slope at 0 is infinite, and infinity "
    "times 0 is no number.",
)


@chaff("The length runs over all axes but the one that `dim` names. It runs along `dim`.")
def other_axes(input, dim=-1):
    axes = [axis for axis in range(input.ndim) if axis != dim % input.ndim]
    length = torch.linalg.vector_norm(input, dim=axes, keepdim=True) if axes else input.abs()
    return input * (length / (1 + length * length))


@chaff(
    "One length is computed for each entry of the first axis, over all the others. Each vector along `dim` has its own."
)
def one_per_sample(input, dim=-1):
    axes = list(range(1, input.ndim)) or [0]
    length = torch.linalg.vector_norm(input, dim=axes, keepdim=True)
    return input * (length / (1 + length * length))


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"last_axis": 2, "other_axes": 2, "zero_vectors": 2, "short_and_long": 1}


def cases(draw):
    yield Case("last_axis", dict(input=draw.integers(1, 2) + 4))
    yield Case("last_axis", dict(input=draw.normal(3, 4)))
    yield Case("last_axis", dict(input=draw.normal(2, 3, 5)))
    yield Case("other_axes", dict(input=draw.normal(3, 2), dim=0))
    yield Case("other_axes", dict(input=draw.normal(2, 3, 4, 5), dim=-2))
    yield Case("other_axes", dict(input=draw.normal(3, 4, 2, 3), dim=1))
    some = draw.normal(3, 4)
    some[1] = 0
    yield Case("zero_vectors", dict(input=some))
    axis = draw.normal(2, 3, 4)
    axis[0, :, 2] = 0
    axis[1, 1] = 0
    yield Case("zero_vectors", dict(input=axis, dim=1))
    for scale in (1e-5, 1e4):
        yield Case("short_and_long", dict(input=draw.normal(4, 3, scale=scale)))
