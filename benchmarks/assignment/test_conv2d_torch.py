"""What an instructor's pytest file for a torch convolution looks like; run once per submission, beside it."""

import pytest
import submission
import torch
import torch.nn.functional as F

SHAPES = [
    ((1, 1, 3, 3), (1, 1, 2, 2), {}),
    ((1, 2, 4, 3), (3, 2, 3, 2), {}),
    ((2, 3, 5, 7), (4, 3, 3, 2), {}),
    ((2, 2, 7, 6), (3, 2, 3, 2), {"stride": (2, 1)}),
    ((2, 2, 6, 8), (3, 2, 2, 3), {"stride": (1, 3)}),
    ((2, 2, 4, 5), (3, 2, 3, 3), {"padding": (2, 1)}),
    ((2, 2, 5, 4), (3, 2, 3, 2), {"stride": 2, "padding": (1, 2)}),
    ((2, 2, 8, 9), (3, 2, 3, 2), {"stride": (1, 2), "padding": (1, 0), "dilation": (2, 3)}),
    ((1, 4, 3, 3), (2, 2, 2, 2), {"groups": 2}),
    ((2, 6, 5, 6), (9, 2, 2, 3), {"stride": (2, 1), "padding": 1, "groups": 3}),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape, kernel, options", SHAPES)
def test_conv2d(shape, kernel, options, dtype):
    torch.manual_seed(0)
    arrays = [torch.randn(size, dtype=dtype) for size in (shape, kernel, kernel[:1])]
    ours, theirs = ([a.clone().requires_grad_() for a in arrays] for _ in range(2))
    expected, actual = F.conv2d(*ours, **options), submission.conv2d(*theirs, **options)
    torch.testing.assert_close(actual, expected)
    gradient = torch.randn_like(expected)
    expected.backward(gradient)
    actual.backward(gradient)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(other.grad, one.grad)
