"""unfold2d: one strided slice of the image per kernel offset, stacked; checked against views, indices and convolution."""

import torch
import torch.nn.functional as F

from grader.author import Case, chaff, mistake, wheat


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def unfold2d(input, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw) = pair(kernel_size), pair(stride)
    (ph, pw), (dh, dw) = pair(padding), pair(dilation)
    padded = F.pad(input, (pw, pw, ph, ph))
    batch, channels, height, width = padded.shape
    out_height = (height - dh * (kh - 1) - 1) // sh + 1
    out_width = (width - dw * (kw - 1) - 1) // sw + 1
    # Element (i, j) of all windows at once: the pixels at distance (sh, sw) from each other, from (i*dh, j*dw) on.
    parts = []
    for i in range(kh):
        for j in range(kw):
            rows = slice(i * dh, i * dh + sh * (out_height - 1) + 1, sh)
            columns = slice(j * dw, j * dw + sw * (out_width - 1) + 1, sw)
            parts.append(padded[:, :, rows, columns])
    # Stacked behind the channels they give (N, C, kh*kw, OH, OW): exactly the order of the columns.
    return torch.stack(parts, dim=2).reshape(batch, channels * kh * kw, out_height * out_width)


@wheat("strided views of all windows, their axes put in order")
def unfold2d_views(input, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw) = pair(kernel_size), pair(stride)
    (ph, pw), (dh, dw) = pair(padding), pair(dilation)
    padded = F.pad(input, (pw, pw, ph, ph))
    windows = padded.unfold(2, dh * (kh - 1) + 1, sh).unfold(3, dw * (kw - 1) + 1, sw)[..., ::dh, ::dw]
    return windows.permute(0, 1, 4, 5, 2, 3).flatten(1, 3).flatten(2)


@wheat("index arithmetic: which pixel of the flattened image stands where")
def unfold2d_indices(input, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw) = pair(kernel_size), pair(stride)
    (ph, pw), (dh, dw) = pair(padding), pair(dilation)
    batch, channels, height, width = input.shape
    padded = input.new_zeros(batch, channels, height + 2 * ph, width + 2 * pw)
    padded[:, :, ph : ph + height, pw : pw + width] = input
    tops = torch.arange(0, padded.shape[2] - dh * (kh - 1), sh, device=input.device)
    lefts = torch.arange(0, padded.shape[3] - dw * (kw - 1), sw, device=input.device)
    down, right = (torch.arange(k, device=input.device) * d for k, d in ((kh, dh), (kw, dw)))
    rows = (down[:, None, None, None] + tops[:, None]).expand(kh, kw, len(tops), len(lefts))
    columns = (right[:, None, None] + lefts).expand(kh, kw, len(tops), len(lefts))
    index = (rows * padded.shape[3] + columns).reshape(kh * kw, -1)
    return padded.flatten(2)[:, :, index].reshape(batch, channels * kh * kw, -1)


@wheat("convolution with kernels that pick a single pixel")
def unfold2d_convolution(input, kernel_size, stride=1, padding=0, dilation=1):
    kh, kw = pair(kernel_size)
    channels = input.shape[1]
    pick = torch.eye(kh * kw, dtype=input.dtype, device=input.device).reshape(kh * kw, 1, kh, kw)
    pick = pick.repeat(channels, 1, 1, 1)
    return F.conv2d(
        input, pick, stride=pair(stride), padding=pair(padding), dilation=pair(dilation), groups=channels
    ).flatten(2)


@wheat("the definition: window after window, each flattened")
def unfold2d_loops(input, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw) = pair(kernel_size), pair(stride)
    (ph, pw), (dh, dw) = pair(padding), pair(dilation)
    padded = F.pad(input, (pw, pw, ph, ph))
    reach_h, reach_w = dh * (kh - 1), dw * (kw - 1)
    columns = []
    for top in range(0, padded.shape[2] - reach_h, sh):
        for left in range(0, padded.shape[3] - reach_w, sw):
            window = padded[:, :, top : top + reach_h + 1 : dh, left : left + reach_w + 1 : dw]
            columns.append(window.flatten(1))
    return torch.stack(columns, dim=-1)


# ------------------------------------------------------------------------------------------------------------ chaffs

channels_last = mistake(
    "torch.stack(parts, dim=2)",
    "torch.stack(parts, dim=1)",
    lesson="Down a column, all channels of one offset come together. The channel is the slowest index: first all of channel 0's "
    "window, then channel 1's.",
)

windows_as_rows = mistake(
    "channels * kh * kw, out_height * out_width)",
    "channels * kh * kw, out_height * out_width).transpose(1, 2)",
    lesson="The windows are rows. They are the columns here, so that the weights can be multiplied from the left.",
)

