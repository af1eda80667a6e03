"""The answer book is a matrix product: windows cut out one by one, flattened, and multiplied."""

import itertools

import torch


def pair(value):
    return (value, value) if isinstance(value, int) else value


def windows_times_kernel(x, w, b, stride, padding, dilation, groups):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    x = torch.nn.functional.pad(x.double(), (pw, pw, ph, ph))
    blocks, kernels = x.chunk(groups, 1), w.double().chunk(groups, 0)
    kh, kw = w.shape[2:]
    height, width = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1, (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    rows = []
    for y, c in itertools.product(range(height), range(width)):
        y0, x0 = y * sh, c * sw
        cut = [
            block[:, :, y0 : y0 + dh * (kh - 1) + 1 : dh, x0 : x0 + dw * (kw - 1) + 1 : dw].flatten(1)
            for block in blocks
        ]
        rows.append(torch.cat([piece @ kernel.flatten(1).T for piece, kernel in zip(cut, kernels)], 1))
    out = torch.stack(rows, 2).reshape(len(x), len(w), height, width)
    return out if b is None else out + b.double()[:, None, None]


def test_many_settings(conv2d):
    torch.manual_seed(0)
    settings = itertools.product([1, (2, 1)], [0, (1, 2)], [1, (1, 2)], [1, 2])
    for number, (stride, padding, dilation, groups) in enumerate(settings):
        biased = number % 3 > 0
        leaves = [torch.randn(2, 4, 7, 6), torch.randn(6, 4 // groups, 2, 3)] + (
            [torch.randn(6)] if biased else []
        )
        kept = [leaf.clone() for leaf in leaves]
        a, b = ([leaf.clone().requires_grad_() for leaf in leaves] for _ in range(2))
        given = conv2d(a[0], a[1], a[2] if biased else None, stride, padding, dilation, groups)
        right = windows_times_kernel(b[0], b[1], b[2] if biased else None, stride, padding, dilation, groups)
        torch.testing.assert_close(given.double(), right, rtol=1e-4, atol=1e-5)
        assert given.dtype == torch.float32
        given.square().sum().backward()
        right.square().sum().backward()
        for one, other, before in zip(a, b, kept):
            torch.testing.assert_close(one.grad, other.grad, rtol=1e-3, atol=1e-3)
            assert torch.equal(one.detach(), before)


def test_float64(conv2d):
    x, w = torch.randn(1, 2, 4, 5).double(), torch.randn(3, 2, 3, 2).double()
    torch.testing.assert_close(
        conv2d(x, w), windows_times_kernel(x, w, None, 1, 0, 1, 1), rtol=1e-12, atol=1e-12
    )
