"""triton_conv2d: a block of outputs a program; checked against a product of matrices, tiles, and a padded copy."""

import torch
import triton
import triton.language as tl

from grader.author import Case, mistake, wheat


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


@triton.jit
def conv2d_kernel(
    input, weight, bias, output, count, OC, H, W, OH, OW, SH, SW, PH, PW,
    C: tl.constexpr, KH: tl.constexpr, KW: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    places = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    real = places < count
    # Which output is it? The last index runs fastest, so it comes off first.
    x = places % OW
    y = places // OW % OH
    o = places // (OW * OH) % OC
    n = places // (OW * OH * OC)
    top = y * SH - PH
    left = x * SW - PW
    total = tl.load(bias + o, mask=real, other=0.0)
    for c in range(C):
        plane = input + (n * C + c) * H * W
        for i in range(KH):
            row = top + i
            for j in range(KW):
                column = left + j
                inside = (row >= 0) & (row < H) & (column >= 0) & (column < W)
                pixel = tl.load(plane + row * W + column, mask=real & inside, other=0.0)
                factor = tl.load(weight + (o * C + c) * KH * KW + i * KW + j, mask=real, other=0.0)
                total += pixel * factor
    tl.store(output + places, total, mask=real)


def triton_conv2d(input, weight, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    batch, channels, height, width = input.shape
    out_channels, _, kh, kw = weight.shape
    out_height = (height + 2 * ph - kh) // sh + 1
    out_width = (width + 2 * pw - kw) // sw + 1
    output = torch.zeros(batch, out_channels, out_height, out_width, dtype=input.dtype, device=input.device)
    if bias is None:
        bias = torch.zeros(out_channels, dtype=input.dtype, device=input.device)
    # The kernel walks along memory, so the values must lie there in order.
    input, weight, bias = input.contiguous(), weight.contiguous(), bias.contiguous()
    count = output.numel()
    conv2d_kernel[(triton.cdiv(count, 64),)](
        input, weight, bias, output, count, out_channels, height, width, out_height, out_width, sh, sw, ph, pw,
        C=channels, KH=kh, KW=kw, BLOCK=64,
    )  # fmt: skip
    return output


@triton.jit
def product_kernel(
    input, weight, output, OC, P, H, W, OH, OW, SH, SW, PH, PW,
    C: tl.constexpr, KH: tl.constexpr, KW: tl.constexpr, BO: tl.constexpr, BK: tl.constexpr, BP: tl.constexpr,
):  # fmt: skip
    o = tl.arange(0, BO)[:, None]
    k = tl.arange(0, BK)
    p = tl.program_id(0) * BP + tl.arange(0, BP)[None, :]
    matrix = tl.load(
        weight + o * C * KH * KW + k[None, :], mask=(o < OC) & (k[None, :] < C * KH * KW), other=0.0
    )
    k = k[:, None]
    n, y, x = p // (OH * OW), p // OW % OH, p % OW
    c, row, column = k // (KH * KW), y * SH - PH + k // KW % KH, x * SW - PW + k % KW
    inside = (row >= 0) & (row < H) & (column >= 0) & (column < W) & (c < C) & (p < P)
    columns = tl.load(input + ((n * C + c) * H + row) * W + column, mask=inside, other=0.0)
    product = tl.dot(matrix, columns, input_precision="ieee", out_dtype=matrix.dtype)
    tl.store(output + ((n * OC + o) * OH + y) * OW + x, product, mask=(o < OC) & (p < P))


@wheat(
    "an implicit product of matrices: windows are gathered as columns, and tl.dot does the sums; the bias comes last"
)
def conv2d_product(input, weight, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    batch, channels, height, width = input.shape
    out_channels, _, kh, kw = weight.shape
    out_height = (height + 2 * ph - kh) // sh + 1
    out_width = (width + 2 * pw - kw) // sw + 1
    output = input.new_empty(batch, out_channels, out_height, out_width)
    positions = batch * out_height * out_width
    product_kernel[(triton.cdiv(positions, 32),)](
        input.contiguous(), weight.contiguous(), output, out_channels, positions, height, width, out_height, out_width,
        sh, sw, ph, pw, C=channels, KH=kh, KW=kw, BO=max(16, triton.next_power_of_2(out_channels)),
        BK=max(16, triton.next_power_of_2(channels * kh * kw)), BP=32,
    )  # fmt: skip
    return output if bias is None else output + bias[:, None, None]


@triton.jit
def plane_kernel(
    input, weight, bias, output, H, W, OH, OW, SH, SW, PH, PW, sn, sc, sy, sx, tn, tc, ty, tx, sb, OC,
    C: tl.constexpr, KH: tl.constexpr, KW: tl.constexpr, HAS_BIAS: tl.constexpr, BK: tl.constexpr, BP: tl.constexpr,
):  # fmt: skip
    n, o = tl.program_id(0), tl.program_id(1)
    p, k = tl.arange(0, BP)[None, :], tl.arange(0, BK)[:, None]
    c, i, j = k // (KH * KW), k // KW % KH, k % KW
    row, column = p // OW * SH + i - PH, p % OW * SW + j - PW
    inside = (row >= 0) & (row < H) & (column >= 0) & (column < W) & (c < C) & (p < OH * OW)
    pixels = tl.load(input + n * sn + c * sc + row * sy + column * sx, mask=inside, other=0.0)
    factors = tl.load(weight + o * tn + c * tc + i * ty + j * tx, mask=c < C, other=0.0)
    total = tl.sum(pixels * factors, axis=0)[None, :]
    if HAS_BIAS:
        total += tl.load(bias + o * sb)
    tl.store(output + (n * OC + o) * OH * OW + p, total, mask=p < OH * OW)


@wheat(
    "a program for every image and output channel, on strides instead of contiguous copies; tl.sum along the window"
)
def conv2d_planes(input, weight, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    batch, channels, height, width = input.shape
    out_channels, _, kh, kw = weight.shape
    out_height = (height + 2 * ph - kh) // sh + 1
    out_width = (width + 2 * pw - kw) // sw + 1
    output = input.new_empty(batch, out_channels, out_height, out_width)
    plane_kernel[(batch, out_channels)](
        input, weight, weight if bias is None else bias, output, height, width, out_height, out_width, sh, sw, ph, pw,
        *input.stride(), *weight.stride(), 0 if bias is None else bias.stride(0), out_channels, C=channels, KH=kh, KW=kw,
        HAS_BIAS=bias is not None, BK=triton.next_power_of_2(channels * kh * kw),
        BP=triton.next_power_of_2(out_height * out_width),
    )  # fmt: skip
    return output


@triton.jit
def shifted_kernel(
    padded, weight, output, count, OC, H, W, OH, OW, SH, SW,
    C: tl.constexpr, KH: tl.constexpr, KW: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    places = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    real = places < count
    row, o = places // OW, places // (OW * OH) % OC
    corner = padded + (places // (OW * OH * OC) * C * H + row % OH * SH) * W + places % OW * SW
    total = tl.load(output + places, mask=real, other=0.0)
    for k in range(C * KH * KW):
        offset = (k // (KH * KW) * H + k // KW % KH) * W + k % KW
        factor = tl.load(weight + o * C * KH * KW + k, mask=real, other=0.0)
        total = tl.fma(factor, tl.load(corner + offset, mask=real, other=0.0), total)
    tl.store(output + places, total, mask=real)


@wheat(
    "a padded copy, so that no window leaves it; the output starts as the bias, and every offset is one distance"
)
def conv2d_padded(input, weight, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    batch, channels, height, width = input.shape
    out_channels, _, kh, kw = weight.shape
    padded = input.new_zeros(batch, channels, height + 2 * ph, width + 2 * pw)
    padded[:, :, ph : ph + height, pw : pw + width] = input
    _, _, height, width = padded.shape
    output = input.new_zeros(batch, out_channels, (height - kh) // sh + 1, (width - kw) // sw + 1)
    if bias is not None:
        output += bias[:, None, None]
    count = output.numel()
    shifted_kernel[(triton.cdiv(count, 128),)](
        padded, weight.contiguous(), output, count, out_channels, height, width, *output.shape[2:], sh, sw,
        C=channels, KH=kh, KW=kw, BLOCK=128,
    )  # fmt: skip
    return output


# ------------------------------------------------------------------------------------------------------------ chaffs

flipped_kernel = mistake(
    "i * KW + j,",
    "(KH - 1 - i) * KW + KW - 1 - j,",
    lesson="The kernel is flipped, as mathematicians do. In a convolution layer weight[0, 0] meets the window's top left corner.",
)

bias_left_out = mistake(
    "total = tl.load(bias + o, mask=real, other=0.0)",
    "total = tl.load(bias + o, mask=real, other=0.0) * 0.0",
    lesson="The bias never reaches the output. Each output channel has one number that is added at every position.",
)

bias_by_column = mistake(
    "tl.load(bias + o, mask=real, other=0.0)",
    "tl.load(bias + x % OC, mask=real, other=0.0)",
    lesson="Neighbouring columns get different biases. There is one for each output channel.",
)

stride_ignored = mistake(
    "top = y * SH - PH\n    left = x * SW - PW",
    "top = y - PH\n    left = x - PW",
    lesson="The output has the size that a stride gives, but its windows lie side by side. With stride s a window starts s "
    "pixels further on.",
)

strides_exchanged = mistake(
    "top = y * SH - PH\n    left = x * SW - PW",
    "top = y * SW - PH\n    left = x * SH - PW",
    lesson="Vertical and horizontal stride are exchanged. Rows move by the first of the pair.",
)

padding_ignored = mistake(
    "top = y * SH - PH\n    left = x * SW - PW",
    "top = y * SH\n    left = x * SW",
    lesson="The output has the size that padding gives, but the first window starts at the image's corner. It starts above "
    "and to the left of it.",
)

border_replicated = mistake(
    "tl.load(plane + row * W + column, mask=real & inside, other=0.0)",
    "tl.load(plane + tl.minimum(tl.maximum(row, 0), H - 1) * W + tl.minimum(tl.maximum(column, 0), W - 1), mask=real)",
    lesson="Outside the image you read its nearest pixel, which pads with copies of the border. Asked for are zeros.",
)

wraps_around = mistake(
    "inside = (row >= 0) & (row < H) & (column >= 0) & (column < W)",
    "inside = (row * W + column >= 0) & (row * W + column < H * W)",
    lesson="The mask asks whether a place lies in the plane, and left of a row's first value lies the end of the row above. "
    "Row and column must each be inside.",
)

row_length = mistake(
    "plane + row * W + column",
    "plane + row * H + column % H",
    lesson="Rows are taken to be as long as the image is high. From row to row it is W values.",
)

first_image_only = mistake(
    "plane = input + (n * C + c) * H * W",
    "plane = input + c * H * W",
    lesson="Every image of the batch gets the first one's result. An image starts C*H*W values after the one before.",
)

channels_last = mistake(
    "(o * C + c) * KH * KW + i * KW + j",
    "((o * KH + i) * KW + j) * C + c",
    lesson="The weight is read as if its channel index ran fastest. Its sizes are (O, C, kh, kw), and the last runs fastest.",
)

one_channel = mistake(
    "for c in range(C):",
    "for c in range(1):",
    lesson="The first input channel alone is looked at. A window goes through all of them.",
)

rows_and_columns = mistake(
    "x = places % OW\n    y = places // OW % OH",
    "x = places // OH % OW\n    y = places % OH",
    lesson="A place is taken apart as if rows ran fastest. In memory neighbours lie in one row, so the column comes off first, "
    "by OW.",
)

one_program = mistake(
    "(triton.cdiv(count, 64),)",
    "(1,)",
    lesson="One program is started, so one block is computed. There must be enough programs for all blocks.",
)

last_block_missing = mistake(
    "triton.cdiv(count, 64)",
    "max(count // 64, 1)",
    lesson="The number of programs is rounded down, and what fills no whole block is never computed.",
)

sums_in_float32 = mistake(
    "total += pixel * factor",
    "total += (pixel.to(tl.float32) * factor.to(tl.float32)).to(pixel.dtype)",
    lesson="Every product is formed in float32, whatever came in. A float64 input wants all of its digits.",
)

forced_float32 = mistake(
    "input, weight, bias = input.contiguous(), weight.contiguous(), bias.contiguous()",
    "input, weight, bias = input.float().contiguous(), weight.float().contiguous(), bias.float().contiguous()\n"
    "    output = output.float()",
    lesson="Everything is turned into float32. The result has the input's dtype, whatever that is.",
)

image_not_contiguous = mistake(
    "input.contiguous(), weight.contiguous()",
    "input, weight.contiguous()",
    lesson="A view's values do not lie in memory in its own order. The kernel counts along memory: make the image contiguous.",
)

weight_not_contiguous = mistake(
    "input.contiguous(), weight.contiguous()",
    "input.contiguous(), weight",
    lesson="The image is made contiguous, the weight is not: it may be a view, too.",
)

square_only = mistake(
    "out_width = (width + 2 * pw - kw) // sw + 1",
    "out_width = out_height",
    lesson="The output is taken to be as wide as it is high. Each axis has a size of its own.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"forward": 3, "stride": 1, "padding": 2}
SKIP_FORMS = ("bfloat16",)  # Triton's interpreter compares bfloat16 wrongly
SEEDS = 8  # a call takes some hundredths of a second in the interpreter


def cases(draw):
    yield Case("forward", dict(input=draw.integers(1, 1, 3, 3), weight=draw.integers(1, 1, 2, 2)))
    yield Case(
        "forward",
        dict(input=draw.normal(2, 2, 5, 7), weight=draw.normal(4, 2, 3, 2), bias=draw.normal(4)),
    )
    yield Case("stride", dict(input=draw.integers(1, 1, 4, 5), weight=draw.integers(1, 1, 2, 2), stride=2))
    yield Case("stride", dict(input=draw.normal(2, 1, 5, 7), weight=draw.normal(2, 1, 2, 3), stride=(1, 2)))
    yield Case("padding", dict(input=draw.integers(1, 1, 2, 3), weight=draw.integers(1, 1, 3, 3), padding=1))
    yield Case(
        "padding",
        dict(
            input=draw.normal(2, 2, 4, 5),
            weight=draw.normal(3, 2, 2, 3),
            bias=draw.normal(3),
            stride=(2, 1),
            padding=(1, 2),
        ),
    )