reshaped_only = mistake(
    "channels * kh * kw, out_height * out_width)",
    "channels * kh * kw, out_height * out_width).transpose(1, 2).reshape(batch, channels * kh * kw, -1)",
    lesson="The shape is right and the values are shuffled: reshape() does not exchange axes, permute() does.",
)

kernel_by_columns = mistake(
    "    for i in range(kh):\n        for j in range(kw):",
    "    for j in range(kw):\n        for i in range(kh):",
    lesson="Within a window you go column by column. The horizontal index runs fastest.",
)

positions_by_columns = mistake(
    "parts.append(padded[:, :, rows, columns])",
    "parts.append(padded[:, :, rows, columns].transpose(2, 3))",
    lesson="The windows are listed going down the image first. From left to right the positions run row by row.",
)

stride_ignored = mistake(
    "(kh, kw), (sh, sw) = pair(kernel_size), pair(stride)",
    "(kh, kw), (sh, sw) = pair(kernel_size), (1, 1)",
    lesson="The stride has no effect. With stride s the window moves s pixels between neighbouring columns.",
)

stride_of_kernel = mistake(
    "(kh, kw), (sh, sw) = pair(kernel_size), pair(stride)",
    "(kh, kw), (sh, sw) = pair(kernel_size), pair(kernel_size if stride == 1 else stride)",
    lesson="Without a stride you move by the kernel's size, as pooling does. Here the default stride is 1.",
)

stride_swapped = mistake(
    "(kh, kw), (sh, sw) = pair(kernel_size), pair(stride)",
    "(kh, kw), (sw, sh) = pair(kernel_size), pair(stride)",
    lesson="Vertical and horizontal stride are exchanged: a pair is (vertical, horizontal).",
)

padding_ignored = mistake(
    "padded = F.pad(input, (pw, pw, ph, ph))",
    "padded = input",
    lesson="The padding has no effect: `padding` rows and columns of zeros belong on every side first.",
)

padding_swapped = mistake(
    "(pw, pw, ph, ph)",
    "(ph, ph, pw, pw)",
    lesson="The vertical and horizontal padding are exchanged. F.pad takes the last axis first: (left, right, top, bottom).",
)

padding_one_side = mistake(
    "(pw, pw, ph, ph)",
    "(pw, 0, ph, 0)",
    lesson="Only the top and left get padding. It belongs on all four sides.",
)

dilation_ignored = mistake(
    "(ph, pw), (dh, dw) = pair(padding), pair(dilation)",
    "(ph, pw), (dh, dw) = pair(padding), (1, 1)",
    lesson="The dilation has no effect. With dilation d a window's elements lie d pixels apart.",
)

dilation_in_size_only = mistake(
    "rows = slice(i * dh, i * dh + sh * (out_height - 1) + 1, sh)",
    "rows = slice(i, i + sh * (out_height - 1) + 1, sh)",
    "columns = slice(j * dw, j * dw + sw * (out_width - 1) + 1, sw)",
    "columns = slice(j, j + sw * (out_width - 1) + 1, sw)",
    lesson="There are as many windows as dilation leaves, but their elements still lie side by side.",
)

square_kernel_only = mistake(
    "(kh, kw), (sh, sw) = pair(kernel_size), pair(stride)",
    "(kh, kw), (sh, sw) = (pair(kernel_size)[0],) * 2, pair(stride)",
    lesson="You use the kernel's height for both of its sizes. A window need not be square.",
)

square_image_only = mistake(
    "    out_width = (width - dw * (kw - 1) - 1) // sw + 1\n",
    "    out_width = out_height\n",
    lesson="You use the height for both sizes. Images need not be square: the width has its own formula.",
)

flipped_windows = mistake(
    "torch.stack(parts, dim=2)",
    "torch.stack(parts[::-1], dim=2)",
    lesson="Each window is read backwards. Its first element, top left, comes first.",
)

detached = mistake(
    "padded = F.pad(input, (pw, pw, ph, ph))",
    "padded = F.pad(input.detach(), (pw, pw, ph, ph)).requires_grad_()",
    lesson="The values are right, but no gradient flows back: detach(), .data or NumPy cut the graph.",
)

gradient_halved = mistake(
    "padded = F.pad(input, (pw, pw, ph, ph))",
    "padded = F.pad(input, (pw, pw, ph, ph))\n    padded = padded / 2 + padded.detach() / 2",
    lesson="The values are right and every gradient is half of what it should be: half of the result is detached.",
)

forced_float32 = mistake(
    "padded = F.pad(input, (pw, pw, ph, ph))",
    "padded = F.pad(input.float(), (pw, pw, ph, ph))",
    lesson="The result is always float32. It has the input's dtype, whatever that is.",
)

first_image_only = mistake(
    "torch.stack(parts, dim=2)",
    "torch.stack(parts, dim=2)[:1].repeat(batch, 1, 1, 1, 1)",
    lesson="Every image of the batch gets the first image's windows. The batch axis runs along untouched.",
)

