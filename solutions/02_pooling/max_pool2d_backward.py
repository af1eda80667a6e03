"""max_pool2d_backward: the winner of each window gets its gradient; checked against masks, add.at and plain loops."""

import numpy as np

from grader.author import Case, chaff, mistake, wheat


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def max_pool2d_backward(grad_output, input, kernel_size, stride=None):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size if stride is None else stride)
    batch, channels, out_height, out_width = grad_output.shape
    grad_input = np.zeros_like(input)
    image, channel = np.ogrid[:batch, :channels]  # every image with every channel
    for y in range(out_height):
        for x in range(out_width):
            window = input[:, :, y * sh : y * sh + kh, x * sw : x * sw + kw]
            # argmax over the flattened window gives the first of several largest.
            winner = window.reshape(batch, channels, kh * kw).argmax(axis=2)
            row, column = y * sh + winner // kw, x * sw + winner % kw
            # One element per image and channel, so += meets each at most once; over the windows they add up.
            grad_input[image, channel, row, column] += grad_output[:, :, y, x]
    return grad_input


@wheat("all windows as a view, their winners' places in the flat image, and one add.at")
def max_pool2d_backward_scatter(grad_output, input, kernel_size, stride=None):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size if stride is None else stride)
    batch, channels, height, width = input.shape
    out_height, out_width = grad_output.shape[2:]
    views = np.lib.stride_tricks.sliding_window_view(input, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]
    winner = views.reshape(*views.shape[:4], -1).argmax(-1)
    rows = winner // kw + sh * np.arange(out_height)[:, None]
    columns = winner % kw + sw * np.arange(out_width)
    grad_input = np.zeros((batch, channels, height * width), input.dtype)
    at = (np.arange(batch)[:, None, None, None], np.arange(channels)[:, None, None], rows * width + columns)
    np.add.at(grad_input, at, grad_output)
    return grad_input.reshape(input.shape)


@wheat("offset by offset: who equals the pooled value and comes before any other that does")
def max_pool2d_backward_masks(grad_output, input, kernel_size, stride=None):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size if stride is None else stride)
    out_height, out_width = grad_output.shape[2:]
    slices = [
        (..., slice(i, i + sh * (out_height - 1) + 1, sh), slice(j, j + sw * (out_width - 1) + 1, sw))
        for i in range(kh)
        for j in range(kw)
    ]
    best = np.maximum.reduce([input[part] for part in slices])
    open_windows = np.ones(best.shape, bool)
    grad_input = np.zeros(input.shape, input.dtype)
    for part in slices:
        wins = open_windows & (input[part] == best)
        grad_input[part] += np.where(wins, grad_output, 0)
        open_windows &= ~wins
    return grad_input


@wheat("plain loops over every window and element")
def max_pool2d_backward_loops(grad_output, input, kernel_size, stride=None):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size if stride is None else stride)
    grad_input = np.zeros(input.shape, dtype=np.float64)
    for n, c, y, x in np.ndindex(*grad_output.shape):
        best, place = None, None
        for i in range(kh):
            for j in range(kw):
                value = input[n, c, y * sh + i, x * sw + j]
                if best is None or value > best:
                    best, place = value, (n, c, y * sh + i, x * sw + j)
        grad_input[place] += grad_output[n, c, y, x]
    return grad_input.astype(input.dtype)


# ------------------------------------------------------------------------------------------------------------ chaffs

winners_overwritten = mistake(
    "grad_input[image, channel, row, column] +=",
    "grad_input[image, channel, row, column] =",
    lesson="An element that wins several windows keeps only the last one's gradient. Gradients of different windows add up.",
)

last_wins = mistake(
    ".argmax(axis=2)",
    "[:, :, ::-1].argmax(axis=2)\n            winner = kh * kw - 1 - winner",
    lesson="Among equally large elements the last one wins. The first does, going row by row.",
)

first_by_columns = mistake(
    "winner = window.reshape(batch, channels, kh * kw).argmax(axis=2)",
    "winner = window.swapaxes(2, 3).reshape(batch, channels, kh * kw).argmax(axis=2)\n"
    "            winner = winner % kh * kw + winner // kh",
    lesson="Among equally large elements you take the first going down the columns. Go row by row.",
)

rows_by_height = mistake(
    "y * sh + winner // kw, x * sw + winner % kw",
    "np.minimum(y * sh + winner // kh, input.shape[2] - 1), x * sw + winner % kh % kw",
    lesson="The winner's index is taken apart with the window's height. A row of the window has kw elements.",
)

