"""conv_transpose2d: scatter, offset by offset; checked against spread zeros, fold, selection matrices and loops."""

import torch
import torch.nn.functional as F

from grader.author import Case, chaff, mistake, wheat


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0):
    (sh, sw), (ph, pw), (eh, ew) = pair(stride), pair(padding), pair(output_padding)
    batch, _, height, width = input.shape
    _, out_channels, kh, kw = weight.shape
    # Everything the windows reach, and the extra rows and columns at the end.
    full = input.new_zeros(batch, out_channels, (height - 1) * sh + kh + eh, (width - 1) * sw + kw + ew)
    # Element (i, j) of all windows: pixels at distance (sh, sw) from each other. += because windows overlap.
    for i in range(kh):
        for j in range(kw):
            rows = slice(i, i + sh * (height - 1) + 1, sh)
            columns = slice(j, j + sw * (width - 1) + 1, sw)
            full[:, :, rows, columns] += torch.einsum("nchw,co->nohw", input, weight[:, :, i, j])
    output = full[:, :, ph : full.shape[2] - ph, pw : full.shape[3] - pw]
    return output if bias is None else output + bias.reshape(1, -1, 1, 1)


@wheat("zeros between the pixels, a wide border, then an ordinary correlation with the flipped kernel")
def conv_transpose2d_spread(input, weight, bias=None, stride=1, padding=0, output_padding=0):
    (sh, sw), (ph, pw), (eh, ew) = pair(stride), pair(padding), pair(output_padding)
    batch, channels, height, width = input.shape
    kh, kw = weight.shape[2:]
    spread = input.new_zeros(batch, channels, (height - 1) * sh + 1, (width - 1) * sw + 1)
    spread[:, :, ::sh, ::sw] = input
    spread = F.pad(spread, (kw - 1 - pw, kw - 1 - pw + ew, kh - 1 - ph, kh - 1 - ph + eh))
    windows = spread.unfold(2, kh, 1).unfold(3, kw, 1)
    output = torch.einsum("nchwij,coij->nohw", windows, weight.flip(2, 3))
    return output if bias is None else output + bias[:, None, None]


@wheat("col2im: columns by one matrix product, folded back into an image")
def conv_transpose2d_fold(input, weight, bias=None, stride=1, padding=0, output_padding=0):
    (sh, sw), (ph, pw), (eh, ew) = pair(stride), pair(padding), pair(output_padding)
    batch, channels, height, width = input.shape
    _, out_channels, kh, kw = weight.shape
    columns = weight.reshape(channels, -1).T @ input.flatten(2)
    size = ((height - 1) * sh + kh, (width - 1) * sw + kw)
    full = F.pad(F.fold(columns, size, (kh, kw), stride=(sh, sw)), (0, ew, 0, eh))
    output = full[:, :, ph : size[0] + eh - ph, pw : size[1] + ew - pw]
    return output if bias is None else output + bias.view(-1, 1, 1)


@wheat("matrices that say which output row each input row reaches through kernel row i, in float64")
def conv_transpose2d_matrices(input, weight, bias=None, stride=1, padding=0, output_padding=0):
    def reach(size, kernel, stride, padding, extra):
        length = (size - 1) * stride - 2 * padding + kernel + extra
        target = torch.arange(size)[:, None] * stride + torch.arange(kernel) - padding
        return (target[..., None] == torch.arange(length)).to(input.device, torch.float64)

    sizes = zip(input.shape[2:], weight.shape[2:], pair(stride), pair(padding), pair(output_padding))
    down, across = (reach(*axis) for axis in sizes)
    taps = torch.einsum("nchw,coij->nohwij", input.double(), weight.double())
    output = torch.einsum("nohwij,hiy,wjx->noyx", taps, down, across)
    return (output if bias is None else output + bias.double()[:, None, None]).to(input.dtype)


