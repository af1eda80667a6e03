"""The definition as a slow answer book, and one test per promise of the statement."""

import pytest
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


def draw(*shape, dtype=torch.float32):
    """Reproducible values: seeded by the shape."""
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, generator=generator, dtype=dtype)


CASES = {
    "plain": ((2, 3, 5, 7), (4, 3, 3, 2), {}),
    "tall": ((1, 2, 7, 4), (3, 2, 2, 3), {}),
    "stride": ((2, 2, 7, 6), (3, 2, 3, 2), {"stride": (2, 1)}),
    "stride_other": ((1, 1, 6, 8), (2, 1, 2, 3), {"stride": (1, 3)}),
    "padding": ((2, 2, 4, 5), (3, 2, 3, 3), {"padding": (2, 1)}),
    "padding_one": ((1, 1, 4, 3), (1, 1, 3, 3), {"padding": 1}),
    "dilation": ((1, 2, 8, 9), (3, 2, 3, 2), {"dilation": (2, 3)}),
    "groups": ((2, 6, 4, 5), (9, 2, 2, 3), {"groups": 3}),
    "together": (
        (2, 4, 9, 8),
        (6, 2, 3, 2),
        {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2},
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("with_bias", [False, True])
def test_values_and_gradients(conv2d, case, with_bias):
    shape, kernel, options = CASES[case]
    inputs = [draw(*shape), draw(*kernel)] + ([draw(kernel[0])] if with_bias else [])
    mine = [tensor.clone().requires_grad_() for tensor in inputs]
    right = [tensor.clone().requires_grad_() for tensor in inputs]
    output, expected = conv2d(*mine, **options), by_definition(*right, **options)
    assert output.shape == expected.shape
    assert torch.allclose(output.double(), expected, rtol=1e-4, atol=1e-5)
    direction = draw(*expected.shape)
    (output * direction).sum().backward()
    (expected * direction).sum().backward()
    for one, other in zip(mine, right):
        assert one.grad is not None
        assert torch.allclose(one.grad, other.grad, rtol=1e-4, atol=1e-4)


def test_the_dtype_is_kept_and_used(conv2d):
    for dtype, close in ((torch.float32, 1e-5), (torch.float64, 1e-12)):
        image, kernel = draw(1, 3, 6, 5, dtype=dtype), draw(2, 3, 3, 3, dtype=dtype)
        output = conv2d(image, kernel)
        assert output.dtype == dtype
        assert torch.allclose(output.double(), by_definition(image, kernel), rtol=close, atol=close)


def test_arguments_stay_as_they_are(conv2d):
    image, kernel, bias = draw(1, 2, 5, 4), draw(3, 2, 2, 2), draw(3)
    kept = [tensor.clone() for tensor in (image, kernel, bias)]
    conv2d(image, kernel, bias, 1, 1)
    assert all(torch.equal(now, before) for now, before in zip((image, kernel, bias), kept))
