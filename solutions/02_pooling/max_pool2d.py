"""max_pool2d: windows as views, then a maximum over them whose first winner gets the gradient."""

import torch
import torch.nn.functional as F

from grader.author import Case, chaff, mistake, wheat


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def max_pool2d(input, kernel_size, stride=None, padding=0):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size if stride is None else stride)
    ph, pw = pair(padding)
    # Minus infinity loses against every number, so the border can never be a window's maximum.
    padded = F.pad(input, (pw, pw, ph, ph), value=float("-inf"))
    windows = padded.unfold(2, kh, sh).unfold(3, kw, sw)  # (N, C, OH, OW, kh, kw), a view: nothing is copied
    # max() names one winner, the first of equal values, and the gradient goes to it; amax() would share it among them.
    return windows.flatten(-2).max(dim=-1).values


@wheat("a running maximum over the kernel's offsets")
def max_pool2d_offsets(input, kernel_size, stride=None, padding=0):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size if stride is None else stride)
    ph, pw = pair(padding)
    padded = F.pad(input, (pw, pw, ph, ph), value=float("-inf"))
    out_height = (padded.shape[2] - kh) // sh + 1
    out_width = (padded.shape[3] - kw) // sw + 1
    best = None
    for i in range(kh):
        for j in range(kw):
            part = padded[:, :, i : i + sh * (out_height - 1) + 1 : sh, j : j + sw * (out_width - 1) + 1 : sw]
            best = part if best is None else torch.where(part > best, part, best)  # a tie goes to the first
    return best


