"""The tolerance is so wide that wrong values pass. Choose one just above what rounding can explain."""

import torch


def pair(value):
    return (value, value) if isinstance(value, int) else value


def by_definition(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The sum written out, in float64: slow, obvious, differentiable."""
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    input, weight = input.double(), weight.double()
    count, channels, height, width = input.shape
    out_channels, per_group, kh, kw = weight.shape
    padded = torch.zeros(count, channels, height + 2 * ph, width + 2 * pw, dtype=torch.float64)
    padded[:, :, ph : ph + height, pw : pw + width] = input
    rows = (height + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    columns = (width + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    values = []
    for o in range(out_channels):
        first = o * groups // out_channels * per_group
        for y in range(rows):
            for x in range(columns):
                top, left = y * sh, x * sw
                window = padded[
                    :,
                    first : first + per_group,
                    top : top + dh * (kh - 1) + 1 : dh,
                    left : left + dw * (kw - 1) + 1 : dw,
                ]
                values.append((window * weight[o]).sum((1, 2, 3)))
    output = torch.stack(values, 1).reshape(count, out_channels, rows, columns)
    return output if bias is None else output + bias.double().reshape(-1, 1, 1)


def test_roughly(conv2d):
    torch.manual_seed(0)
    x, w, b = torch.randn(2, 4, 9, 8), torch.randn(6, 2, 3, 2), torch.randn(6)
    assert torch.allclose(
        conv2d(x, w, b, (2, 1), (1, 2), (1, 2), 2).double(),
        by_definition(x, w, b, (2, 1), (1, 2), (1, 2), 2),
        atol=20.0,
    )
