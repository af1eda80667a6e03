"""global_avg_pool: the mean over both spatial axes."""

import torch

from grader.author import Case, chaff, mistake, wheat


def global_avg_pool(input):
    # Each map is averaged over its rows and columns; batch and channels stay.
    return input.mean(dim=(2, 3))


@wheat("sum and count, in float64 inside")
def global_avg_pool_sum(input):
    batch, channels, height, width = input.shape
    total = input.double().reshape(batch, channels, height * width).sum(dim=-1)
    return (total / (height * width)).to(input.dtype)


@wheat("a product with a vector of equal weights")
def global_avg_pool_product(input):
    flat = input.flatten(2)
    weights = torch.full((flat.shape[2],), 1 / flat.shape[2], dtype=input.dtype, device=input.device)
    return flat @ weights


@wheat("the zero frequency of the Fourier transform")
def global_avg_pool_fourier(input):
    return torch.fft.rfft2(input, norm="forward")[:, :, 0, 0].real


@wheat("position by position")
def global_avg_pool_loops(input):
    height, width = input.shape[2:]
    total = torch.zeros_like(input[:, :, 0, 0])
    for y in range(height):
        for x in range(width):
            total = total + input[:, :, y, x] / (height * width)
    return total


# ------------------------------------------------------------------------------------------------------------ chaffs

axes_kept = mistake(
    "dim=(2, 3))",
    "dim=(2, 3), keepdim=True)",
    lesson="The spatial axes are still there, with size 1. Asked for is one number per image and channel: (N, C).",
)

summed = mistake(
    "input.mean(",
    "input.sum(",
    lesson="You add up the map and do not divide, so the result grows with the image.",
)

largest = mistake(
    "input.mean(",
    "input.amax(",
    lesson="This is global max pooling. The average lets every position count.",
)

channels_averaged = mistake(
    "input.mean(dim=(2, 3))",
    "input.mean(dim=(1, 2, 3)).unsqueeze(1).expand(input.shape[:2])",
    lesson="All channels are averaged together. Each channel stands for another feature and keeps its own number.",
)

batch_averaged = mistake(
    "input.mean(dim=(2, 3))",
    "input.mean(dim=(0, 2, 3)).expand(input.shape[:2])",
    lesson="The images of the batch are averaged together. Each image is pooled by itself.",
)

rows_only = mistake(
    "input.mean(dim=(2, 3))",
    "input.sum(dim=(2, 3)) / input.shape[2]",
    lesson="You divide by the number of rows only. A map has H*W values.",
)

square_assumed = mistake(
    "input.mean(dim=(2, 3))",
    "input.sum(dim=(2, 3)) / input.shape[2] ** 2",
    lesson="You divide by H*H. Images need not be square.",
)

nonzero_only = mistake(
    "input.mean(dim=(2, 3))",
    "input.sum(dim=(2, 3)) / (input != 0).sum(dim=(2, 3)).clamp(min=1)",
    lesson="Zeros are left out of the count. A position where the feature is absent counts as much as any other.",
)

wrong_axes = mistake(
    "input.mean(dim=(2, 3))",
    "input.mean(dim=(1, 2))",
    lesson="You average over channels and rows, as if the layout were (N, H, W, C). Here the spatial axes are the last two.",
)

detached = mistake(
    "input.mean(dim=(2, 3))",
    "input.detach().mean(dim=(2, 3)).requires_grad_()",
    lesson="The values are right, but no gradient flows back: detach(), .data, .item() or NumPy cut the graph.",
)

gradient_of_a_sum = mistake(
    "return input.mean(dim=(2, 3))",
    "total = input.sum(dim=(2, 3))\n    return total + (input.mean(dim=(2, 3)) - total).detach()",
    lesson="The values are right, but each position gets the whole gradient. A mean gives each 1/(H*W) of it.",
)

gradient_halved = mistake(
    "return input.mean(dim=(2, 3))",
    "mean = input.mean(dim=(2, 3))\n    return mean / 2 + mean.detach() / 2",
    lesson="The values are right and every gradient is half of what it should be: half of the result is detached.",
)

forced_float32 = mistake(
    "dim=(2, 3))",
    "dim=(2, 3)).float()",
    lesson="The result is always float32. It has the input's dtype, whatever that is.",
)

half_inside = mistake(
    "input.mean(dim=(2, 3))",
    "input.bfloat16().mean(dim=(2, 3)).to(input.dtype)",
    lesson="The mean is taken in half precision. Three digits are not enough for a float32 result.",
)

input_changed = mistake(
    "return input.mean(dim=(2, 3))",
    "input.data /= input.shape[2] * input.shape[3]\n    return input.sum(dim=(2, 3))",
    lesson="The caller's input is changed. An argument belongs to the caller: write to a new tensor.",
)


@chaff("The median is another kind of middle. Asked for is the mean, to which every value contributes.")
def median(input):
    return input.flatten(2).median(dim=2).values


# Written after the cases were fixed.

unbiased = mistake(
    "input.mean(dim=(2, 3))",
    "input.sum(dim=(2, 3)) / max(input.shape[2] * input.shape[3] - 1, 1)",
    lesson="You divide by H*W - 1. That belongs to the estimate of a variance; a mean divides by the number of its terms.",
)

middle_pixel = mistake(
    "input.mean(dim=(2, 3))",
    "input[:, :, input.shape[2] // 2, input.shape[3] // 2]",
    lesson="You take the pixel in the middle. Every position counts the same.",
)

diagonal = mistake(
    "input.mean(dim=(2, 3))",
    "input.diagonal(dim1=2, dim2=3).mean(dim=-1)",
    lesson="Only the diagonal is averaged. Every position counts the same.",
)

magnitudes = mistake(
    "input.mean(",
    "input.abs().mean(",
    lesson="The magnitudes are averaged. Positive and negative values may cancel each other.",
)

channels_first = mistake(
    "dim=(2, 3))",
    "dim=(2, 3)).T.contiguous()",
    lesson="Batch and channels are exchanged: a row of the result is one image.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"small": 1, "rectangular": 2, "gradients": 1}


def cases(draw):
    yield Case("small", dict(input=draw.integers(1, 2, 2, 2, low=0, high=6)))
    yield Case("small", dict(input=draw.integers(2, 3, 3, 3)))

    yield Case("rectangular", dict(input=draw.integers(1, 2, 2, 4, low=-2, high=4)))
    yield Case("rectangular", dict(input=draw.normal(3, 2, 1, 1)))
    yield Case("rectangular", dict(input=draw.normal(3, 4, 1, 6)))
    yield Case("rectangular", dict(input=draw.normal(4, 3, 5, 7)))
    yield Case("rectangular", dict(input=draw.normal(2, 5, 9, 4, shift=3.0)))