input_zeroed = mistake(
    "    parts = []",
    "    input.data.clamp_(min=-1, max=1)\n    parts = []",
    lesson="The caller's input is changed. An argument belongs to the caller: write to a new tensor.",
)


@chaff(
    "The last axis should be one: all positions, row by row. You keep rows and columns of positions apart."
)
def positions_not_flattened(input, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = (pair(v) for v in (kernel_size, stride, padding, dilation))
    flat = unfold2d(input, kernel_size, stride, padding, dilation)
    rows = (input.shape[2] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    return flat.reshape(*flat.shape[:2], rows, -1)


# Written after the cases were fixed.

dilation_swapped = mistake(
    "(ph, pw), (dh, dw) = pair(padding), pair(dilation)",
    "(ph, pw), (dw, dh) = pair(padding), pair(dilation)",
    lesson="Vertical and horizontal dilation are exchanged: a pair is (vertical, horizontal).",
)

edge_padding = mistake(
    "F.pad(input, (pw, pw, ph, ph))",
    'F.pad(input, (pw, pw, ph, ph), mode="replicate")',
    lesson="The border repeats the pixels at the edge. Zeros are asked for.",
)

last_windows_lost = mistake(
    "    out_height = (height - dh * (kh - 1) - 1) // sh + 1",
    "    out_height = (height - dh * (kh - 1) - 1) // sh or 1",
    lesson="The last row of windows is missing. The first position comes before any step is made.",
)

averaged_gradient = mistake(
    "padded = F.pad(input, (pw, pw, ph, ph))",
    "padded = F.pad(input, (pw, pw, ph, ph))\n"
    "    padded = padded / (kh * kw) + (padded - padded / (kh * kw)).detach()",
    lesson="The gradients of the windows that share a pixel are averaged. They add up: each window depends on the pixel in full.",
)

channels_first_half = mistake(
    "torch.stack(parts, dim=2)",
    "torch.stack(parts, dim=2).flip(1)",
    lesson="The channels come in reverse order.",
)


@chaff(
    "The number of windows is right, but the image is padded with vertical and horizontal exchanged. F.pad takes the last axis "
    "first: (left, right, top, bottom)."
)
def padded_the_other_way(input, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw) = pair(kernel_size), pair(stride)
    (ph, pw), (dh, dw) = pair(padding), pair(dilation)
    batch, channels, height, width = input.shape
    padded = F.pad(input, (ph, ph, pw, pw))
    out_height = (height + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    out_width = (width + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    image, plane, row, pixel = padded.stride()
    windows = padded.as_strided(
        (batch, channels, kh, kw, out_height, out_width),
        (image, plane, row * dh, pixel * dw, row * sh, pixel * sw),
    )
    return windows.reshape(batch, channels * kh * kw, -1)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"forward": 2, "stride": 1, "padding": 1, "dilation": 1, "gradients": 2}


def cases(draw):
    yield Case("forward", dict(input=draw.integers(1, 1, 2, 3, low=1, high=9), kernel_size=2))
    yield Case("forward", dict(input=draw.integers(1, 2, 3, 3, low=1, high=9), kernel_size=2))
    yield Case("forward", dict(input=draw.normal(2, 3, 5, 4), kernel_size=(3, 2)))
    yield Case("forward", dict(input=draw.normal(2, 2, 3, 7), kernel_size=(2, 4)))

    yield Case("stride", dict(input=draw.integers(1, 1, 4, 4), kernel_size=2, stride=2))
    yield Case("stride", dict(input=draw.normal(2, 2, 7, 6), kernel_size=3, stride=(2, 1)))
    yield Case("stride", dict(input=draw.normal(2, 3, 6, 9), kernel_size=(2, 3), stride=(3, 2)))

    yield Case("padding", dict(input=draw.integers(1, 1, 2, 2, low=1, high=9), kernel_size=2, padding=1))
    yield Case("padding", dict(input=draw.normal(2, 2, 4, 3), kernel_size=3, padding=(1, 2)))
    yield Case(
        "padding", dict(input=draw.normal(2, 3, 3, 5), kernel_size=(2, 3), stride=(2, 3), padding=(2, 1))
    )

    yield Case("dilation", dict(input=draw.integers(1, 1, 3, 4), kernel_size=2, dilation=2))
    yield Case(
        "dilation",
        dict(
            input=draw.normal(2, 2, 9, 8), kernel_size=(3, 2), stride=(1, 2), padding=(0, 1), dilation=(2, 3)
        ),
    )


def bench(draw):
    return Case("forward", dict(input=draw.normal(4, 16, 56, 48), kernel_size=3, padding=1))


def cost(input, kernel_size, padding):
    """No arithmetic; every value is read once and written once per window it is in."""
    return 0, input.size + input.size * kernel_size**2