stride_defaults_to_one = mistake(
    "pair(kernel_size if stride is None else stride)",
    "pair(1 if stride is None else stride)",
    lesson="Without a stride you move one pixel at a time. Pooling's default stride is the kernel size.",
)

stride_ignored = mistake(
    "pair(kernel_size if stride is None else stride)",
    "np.minimum(pair(kernel_size), (\n"
    "        (input.shape[2] - kh) // max(grad_output.shape[2] - 1, 1),\n"
    "        (input.shape[3] - kw) // max(grad_output.shape[3] - 1, 1),\n"
    "    ))",
    lesson="The stride is guessed from the shapes. Several strides give the same output size; take the one that is given.",
)

stride_swapped = mistake(
    "sh, sw = pair(kernel_size",
    "sw, sh = pair(kernel_size",
    lesson="Vertical and horizontal stride are exchanged: a pair is (vertical, horizontal).",
)

square_kernel_only = mistake(
    "kh, kw = pair(kernel_size)",
    "kh = kw = pair(kernel_size)[0]",
    lesson="You use the kernel's height for both of its sizes. A window need not be square.",
)

ones_for_gradients = mistake(
    "+= grad_output[:, :, y, x]",
    "+= 1",
    lesson="You count the windows that each element won. The chain rule multiplies by the gradient that comes from above.",
)

window_corner = mistake(
    "row, column = y * sh + winner // kw, x * sw + winner % kw",
    "row, column = np.full_like(winner, y * sh), np.full_like(winner, x * sw)",
    lesson="The gradient goes to the window's corner. It belongs where the largest element is.",
)

offset_in_the_window = mistake(
    "row, column = y * sh + winner // kw, x * sw + winner % kw",
    "row, column = winner // kw, winner % kw",
    lesson="The winner's place inside the window is taken for its place in the image. Add where the window starts.",
)

largest_magnitude = mistake(
    "window.reshape(batch",
    "np.abs(window).reshape(batch",
    lesson="The element of largest magnitude wins. A strong negative value is not a maximum.",
)

smallest_wins = mistake(
    ".argmax(axis=2)",
    ".argmin(axis=2)",
    lesson="The smallest element wins.",
)

largest_gradient = mistake(
    "grad_input[image, channel, row, column] += grad_output[:, :, y, x]",
    "old = grad_input[image, channel, row, column]\n"
    "            grad_input[image, channel, row, column] = np.maximum(old, grad_output[:, :, y, x])",
    lesson="Of several gradients for one element you keep the largest. They add up.",
)

forced_float64 = mistake(
    "np.zeros_like(input)",
    "np.zeros(input.shape)",
    lesson="np.zeros makes float64 unless told otherwise. The gradient has the input's dtype.",
)

input_overwritten = mistake(
    "    return grad_input",
    "    input[...] = grad_input\n    return input",
    lesson="The gradient is written over the caller's input. An argument belongs to the caller: write to a new array.",
)


@chaff(
    "Every element that equals the maximum gets the whole gradient, so a tie counts it more than once. One element wins."
)
def all_that_tie(grad_output, input, kernel_size, stride=None):
    (kh, kw), (sh, sw) = pair(kernel_size), pair(kernel_size if stride is None else stride)
    grad_input = np.zeros_like(input)
    for y in range(grad_output.shape[2]):
        for x in range(grad_output.shape[3]):
            part = (..., slice(y * sh, y * sh + kh), slice(x * sw, x * sw + kw))
            hit = input[part] == input[part].max(axis=(2, 3), keepdims=True)
            grad_input[part] += hit * grad_output[:, :, y : y + 1, x : x + 1]
    return grad_input


@chaff(
    "Elements that tie share the gradient equally. That would be a convention too; here the first of them wins it all."
)
def shared_by_ties(grad_output, input, kernel_size, stride=None):
    (kh, kw), (sh, sw) = pair(kernel_size), pair(kernel_size if stride is None else stride)
    grad_input = np.zeros_like(input)
    for y in range(grad_output.shape[2]):
        for x in range(grad_output.shape[3]):
            part = (..., slice(y * sh, y * sh + kh), slice(x * sw, x * sw + kw))
            hit = input[part] == input[part].max(axis=(2, 3), keepdims=True)
            share = hit / hit.sum(axis=(2, 3), keepdims=True)
            grad_input[part] += (share * grad_output[:, :, y : y + 1, x : x + 1]).astype(input.dtype)
    return grad_input