@wheat("the definition: every pixel adds its copy of the kernel")
def conv_transpose2d_loops(input, weight, bias=None, stride=1, padding=0, output_padding=0):
    (sh, sw), (ph, pw), (eh, ew) = pair(stride), pair(padding), pair(output_padding)
    height, width = input.shape[2:]
    kh, kw = weight.shape[2:]
    full = 0
    for y in range(height):
        for x in range(width):
            copy = torch.einsum("nc,coij->noij", input[:, :, y, x], weight)
            below, right = (height - 1 - y) * sh + eh, (width - 1 - x) * sw + ew
            full = full + F.pad(copy, (x * sw, right, y * sh, below))
    output = full[:, :, ph : full.shape[2] - ph, pw : full.shape[3] - pw]
    return output if bias is None else output + bias.reshape(1, -1, 1, 1)


# ------------------------------------------------------------------------------------------------------------ chaffs

flipped_kernel = mistake(
    "input, weight[:, :, i, j])",
    "input, weight[:, :, kh - 1 - i, kw - 1 - j])",
    lesson="The kernel is flipped. Each pixel puts down the kernel as it is: weight[..., 0, 0] lands top left.",
)

overlaps_overwritten = mistake(
    "full[:, :, rows, columns] +=",
    "full[:, :, rows, columns] =",
    lesson="Where windows overlap, a later one overwrites the others. They add up.",
)

stride_ignored = mistake(
    "(sh, sw), (ph, pw), (eh, ew) = pair(stride), pair(padding)",
    "(sh, sw), (ph, pw), (eh, ew) = (1, 1), pair(padding)",
    lesson="The stride has no effect. It is the distance between the windows of neighbouring pixels, and makes the output larger.",
)

stride_swapped = mistake(
    "(sh, sw), (ph, pw), (eh, ew) = pair(stride)",
    "(sw, sh), (ph, pw), (eh, ew) = pair(stride)",
    lesson="Vertical and horizontal stride are exchanged: a pair is (vertical, horizontal).",
)

padding_ignored = mistake(
    "ph : full.shape[2] - ph, pw : full.shape[3] - pw",
    ":, :",
    lesson="The padding has no effect. It is what the convolution would have added; here that much is cut off on every side.",
)

padding_added = mistake(
    "output = full[:, :, ph : full.shape[2] - ph, pw : full.shape[3] - pw]",
    "output = F.pad(full, (pw, pw, ph, ph))",
    lesson="The padding makes the output larger. It is the padding of the convolution that is transposed: here it is cut off.",
)

padding_cut_at_the_end = mistake(
    "ph : full.shape[2] - ph, pw : full.shape[3] - pw",
    ": full.shape[2] - 2 * ph, : full.shape[3] - 2 * pw",
    lesson="All of the padding is cut off at the bottom and right. Half of it belongs to the top and left.",
)

padding_swapped = mistake(
    "(ph, pw), (eh, ew) = pair(stride), pair(padding)",
    "(pw, ph), (eh, ew) = pair(stride), pair(padding)",
    lesson="Vertical and horizontal padding are exchanged: a pair is (vertical, horizontal).",
)

output_padding_ignored = mistake(
    "pair(padding), pair(output_padding)",
    "pair(padding), (0, 0)",
    lesson="output_padding has no effect. It makes the output larger at the bottom and right.",
)

output_padding_in_front = mistake(
    "output = full[:, :, ph : full.shape[2] - ph, pw : full.shape[3] - pw]",
    "full = full.roll((eh, ew), (2, 3))\n    output = full[:, :, ph : full.shape[2] - ph, pw : full.shape[3] - pw]",
    lesson="The extra rows and columns are put at the top and left. They belong at the bottom and right.",
)

zeros_appended = mistake(
    "output = full[:, :, ph : full.shape[2] - ph, pw : full.shape[3] - pw]",
    "output = full[:, :, ph : full.shape[2] - eh - ph, pw : full.shape[3] - ew - pw]\n"
    "    output = F.pad(output, (0, ew, 0, eh))",
    lesson="output_padding appends zeros. With padding, the rows it keeps are rows that would have been cut off, and they have values.",
)

output_padding_swapped = mistake(
    "(ph, pw), (eh, ew) =",
    "(ph, pw), (ew, eh) =",
    lesson="Vertical and horizontal output_padding are exchanged: a pair is (vertical, horizontal).",
)

