"""conv2d: one matrix product per kernel offset; checked against im2col, loops, FFT and einsum."""

import torch
import torch.nn.functional as F

from grader.author import Case, chaff, mistake, wheat


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    out_channels, _, kh, kw = weight.shape
    padded = F.pad(input, (pw, pw, ph, ph))
    batch, channels, height, width = padded.shape
    out_height = (height - dh * (kh - 1) - 1) // sh + 1
    out_width = (width - dw * (kw - 1) - 1) // sw + 1
    blocks = padded.reshape(batch, groups, channels // groups, height, width)
    kernels = weight.reshape(groups, out_channels // groups, channels // groups, kh, kw)
    # The sum over the kernel's offsets is the outer loop: each offset (i, j) contributes, at every output position at
    # once, a product over the channels of one strided window of the image.
    output = 0
    for i in range(kh):
        for j in range(kw):
            rows = slice(i * dh, i * dh + sh * (out_height - 1) + 1, sh)
            columns = slice(j * dw, j * dw + sw * (out_width - 1) + 1, sw)
            window = blocks[..., rows, columns]
            output = output + torch.einsum("ngchw,goc->ngohw", window, kernels[..., i, j])
    output = output.reshape(batch, out_channels, out_height, out_width)
    return output if bias is None else output + bias.reshape(1, -1, 1, 1)


@wheat("im2col: every window becomes a column, and the layer is one matrix product")
def conv2d_im2col(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    batch, channels, height, width = input.shape
    out_channels, _, kh, kw = weight.shape
    columns = F.unfold(input, (kh, kw), dilation=(dh, dw), padding=(ph, pw), stride=(sh, sw))
    columns = columns.reshape(batch, groups, channels // groups * kh * kw, -1)
    kernels = weight.reshape(1, groups, out_channels // groups, -1)
    output = kernels @ columns
    out_height = (height + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    output = output.reshape(batch, out_channels, out_height, -1)
    return output if bias is None else output + bias[None, :, None, None]


@wheat("the definition: a loop over every output element")
def conv2d_loops(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    batch, channels, height, width = input.shape
    out_channels, per_group, kh, kw = weight.shape
    padded = input.new_zeros(batch, channels, height + 2 * ph, width + 2 * pw)
    padded[:, :, ph : ph + height, pw : pw + width] = input
    out_height = (height + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    out_width = (width + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    planes = []
    for o in range(out_channels):
        first = o // (out_channels // groups) * per_group
        for y in range(out_height):
            for x in range(out_width):
                top, left = y * sh, x * sw
                window = padded[
                    :,
                    first : first + per_group,
                    top : top + dh * (kh - 1) + 1 : dh,
                    left : left + dw * (kw - 1) + 1 : dw,
                ]
                value = (window * weight[o]).sum(dim=(1, 2, 3))
                planes.append(value if bias is None else value + bias[o])
    return torch.stack(planes, dim=1).reshape(batch, out_channels, out_height, out_width)


@wheat("the convolution theorem: a product of Fourier transforms, then every stride-th value")
def conv2d_fft(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    padded = F.pad(input, (pw, pw, ph, ph))
    out_channels, per_group, kh, kw = weight.shape
    spread = weight.new_zeros(out_channels, per_group, dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    spread[:, :, ::dh, ::dw] = weight
    batch, channels, height, width = padded.shape
    image = torch.fft.rfft2(padded).reshape(batch, groups, 1, per_group, height, -1)
    # Correlation, not convolution: the kernel's transform enters conjugated.
    kernel = torch.fft.rfft2(spread, s=(height, width)).conj()
    kernel = kernel.reshape(1, groups, out_channels // groups, per_group, height, -1)
    full = torch.fft.irfft2((image * kernel).sum(dim=3), s=(height, width)).reshape(
        batch, out_channels, height, width
    )
    output = full[:, :, : height - spread.shape[2] + 1 : sh, : width - spread.shape[3] + 1 : sw]
    return output if bias is None else output + bias.reshape(-1, 1, 1)


@wheat("strided views and one einsum, in float64 inside")
def conv2d_windows(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    out_channels, per_group, kh, kw = weight.shape
    padded = F.pad(input.double(), (pw, pw, ph, ph))
    windows = padded.unfold(2, dh * (kh - 1) + 1, sh).unfold(3, dw * (kw - 1) + 1, sw)[..., ::dh, ::dw]
    windows = windows.unflatten(1, (groups, per_group))
    kernels = weight.double().unflatten(0, (groups, out_channels // groups))
    output = torch.einsum("ngchwij,gocij->ngohw", windows, kernels).flatten(1, 2)
    output = output if bias is None else output + bias.double()[:, None, None]
    return output.to(input.dtype)


# ------------------------------------------------------------------------------------------------------------ chaffs

flipped_kernel = mistake(
    "kernels[..., i, j]",
    "kernels[..., kh - 1 - i, kw - 1 - j]",
    lesson="You convolve as mathematicians do, with the kernel flipped. A convolution layer computes cross-correlation: "
    "weight[0, 0] meets the window's top left corner.",
)

transposed_kernel = mistake(
    "out_channels, _, kh, kw = weight.shape",
    "weight = weight.transpose(2, 3)\n    out_channels, _, kh, kw = weight.shape",
    lesson="Rows and columns of the kernel are exchanged. Square kernels of square images hide this; the first kernel index "
    "is the vertical one.",
)

bias_left_out = mistake(
    "return output if bias is None else output + bias.reshape(1, -1, 1, 1)",
    "return output",
    lesson="The bias never reaches the output. Each output channel has one number that is added at every position.",
)

bias_added_per_window = mistake(
    'torch.einsum("ngchw,goc->ngohw", window, kernels[..., i, j])',
    'torch.einsum("ngchw,goc->ngohw", window, kernels[..., i, j])\n'
    "            if bias is not None and (i, j) != (0, 0):\n"
    "                output = output + bias.reshape(1, groups, -1, 1, 1)",
    lesson="The bias is added once for every kernel offset. It belongs outside the sum: once per output value.",
)

bias_detached = mistake(
    "output + bias.reshape(1, -1, 1, 1)",
    "output + bias.detach().reshape(1, -1, 1, 1)",
    lesson="The output is right, but the bias can never learn: detach() (like .data or .item()) cuts it off from the graph.",
)

weight_detached = mistake(
    "kernels = weight.reshape(",
    "kernels = weight.data.reshape(",
    lesson="The output is right, but the kernel can never learn: .data (like detach()) cuts it off from the graph.",
)

stride_ignored = mistake(
    "(sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)",
    "(sh, sw), (ph, pw), (dh, dw) = (1, 1), pair(padding), pair(dilation)",
    lesson="The stride has no effect. With stride s the window moves s pixels between neighbouring outputs.",
)

one_stride_for_both = mistake(
    "pair(stride), pair(padding)",
    "(pair(stride)[0],) * 2, pair(padding)",
    lesson="You use the vertical stride for both axes. stride may be a pair (vertical, horizontal).",
)

padding_ignored = mistake(
    "padded = F.pad(input, (pw, pw, ph, ph))",
    "padded = input",
    lesson="The padding has no effect: `padding` rows and columns of zeros belong on every side before the kernel slides.",
)

padding_swapped = mistake(
    "(pw, pw, ph, ph)",
    "(ph, ph, pw, pw)",
    lesson="The vertical and horizontal padding are exchanged. F.pad takes the last axis first: (left, right, top, bottom).",
)

padding_one_side = mistake(
    "(pw, pw, ph, ph)",
    "(2 * pw, 0, 2 * ph, 0)",
    lesson="All of the padding is put at the top and left. It belongs on both sides, `padding` on each.",
)

padding_replicates = mistake(
    "F.pad(input, (pw, pw, ph, ph))",
    'F.pad(input, (pw, pw, ph, ph), mode="replicate")',
    lesson="The border is padded with copies of its own pixels. Zero padding is what the statement asks for.",
)

dilation_ignored = mistake(
    "(dh, dw) = pair(stride), pair(padding), pair(dilation)",
    "(dh, dw) = pair(stride), pair(padding), (1, 1)",
    lesson="The dilation has no effect. With dilation d the kernel's elements lie d pixels apart, so it covers d*(k-1)+1.",
)

dilation_in_size_only = mistake(
    "rows = slice(i * dh, i * dh + sh * (out_height - 1) + 1, sh)",
    "rows = slice(i, i + sh * (out_height - 1) + 1, sh)",
    "columns = slice(j * dw, j * dw + sw * (out_width - 1) + 1, sw)",
    "columns = slice(j, j + sw * (out_width - 1) + 1, sw)",
    lesson="The output has the size that dilation gives, but the kernel's elements still lie side by side. Offset i reads "
    "row i*dilation of the window.",
)

groups_by_modulo = mistake(
    "blocks = padded.reshape(batch, groups, channels // groups, height, width)",
    "blocks = padded.reshape(batch, channels // groups, groups, height, width).transpose(1, 2)",
    lesson="Channels are dealt out to the groups in turn. A group is a block of neighbouring channels: the first C/groups "
    "belong to the first group.",
)

square_only = mistake(
    "    out_width = (width - dw * (kw - 1) - 1) // sw + 1\n",
    "    out_width = out_height\n",
    lesson="You use the height for both sizes. Images need not be square: the width has its own formula.",
)

square_kernel_only = mistake(
    "for j in range(kw):",
    "for j in range(min(kh, kw)):",
    lesson="You use the kernel's height for both of its sizes. Kernels need not be square.",
)

first_image_only = mistake(
    "    output = output.reshape(batch, out_channels, out_height, out_width)\n",
    "    output = output[:1].expand_as(output).reshape(batch, out_channels, out_height, out_width)\n",
    lesson="Every image of the batch gets the first image's result. The batch axis runs along untouched.",
)

channels_averaged = mistake(
    "    output = output.reshape(batch, out_channels, out_height, out_width)\n",
    "    output = output.reshape(batch, out_channels, out_height, out_width) / (channels // groups)\n",
    lesson="You average over the input channels. A convolution sums over them; the weights decide how much each counts.",
)

forced_float32 = mistake(
    "padded = F.pad(input, (pw, pw, ph, ph))",
    "input, weight = input.float(), weight.float()\n    padded = F.pad(input, (pw, pw, ph, ph))",
    lesson="Everything is turned into float32. The result has the input's dtype, whatever that is.",
)

half_inside = mistake(
    "padded = F.pad(input, (pw, pw, ph, ph))",
    "dtype, input, weight = input.dtype, input.bfloat16(), weight.bfloat16()\n"
    "    padded = F.pad(input, (pw, pw, ph, ph))",
    "return output if bias is None else output + bias.reshape(1, -1, 1, 1)",
    "return output.to(dtype) if bias is None else output.to(dtype) + bias.reshape(1, -1, 1, 1)",
    lesson="The sums are formed in half precision. Three digits are not enough for a float32 result.",
)

input_padded_in_place = mistake(
    "padded = F.pad(input, (pw, pw, ph, ph))",
    "padded = F.pad(input, (pw, pw, ph, ph))\n    input.data *= 0.5",
    lesson="The caller's input is changed. Work on a copy: the input may be needed again, by a shortcut for instance.",
)

gradient_halved = mistake(
    "return output if bias is None else output + bias.reshape(1, -1, 1, 1)",
    "output = output if bias is None else output + bias.reshape(1, -1, 1, 1)\n"
    "    return output * 0.5 + output.detach() * 0.5",
    lesson="The values are right and every gradient is half of what it should be: half of the result is detached.",
)


@chaff(
    "One kernel is shared by all images of the batch, but you let each output channel see a single input channel."
)
def depthwise_always(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    kernels = weight[:, :1] if weight.shape[1] > 1 else weight
    return conv2d(
        input[:, ::1].mean(1, keepdim=True) if groups == 1 else input,
        kernels,
        bias,
        stride,
        padding,
        dilation,
        groups,
    )


# Written after the cases were fixed.

width_by_vertical_stride = mistake(
    "out_width = (width - dw * (kw - 1) - 1) // sw + 1",
    "out_width = (width - dw * (kw - 1) - 1) // sh + 1",
    lesson="The output's width is computed with the vertical stride. Each axis has a stride of its own.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"forward": 2, "stride": 1, "padding": 1, "dilation": 1, "groups": 1, "gradients": 2}


def cases(draw):
    yield Case("forward", dict(input=draw.integers(1, 1, 3, 3), weight=draw.integers(1, 1, 2, 2)))
    yield Case(
        "forward",
        dict(input=draw.integers(1, 1, 3, 4), weight=draw.integers(1, 1, 2, 3), bias=draw.integers(1)),
    )
    yield Case("forward", dict(input=draw.normal(1, 2, 4, 3), weight=draw.normal(3, 2, 3, 2)))
    yield Case(
        "forward", dict(input=draw.normal(2, 3, 5, 7), weight=draw.normal(4, 3, 3, 2), bias=draw.normal(4))
    )

    yield Case("stride", dict(input=draw.integers(1, 1, 5, 5), weight=draw.integers(1, 1, 2, 2), stride=2))
    yield Case("stride", dict(input=draw.normal(2, 2, 7, 6), weight=draw.normal(3, 2, 3, 2), stride=(2, 1)))
    yield Case(
        "stride",
        dict(
            input=draw.normal(2, 2, 6, 8), weight=draw.normal(3, 2, 2, 3), bias=draw.normal(3), stride=(1, 3)
        ),
    )

    yield Case("padding", dict(input=draw.integers(1, 1, 3, 3), weight=draw.integers(1, 1, 3, 3), padding=1))
    yield Case("padding", dict(input=draw.normal(2, 2, 4, 5), weight=draw.normal(3, 2, 3, 3), padding=(2, 1)))
    yield Case(
        "padding",
        dict(
            input=draw.normal(2, 2, 5, 4),
            weight=draw.normal(3, 2, 3, 2),
            bias=draw.normal(3),
            stride=2,
            padding=(1, 2),
        ),
    )

    yield Case(
        "dilation", dict(input=draw.integers(1, 1, 5, 5), weight=draw.integers(1, 1, 2, 2), dilation=2)
    )
    yield Case(
        "dilation",
        dict(
            input=draw.normal(2, 2, 8, 9),
            weight=draw.normal(3, 2, 3, 2),
            bias=draw.normal(3),
            stride=(1, 2),
            padding=(1, 0),
            dilation=(2, 3),
        ),
    )

    yield Case("groups", dict(input=draw.integers(1, 4, 3, 3), weight=draw.integers(2, 2, 2, 2), groups=2))
    yield Case(
        "groups",
        dict(
            input=draw.normal(2, 6, 5, 6),
            weight=draw.normal(9, 2, 2, 3),
            bias=draw.normal(9),
            stride=(2, 1),
            padding=1,
            groups=3,
        ),
    )


def bench(draw):
    return Case(
        "forward",
        dict(
            input=draw.normal(4, 16, 56, 48),
            weight=draw.normal(32, 16, 3, 3),
            bias=draw.normal(32),
            padding=1,
        ),
    )


def cost(input, weight, bias, padding):
    """Operations, and values read or written once: a product and a sum for every weight at every output position."""
    batch, _, height, width = input.shape
    outputs = batch * weight.shape[0] * height * width
    return 2 * outputs * weight[0].size, input.size + weight.size + bias.size + outputs
