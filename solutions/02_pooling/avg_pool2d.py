"""avg_pool2d: windows as views, summed and divided; checked against loops, running sums and convolution."""

import torch
import torch.nn.functional as F

from grader.author import Case, chaff, mistake, wheat


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def window_sums(image, kernel_size, stride, padding):
    (kh, kw), (sh, sw), (ph, pw) = kernel_size, stride, padding
    padded = F.pad(image, (pw, pw, ph, ph))  # zeros, which add nothing to a sum
    return padded.unfold(2, kh, sh).unfold(3, kw, sw).sum(dim=(-2, -1))


def avg_pool2d(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    kernel = pair(kernel_size)
    step = kernel if stride is None else pair(stride)
    sums = window_sums(input, kernel, step, pair(padding))
    if count_include_pad:
        return sums / (kernel[0] * kernel[1])
    # How many pixels of the image a window holds: the same sums over an image of ones.
    ones = input.new_ones(1, 1, *input.shape[2:])
    return sums / window_sums(ones, kernel, step, pair(padding))


@wheat("the definition: a loop over windows, cut off at the image's border")
def avg_pool2d_loops(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    height, width = input.shape[2:]
    rows = []
    for y in range((height + 2 * ph - kh) // sh + 1):
        row = []
        for x in range((width + 2 * pw - kw) // sw + 1):
            top, left = y * sh - ph, x * sw - pw
            window = input[:, :, max(top, 0) : top + kh, max(left, 0) : left + kw]
            total = window.sum(dim=(2, 3))
            row.append(total / (kh * kw if count_include_pad else window.shape[2] * window.shape[3]))
        rows.append(torch.stack(row, dim=-1))
    return torch.stack(rows, dim=-2)


@wheat("convolution of every channel with a kernel of equal weights")
def avg_pool2d_convolution(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    kernel, border = pair(kernel_size), pair(padding)
    step = kernel if stride is None else pair(stride)
    channels = input.shape[1]
    weight = input.new_full((channels, 1, *kernel), 1 / (kernel[0] * kernel[1]))
    output = F.conv2d(input, weight, stride=step, padding=border, groups=channels)
    if count_include_pad:
        return output
    share = F.conv2d(torch.ones_like(input), weight, stride=step, padding=border, groups=channels)
    return output / share


@wheat("running sums: a window's sum is the difference of four corners of the summed image, in float64")
def avg_pool2d_integral(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)

    def sums(image):
        table = F.pad(F.pad(image.double(), (pw, pw, ph, ph)).cumsum(2).cumsum(3), (1, 0, 1, 0))
        tall = table[:, :, kh::1] - table[:, :, :-kh]
        return (tall[..., kw::1] - tall[..., :-kw])[:, :, ::sh, ::sw]

    count = kh * kw if count_include_pad else sums(torch.ones_like(input))
    return (sums(input) / count).to(input.dtype)


@wheat("two matrices: one averages rows, the other columns")
def avg_pool2d_matrices(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    kernel = pair(kernel_size)

    def averages(size, k, s, p):
        starts = torch.arange(0, size + 2 * p - k + 1, s)[:, None] - p
        pixels = torch.arange(size)
        inside = ((pixels >= starts) & (pixels < starts + k)).to(input.device, input.dtype)
        return inside / (k if count_include_pad else inside.sum(1, keepdim=True))

    axes = zip(input.shape[2:], kernel, kernel if stride is None else pair(stride), pair(padding))
    down, across = (averages(*axis) for axis in axes)
    return down @ input @ across.T


# ------------------------------------------------------------------------------------------------------------ chaffs

padding_never_counts = mistake(
    "if count_include_pad:",
    "if padding == 0:",
    lesson="The border never counts. By default, count_include_pad=True, its zeros are pixels like others.",
)

padding_always_counts = mistake(
    "if count_include_pad:",
    "if True:",
    lesson="count_include_pad=False has no effect. The border's zeros must not enter the number you divide by.",
)

flag_inverted = mistake(
    "if count_include_pad:",
    "if not count_include_pad:",
    lesson="The flag works the wrong way round. With count_include_pad the divisor is kh*kw everywhere.",
)

nonzero_counted = mistake(
    "window_sums(ones, kernel, step, pair(padding))",
    "window_sums((input != 0).to(input.dtype), kernel, step, pair(padding)).clamp(min=1)",
    lesson="You count the elements that are not zero. A pixel of the image counts though its value be zero; only its place "
    "matters.",
)

sums_only = mistake(
    "return sums / (kernel[0] * kernel[1])",
    "return sums",
    lesson="You add up the window and do not divide.",
)

maximum = mistake(
    "padded.unfold(2, kh, sh).unfold(3, kw, sw).sum(dim=(-2, -1))",
    "padded.unfold(2, kh, sh).unfold(3, kw, sw).amax(dim=(-2, -1)) * (kh * kw)",
    lesson="This is max pooling. The average lets every value of the window count.",
)

stride_defaults_to_one = mistake(
    "kernel if stride is None else",
    "(1, 1) if stride is None else",
    lesson="Without a stride you move one pixel at a time, as convolution does. Pooling's default stride is the kernel size.",
)

stride_ignored = mistake(
    "kernel if stride is None else pair(stride)",
    "kernel",
    lesson="A given stride has no effect. Windows may overlap (stride < kernel) or leave gaps (stride > kernel).",
)

stride_swapped = mistake(
    "(kh, kw), (sh, sw), (ph, pw) = kernel_size, stride, padding",
    "(kh, kw), (sw, sh), (ph, pw) = kernel_size, stride, padding",
    lesson="Vertical and horizontal stride are exchanged: a pair is (vertical, horizontal).",
)

padding_ignored = mistake(
    "padded = F.pad(image, (pw, pw, ph, ph))",
    "padded = image",
    lesson="The padding has no effect. It adds windows that reach over the image's border.",
)

padding_swapped = mistake(
    "(pw, pw, ph, ph)",
    "(ph, ph, pw, pw)",
    lesson="Vertical and horizontal padding are exchanged. F.pad takes the last axis first: (left, right, top, bottom).",
)

padding_replicates = mistake(
    "F.pad(image, (pw, pw, ph, ph))",
    'F.pad(image, (pw, pw, ph, ph), mode="replicate")',
    lesson="The border repeats the pixels at the edge. It is made of zeros.",
)

square_kernel_only = mistake(
    "kernel = pair(kernel_size)",
    "kernel = (pair(kernel_size)[0],) * 2",
    lesson="You use the kernel's height for both of its sizes. A window need not be square.",
)

divided_by_square = mistake(
    "(kernel[0] * kernel[1])",
    "kernel[0] ** 2",
    lesson="You divide by the square of the kernel's height. A window holds kh*kw elements.",
)

across_channels = mistake(
    "    if count_include_pad:",
    "    sums = sums.mean(dim=1, keepdim=True).expand_as(sums)\n    if count_include_pad:",
    lesson="The channels are averaged too. Each channel is pooled by itself.",
)

rounds_up = mistake(
    "    return padded.unfold",
    "    padded = F.pad(padded, (0, (kw - padded.shape[3]) % sw, 0, (kh - padded.shape[2]) % sh))\n"
    "    return padded.unfold",
    lesson="The output size is rounded up: windows that do not fit any more are counted. The formula rounds down.",
)

detached = mistake(
    "    if count_include_pad:",
    "    sums = sums.detach().requires_grad_()\n    if count_include_pad:",
    lesson="The values are right, but no gradient flows back: detach(), .data, .item() or NumPy cut the graph.",
)

gradient_to_the_maximum = mistake(
    "return padded.unfold(2, kh, sh).unfold(3, kw, sw).sum(dim=(-2, -1))",
    "windows = padded.unfold(2, kh, sh).unfold(3, kw, sw)\n"
    "    sums, best = windows.sum(dim=(-2, -1)), windows.amax(dim=(-2, -1))\n"
    "    return sums.detach() + (best - best.detach()) * (kh * kw)",
    lesson="The values are right, but the gradient goes to the largest element of each window, as in max pooling. "
    "All elements share it equally.",
)

gradient_not_divided = mistake(
    "return sums / (kernel[0] * kernel[1])",
    "return sums - (sums - sums / (kernel[0] * kernel[1])).detach()",
    lesson="The values are right, but every element gets the whole gradient of its window. It gets 1/count of it.",
)

forced_float32 = mistake(
    "    if count_include_pad:",
    "    sums = sums.float()\n    if count_include_pad:",
    lesson="The result is always float32. It has the input's dtype, whatever that is.",
)

input_changed = mistake(
    "    if count_include_pad:",
    "    input.data.clamp_(min=0)\n    if count_include_pad:",
    lesson="The caller's input is changed. An argument belongs to the caller: write to a new tensor.",
)


@chaff(
    "You divide by what the windows hold over all images together. Every image has the same windows; the batch does not enter."
)
def counted_over_the_batch(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    return avg_pool2d(input, kernel_size, stride, padding, count_include_pad) / input.shape[0]


# Written after the cases were fixed.

count_of_rows_only = mistake(
    "ones = input.new_ones(1, 1, *input.shape[2:])",
    "ones = input.new_ones(1, 1, input.shape[2], input.shape[3] + 2 * pair(padding)[1])",
    "window_sums(ones, kernel, step, pair(padding))",
    "window_sums(ones, kernel, step, (pair(padding)[0], 0))",
    lesson="Only rows outside the image are left out of the count. Columns outside do not count either.",
)

full_windows_only = mistake(
    "return sums / window_sums(ones, kernel, step, pair(padding))",
    "count = window_sums(ones, kernel, step, pair(padding))\n"
    "    return torch.where(count == kernel[0] * kernel[1], sums / count, torch.zeros_like(sums))",
    lesson="Windows that reach over the border give zero. They give the mean of the pixels they hold.",
)

epsilon_in_the_count = mistake(
    "window_sums(ones, kernel, step, pair(padding))",
    "(window_sums(ones, kernel, step, pair(padding)) + 1e-3)",
    lesson="A small number is added to the count, so every mean is a little too small. No window is empty here.",
)

squares = mistake(
    "padded = F.pad(image, (pw, pw, ph, ph))",
    "padded = F.pad(image, (pw, pw, ph, ph)).abs()",
    lesson="The magnitudes are averaged. Positive and negative values may cancel each other.",
)

first_image_only = mistake(
    "    if count_include_pad:",
    "    sums = sums[:1].expand_as(sums)\n    if count_include_pad:",
    lesson="Every image of the batch gets the first image's result. The batch axis runs along untouched.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"forward": 2, "stride": 1, "padding": 1, "padding_not_counted": 2, "gradients": 2}


def cases(draw):
    yield Case("forward", dict(input=draw.integers(1, 1, 2, 4, low=-4, high=8), kernel_size=2))
    yield Case("forward", dict(input=draw.integers(1, 2, 5, 5, low=-4, high=8), kernel_size=2))
    yield Case("forward", dict(input=draw.normal(2, 3, 6, 7), kernel_size=(3, 2)))
    yield Case("forward", dict(input=draw.normal(3, 2, 4, 5), kernel_size=(1, 4)))

    yield Case("stride", dict(input=draw.integers(1, 1, 4, 4, low=-4, high=8), kernel_size=2, stride=1))
    yield Case("stride", dict(input=draw.normal(2, 3, 7, 8), kernel_size=3, stride=(2, 1)))
    yield Case("stride", dict(input=draw.normal(2, 2, 9, 8), kernel_size=(2, 3), stride=(4, 2)))

    yield Case("padding", dict(input=draw.integers(1, 1, 2, 2, low=1, high=8), kernel_size=2, padding=1))
    yield Case("padding", dict(input=draw.normal(2, 2, 5, 4), kernel_size=3, stride=2, padding=1))
    yield Case(
        "padding", dict(input=draw.normal(2, 3, 6, 5), kernel_size=(4, 3), stride=(1, 2), padding=(2, 1))
    )

    off = dict(count_include_pad=False)
    yield Case(
        "padding_not_counted",
        dict(input=draw.integers(1, 1, 2, 3, low=0, high=2), kernel_size=2, padding=1) | off,
    )
    yield Case(
        "padding_not_counted", dict(input=draw.normal(2, 2, 5, 4), kernel_size=3, stride=2, padding=1) | off
    )
    yield Case(
        "padding_not_counted",
        dict(input=draw.integers(2, 2, 5, 6, low=0, high=1), kernel_size=(2, 3), stride=2, padding=(1, 0))
        | off,
    )
    yield Case(
        "padding_not_counted",
        dict(input=draw.normal(2, 3, 6, 7), kernel_size=(4, 3), stride=(2, 1), padding=(2, 1)) | off,
    )