@chaff(
    "The gradient is spread over the whole window, as in average pooling. Only the element that won gets it."
)
def spread_evenly(grad_output, input, kernel_size, stride=None):
    (kh, kw), (sh, sw) = pair(kernel_size), pair(kernel_size if stride is None else stride)
    grad_input = np.zeros_like(input)
    for y in range(grad_output.shape[2]):
        for x in range(grad_output.shape[3]):
            grad_input[:, :, y * sh : y * sh + kh, x * sw : x * sw + kw] += grad_output[
                :, :, y : y + 1, x : x + 1
            ] / (kh * kw)
    return grad_input


# Written after the cases were fixed.

same_winner_in_all_channels = mistake(
    "winner = window.reshape(batch, channels, kh * kw).argmax(axis=2)",
    "winner = np.repeat(window.sum(axis=1).reshape(batch, 1, kh * kw).argmax(axis=2), channels, axis=1)",
    lesson="One winner is chosen for all channels together. Each channel is pooled by itself.",
)

same_winner_in_all_images = mistake(
    "winner = window.reshape(batch, channels, kh * kw).argmax(axis=2)",
    "winner = window.reshape(batch, channels, kh * kw).argmax(axis=2)[:1].repeat(batch, axis=0)",
    lesson="The winners of the first image are used for all. Every image has its own.",
)

positive_winners_only = mistake(
    "+= grad_output[:, :, y, x]",
    "+= grad_output[:, :, y, x] * (window.max(axis=(2, 3)) > 0)",
    lesson="Winners that are not positive get nothing. That is ReLU's rule; the largest element wins though it be negative.",
)

times_the_input = mistake(
    "+= grad_output[:, :, y, x]",
    "+= grad_output[:, :, y, x] * window.max(axis=(2, 3))",
    lesson="The gradient is multiplied by the winning value. The output is that value itself, so its slope is 1.",
)

divided_by_window = mistake(
    "+= grad_output[:, :, y, x]",
    "+= grad_output[:, :, y, x] / (kh * kw)",
    lesson="The winner gets only 1/(kh*kw) of the gradient. Nothing was averaged: it gets all of it.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_winner_each": 2, "overlapping_windows": 2, "ties": 1}


def cases(draw):
    def case(check, input, out, kernel_size, whole=False, smooth=True, **options):
        shape = (*input.shape[:2], *out)
        gradient = draw.integers(*shape, low=1, high=9) if whole else draw.normal(*shape)
        arguments = dict(grad_output=gradient, input=input, kernel_size=kernel_size)
        return Case(check, arguments | options, smooth=smooth)

    yield case("one_winner_each", draw.distinct(1, 1, 2, 4, spacing=1.0), (1, 2), 2, whole=True)
    yield case("one_winner_each", draw.distinct(2, 1, 5, 5, spacing=1.0), (2, 2), 2, whole=True)
    yield case("one_winner_each", draw.distinct(2, 3, 7, 6), (2, 3), (3, 2))
    yield case("one_winner_each", draw.distinct(2, 2, 4, 9) - 40.0, (2, 2), (2, 4))
    yield case("one_winner_each", draw.distinct(2, 2, 8, 9), (2, 3), 2, stride=(4, 3))

    yield case("overlapping_windows", draw.distinct(1, 1, 2, 3, spacing=1.0), (1, 2), 2, whole=True, stride=1)
    yield case("overlapping_windows", draw.distinct(1, 1, 4, 4, spacing=1.0), (3, 3), 2, whole=True, stride=1)
    yield case("overlapping_windows", draw.distinct(2, 3, 5, 7), (3, 3), 3, stride=(1, 2))
    yield case("overlapping_windows", draw.distinct(2, 2, 8, 5), (3, 4), (4, 2), stride=(2, 1))

    # Equal values are a kink on purpose: which element wins is a convention, stated above.
    flat = draw.integers(1, 1, 1, 1, low=-9, high=9).repeat(3, axis=3).repeat(2, axis=2)
    yield case("ties", flat, (1, 2), 2, whole=True, smooth=False, stride=1)
    corner = draw.integers(1, 1, 1, 1, low=1, high=5) * [[[[0.0, 1.0], [1.0, 0.0]]]]
    yield case("ties", corner, (1, 1), 2, whole=True, smooth=False)
    yield case("ties", draw.integers(2, 2, 5, 6, low=0, high=1), (4, 4), (2, 3), smooth=False, stride=1)
    yield case(
        "ties", draw.integers(2, 3, 6, 7, low=-3, high=-2), (2, 2), (3, 3), smooth=False, stride=(2, 3)
    )