@wheat("the definition: a loop over windows, cut off at the image's border")
def max_pool2d_loops(input, kernel_size, stride=None, padding=0):
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    height, width = input.shape[2:]
    rows = []
    for y in range((height + 2 * ph - kh) // sh + 1):
        row = []
        for x in range((width + 2 * pw - kw) // sw + 1):
            top, left = y * sh - ph, x * sw - pw
            window = input[:, :, max(top, 0) : top + kh, max(left, 0) : left + kw]
            row.append(window.flatten(2).max(dim=2).values)
        rows.append(torch.stack(row, dim=-1))
    return torch.stack(rows, dim=-2)


@wheat("separable: the maximum of each row's window, then over columns; winners by index")
def max_pool2d_separable(input, kernel_size, stride=None, padding=0):
    def along(values, dim, size, step, pad):
        border = list(values.shape)
        border[dim] = pad
        edge = values.new_full(border, -torch.inf)
        windows = torch.cat([edge, values, edge], dim).unfold(dim, size, step)
        winner = windows.argmax(-1, keepdim=True)
        return windows.gather(-1, winner).squeeze(-1)

    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    return along(along(input, 3, kw, sw, pw), 2, kh, sh, ph)


# ------------------------------------------------------------------------------------------------------------ chaffs

zero_padding = mistake(
    'value=float("-inf")',
    "value=0.0",
    lesson="The border is padded with zeros. Where all values are negative the padding wins; it must lose against every number.",
)

padding_ignored = mistake(
    'padded = F.pad(input, (pw, pw, ph, ph), value=float("-inf"))',
    "padded = input",
    lesson="The padding has no effect on the output. It adds windows that reach over the image's border.",
)

padding_swapped = mistake(
    "(pw, pw, ph, ph)",
    "(ph, ph, pw, pw)",
    lesson="Vertical and horizontal padding are exchanged. F.pad takes the last axis first: (left, right, top, bottom).",
)

padding_one_side = mistake(
    "(pw, pw, ph, ph)",
    "(pw, 0, ph, 0)",
    lesson="Only the top and left get padding. It belongs on all four sides.",
)

stride_defaults_to_one = mistake(
    "pair(kernel_size if stride is None else stride)",
    "pair(1 if stride is None else stride)",
    lesson="Without a stride you move one pixel at a time, as convolution does. Pooling's default stride is the kernel size.",
)

stride_ignored = mistake(
    "pair(kernel_size if stride is None else stride)",
    "pair(kernel_size)",
    lesson="A given stride has no effect. Windows may overlap (stride < kernel) or leave gaps (stride > kernel).",
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

average = mistake(
    "windows.flatten(-2).max(dim=-1).values",
    "windows.mean(dim=(-2, -1))",
    lesson="This is average pooling. Max pooling keeps the strongest response and forgets the others.",
)

minimum = mistake(
    "windows.flatten(-2).max(dim=-1).values",
    "windows.amin(dim=(-2, -1))",
    lesson="You keep the smallest value of each window.",
)

largest_magnitude = mistake(
    "return windows.flatten(-2).max(dim=-1).values",
    "flat = windows.flatten(-2)\n    return flat.gather(-1, flat.abs().argmax(-1, keepdim=True)).squeeze(-1)",
    lesson="You keep the value of largest magnitude. A strong negative response is not a maximum.",
)

across_channels = mistake(
    "return windows.flatten(-2).max(dim=-1).values",
    "return windows.amax(dim=(1, -2, -1), keepdim=True).flatten(-3).expand(-1, input.shape[1], -1, -1)",
    lesson="The maximum is taken over the channels too. Each channel is pooled by itself.",
)

rounds_up = mistake(
    "windows = padded.unfold",
    "padded = F.pad(padded, (0, (kw - padded.shape[3]) % sw, 0, (kh - padded.shape[2]) % sh), value=float('-inf'))\n"
    "    windows = padded.unfold",
    lesson="The output size is rounded up: windows that do not fit any more are counted. The formula rounds down.",
)

detached = mistake(
    "windows.flatten(-2).max(dim=-1).values",
    "windows.detach().amax(dim=(-2, -1)).requires_grad_()",
    lesson="The values are right, but no gradient flows back: detach(), .data, .item() or NumPy cut the graph.",
)

forced_float32 = mistake(
    "return windows.flatten(-2).max(dim=-1).values",
    "return windows.flatten(-2).max(dim=-1).values.float()",
    lesson="The result is always float32. It has the input's dtype, whatever that is.",
)

mean_gradient = mistake(
    "return windows.flatten(-2).max(dim=-1).values",
    "best, spread = windows.amax(dim=(-2, -1)), windows.where(windows.isfinite(), 0).mean(dim=(-2, -1))\n"
    "    return best.detach() + spread - spread.detach()",
    lesson="The values are right, but the gradient is spread over the whole window, as in average pooling. "
    "Only the element that won gets it.",
)

input_overwritten = mistake(
    "return windows.flatten(-2).max(dim=-1).values",
    "best = windows.amax(dim=(-2, -1))\n    input.data.clamp_(min=0)\n    return best",
    lesson="The caller's input is changed. An argument belongs to the caller: write to a new tensor.",
)


@chaff("You return the positions of the maxima beside the values. Only the pooled map was asked for.")
def with_indices(input, kernel_size, stride=None, padding=0):
    pooled = max_pool2d(input, kernel_size, stride, padding)
    return pooled, pooled.detach().flatten(2).argmax(-1)


far_below = mistake(
    'value=float("-inf")',
    "value=-1000.0",
    lesson="The border holds a number that is thought to be small enough. The input may lie below any number: only minus infinity "
    "loses to all.",
)

further_below = mistake(
    'value=float("-inf")',
    "value=-1e9",
    lesson="The border holds a number that is thought to be small enough. The input may lie below any number: only minus infinity "
    "loses to all.",
)

below_the_smallest = mistake(
    'value=float("-inf")',
    "value=float(input.detach().min())",
    lesson="The border holds the smallest value of the input. Where the image ties with it, the border wins and takes the gradient: "
    "it must lose against every number.",
)

tie_shared = mistake(
    "windows.flatten(-2).max(dim=-1).values",
    "windows.amax(dim=(-2, -1))",
    lesson="Equal values share the gradient of their window. One of them wins, the first, and gets all of it.",
)

last_of_a_tie = mistake(
    "windows.flatten(-2).max(dim=-1).values",
    "windows.flatten(-2).flip(-1).max(dim=-1).values",
    lesson="Of equal values the last one gets the gradient. It goes to the first.",
)

every_tie = mistake(
    "return windows.flatten(-2).max(dim=-1).values",
    "best = windows.amax(dim=(-2, -1)).detach()\n"
    "    won = windows == best[..., None, None]\n"
    "    learns = torch.where(won, windows, 0).sum(dim=(-2, -1))\n"
    "    return best + learns - learns.detach()",
    lesson="Every value that equals the maximum gets the whole gradient, so a tie counts it more than once. One of them wins.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"forward": 2, "stride": 1, "padding": 2, "ties": 1, "gradients": 2}


def cases(draw):
    yield Case("forward", dict(input=draw.distinct(1, 1, 2, 4, spacing=1.0), kernel_size=2))
    yield Case("forward", dict(input=draw.distinct(1, 1, 5, 5, spacing=1.0), kernel_size=2))
    yield Case("forward", dict(input=draw.distinct(2, 3, 6, 7), kernel_size=(3, 2)))

    yield Case("stride", dict(input=draw.distinct(1, 1, 4, 4, spacing=1.0), kernel_size=2, stride=1))
    yield Case("stride", dict(input=draw.distinct(2, 3, 7, 8), kernel_size=3, stride=(2, 1)))
    yield Case("stride", dict(input=draw.distinct(2, 2, 9, 7), kernel_size=(2, 3), stride=(4, 3)))

    yield Case("padding", dict(input=draw.distinct(1, 1, 2, 2, spacing=1.0), kernel_size=2, padding=1))
    yield Case("padding", dict(input=draw.distinct(2, 2, 5, 4) - 20.0, kernel_size=3, stride=2, padding=1))
    # Next to the least number that float32 holds.
    lowest = draw.distinct(2, 2, 4, 5, spacing=1e35) - 3e38
    yield Case("padding", dict(input=lowest, kernel_size=(3, 2), stride=(2, 1), padding=1))
    yield Case(
        "padding", dict(input=draw.distinct(2, 3, 6, 5), kernel_size=(4, 3), stride=(1, 2), padding=(2, 1))
    )

    def tied(input, kernel_size, **options):
        return Case("ties", dict(input=input, kernel_size=kernel_size, **options), smooth=False)

    yield tied(draw.integers(1, 1, 2, 4, low=1, high=1), 2)
    yield tied(draw.integers(1, 1, 3, 3, low=0, high=0), 2, stride=1)
    yield tied(draw.integers(2, 2, 5, 6, low=-2, high=-1), (2, 3), stride=(1, 2), padding=1)
    yield tied(draw.integers(2, 2, 6, 5, low=0, high=1), 3, stride=2, padding=(0, 1))


def bench(draw):
    return Case("forward", dict(input=draw.normal(4, 32, 56, 48), kernel_size=2))


def cost(input, kernel_size):
    """A comparison for every value but the first of a window."""
    outputs = input.size // kernel_size**2
    return input.size - outputs, input.size + outputs