bias_left_out = mistake(
    "return output if bias is None else output + bias.reshape(1, -1, 1, 1)",
    "return output",
    lesson="The bias never reaches the output. Each output channel has one number that is added at every position.",
)

bias_per_pixel = mistake(
    'torch.einsum("nchw,co->nohw", input, weight[:, :, i, j])',
    'torch.einsum("nchw,co->nohw", input, weight[:, :, i, j]) + (\n'
    "                0 if bias is None else bias.reshape(1, -1, 1, 1) / (kh * kw))",
    "return output if bias is None else output + bias.reshape(1, -1, 1, 1)",
    "return output",
    lesson="The bias is spread with the windows, so pixels that several windows reach get more of it. Each output gets it once.",
)

bias_detached = mistake(
    "output + bias.reshape(1, -1, 1, 1)",
    "output + bias.detach().reshape(1, -1, 1, 1)",
    lesson="The output is right, but the bias can never learn: detach() (like .data or .item()) cuts it off from the graph.",
)

input_detached = mistake(
    '"nchw,co->nohw", input, weight',
    '"nchw,co->nohw", input.detach(), weight',
    lesson="The output is right, but no gradient reaches the input, so no layer before this one can learn.",
)

gradient_halved = mistake(
    "return output if bias is None else output + bias.reshape(1, -1, 1, 1)",
    "output = output if bias is None else output + bias.reshape(1, -1, 1, 1)\n"
    "    return output * 0.5 + output.detach() * 0.5",
    lesson="The values are right and every gradient is half of what it should be: half of the result is detached.",
)

square_kernel_only = mistake(
    "for j in range(kw):",
    "for j in range(min(kh, kw)):",
    lesson="You use the kernel's height for both of its sizes. Kernels need not be square.",
)

forced_float32 = mistake(
    "    return output if bias is None",
    "    output = output.float()\n    return output if bias is None",
    lesson="The result is always float32. It has the input's dtype, whatever that is.",
)

input_changed = mistake(
    "    return output if bias is None",
    "    input.data *= 0.5\n    return output if bias is None",
    lesson="The caller's input is changed. An argument belongs to the caller: write to a new tensor.",
)


@chaff(
    "This is an ordinary convolution. A transposed one makes the image larger: every pixel puts down a whole kernel."
)
def ordinary_convolution(input, weight, bias=None, stride=1, padding=0, output_padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    kh, kw = weight.shape[2:]
    padded = F.pad(input, (pw + kw, pw + kw, ph + kh, ph + kh))
    windows = padded.unfold(2, kh, sh).unfold(3, kw, sw)
    output = torch.einsum("nchwij,coij->nohw", windows, weight)
    return output if bias is None else output + bias[:, None, None]


@chaff(
    "The weight's axes are taken for (O, C, kh, kw), as in a convolution. Here the input's channels come first."
)
def channels_as_in_conv(input, weight, bias=None, stride=1, padding=0, output_padding=0):
    swapped = weight.reshape(weight.shape[1], weight.shape[0], *weight.shape[2:]).transpose(0, 1)
    return conv_transpose2d(input, swapped, bias, stride, padding, output_padding)


@chaff(
    "The image is enlarged by repeating pixels. Transposed convolution leaves zeros between them, which the kernel fills."
)
def nearest_neighbour(input, weight, bias=None, stride=1, padding=0, output_padding=0):
    (sh, sw), (kh, kw) = pair(stride), weight.shape[2:]
    large = input.repeat_interleave(sh, 2).repeat_interleave(sw, 3)
    large = large[:, :, : (input.shape[2] - 1) * sh + 1, : (input.shape[3] - 1) * sw + 1]
    return conv_transpose2d(large, weight, bias, 1, padding, output_padding)


# Written after the cases were fixed.

averaged_overlaps = mistake(
    "    output = full[",
    "    count = F.fold(\n"
    "        input.new_ones(1, kh * kw, height * width),\n"
    "        ((height - 1) * sh + kh, (width - 1) * sw + kw),\n"
    "        (kh, kw),\n"
    "        stride=(sh, sw),\n"
    "    )\n"
    "    full = full / F.pad(count, (0, ew, 0, eh)).clamp(min=1)\n"
    "    output = full[",
    lesson="Where windows overlap you average. They add up: that is the transpose of a sum.",
)

channels_averaged = mistake(
    '"nchw,co->nohw", input, weight[:, :, i, j])',
    '"nchw,co->nohw", input, weight[:, :, i, j]) / input.shape[1]',
    lesson="You average over the input channels. Their contributions add up.",
)

bias_in_the_image_only = mistake(
    "output + bias.reshape(1, -1, 1, 1)",
    "output + bias.reshape(1, -1, 1, 1) * (output != 0)",
    lesson="Pixels that no window reaches get no bias. It is added at every position of the output.",
)

weight_detached = mistake(
    "input, weight[:, :, i, j])",
    "input, weight.detach()[:, :, i, j])",
    lesson="The output is right, but the kernel can never learn: detach() (like .data) cuts it off from the graph.",
)

transposed_kernel = mistake(
    "    _, out_channels, kh, kw = weight.shape",
    "    weight = weight.transpose(2, 3)\n    _, out_channels, kh, kw = weight.shape",
    lesson="Rows and columns of the kernel are exchanged. Transposed means the linear map, not the kernel.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"forward": 2, "stride": 1, "padding": 1, "output_padding": 1, "gradients": 2}


def cases(draw):
    def case(check, batch, channels, outputs, size, kernel, bias=False, whole=False, **options):
        make = draw.integers if whole else draw.normal
        arguments = dict(input=make(batch, channels, *size), weight=make(channels, outputs, *kernel))
        if bias:
            arguments["bias"] = make(outputs)
        return Case(check, arguments | options)

    yield case("forward", 1, 1, 1, (1, 2), (1, 3), whole=True)
    yield case("forward", 1, 1, 1, (2, 2), (2, 2), whole=True)
    yield case("forward", 1, 1, 2, (2, 3), (3, 2), bias=True, whole=True)
    yield case("forward", 2, 3, 2, (3, 4), (2, 3), bias=True)
    yield case("forward", 2, 2, 4, (4, 2), (3, 1))

    yield case("stride", 1, 1, 1, (2, 2), (2, 2), stride=2, whole=True)
    yield case("stride", 2, 2, 3, (3, 2), (3, 2), stride=(2, 1))
    yield case("stride", 2, 3, 2, (2, 3), (2, 3), bias=True, stride=(3, 2))

    yield case("padding", 1, 1, 1, (3, 3), (3, 3), padding=1, whole=True)
    yield case("padding", 2, 2, 3, (4, 3), (3, 4), padding=(1, 2))
    yield case("padding", 2, 3, 2, (3, 4), (4, 3), bias=True, stride=(2, 3), padding=(2, 1))

    yield case("output_padding", 1, 1, 1, (2, 2), (2, 2), stride=2, output_padding=1, whole=True)
    yield case("output_padding", 2, 2, 3, (2, 3), (3, 3), stride=(2, 3), padding=1, output_padding=(1, 2))
    yield case(
        "output_padding",
        2,
        3,
        2,
        (3, 2),
        (2, 3),
        bias=True,
        stride=(3, 2),
        padding=(1, 0),
        output_padding=(2, 0),
    )
    yield case(
        "output_padding",
        2,
        2,
        3,
        (3, 4),
        (4, 3),
        stride=(3, 2),
        padding=(2, 1),
        output_padding=(1, 1),
        bias=True,
    )


def bench(draw):
    return Case(
        "forward",
        dict(input=draw.normal(4, 32, 14, 12), weight=draw.normal(32, 16, 4, 4), stride=2, padding=1),
    )


def cost(input, weight, stride, padding):
    """A product and a sum for every weight at every pixel; all but what the padding cuts off is kept."""
    batch, _, height, width = input.shape
    outputs = batch * weight.shape[1] * (height * stride) * (width * stride)
    return 2 * batch * height * width * weight.size, input.size + weight.size + outputs
