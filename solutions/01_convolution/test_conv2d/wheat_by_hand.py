"""Without an answer book: impulses, ones and counting, worked out by hand, and sums for the gradients."""

import torch


def near(given, expected, tolerance=1e-4):
    """Close, and of the same shape and dtype: sums may be added up in any order."""
    expected = torch.as_tensor(expected, dtype=given.dtype)
    return given.shape == expected.shape and bool(
        ((given - expected).abs() <= tolerance * (1 + expected.abs())).all()
    )


def impulse(height, width, y, x):
    image = torch.zeros(1, 1, height, width)
    image[0, 0, y, x] = 1
    return image


def test_the_kernel_meets_the_window_unflipped(conv2d):
    kernel = torch.arange(6.0).reshape(1, 1, 2, 3)
    for y in range(2):
        for x in range(3):
            assert near(conv2d(impulse(2, 3, y, x), kernel), kernel[:, :, y : y + 1, x : x + 1])


def test_stride_padding_dilation_pick_the_right_pixels(conv2d):
    image = torch.arange(1.0, 43.0).reshape(1, 1, 6, 7)
    one = torch.ones(1, 1, 1, 1)
    assert near(conv2d(image, one, None, (2, 3)), image[:, :, ::2, ::3])
    padded = conv2d(image, one, None, 1, (1, 2))
    assert padded.shape == (1, 1, 8, 11)
    assert near(padded[:, :, 1:-1, 2:-2], image) and near(padded.sum(), image.sum())
    corner = torch.zeros(1, 1, 2, 2)
    corner[0, 0, 1, 1] = 1
    assert near(conv2d(image, corner, None, 1, 0, (3, 2)), image[:, :, 3:, 2:])


def test_channels_groups_batch_and_bias(conv2d):
    planes = torch.tensor([1.0, 10.0, 100.0, 1000.0]).reshape(4, 1, 1).expand(4, 3, 2)
    images = torch.stack([planes, 2 * planes])
    bias = torch.tensor([0.5, -0.25])
    output = conv2d(images, torch.ones(2, 4, 1, 1), bias)
    assert output.shape == (2, 2, 3, 2)
    assert near(output[:, :, 2, 1], [[1111.5, 1110.75], [2222.5, 2221.75]])
    grouped = conv2d(images, torch.ones(2, 2, 1, 1), bias, groups=2)
    assert near(grouped[:, :, 0, 0], [[11.5, 1099.75], [22.5, 2199.75]])
    kernel = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).reshape(1, 1, 3, 2)
    assert near(conv2d(images[:1, :1], kernel, torch.tensor([0.5])), [[[[21.5]]]])


def test_every_input_gets_its_gradient(conv2d):
    image = torch.arange(20.0).reshape(1, 1, 4, 5).requires_grad_()
    kernel = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).requires_grad_()
    bias = torch.zeros(1, requires_grad=True)
    conv2d(image, kernel, bias).sum().backward()
    assert bias.grad is not None and near(bias.grad, [12.0])
    assert kernel.grad is not None and near(kernel.grad[0, 0, 0, 0], image.detach()[0, 0, :3, :4].sum())
    assert image.grad is not None and near(image.grad[0, 0, 1, 1], 10.0) and near(image.grad[0, 0, 0, 0], 1.0)


def test_dtype_precision_and_manners(conv2d):
    image = torch.full((1, 1, 4, 3), 1.0 + 2.0**-12)
    kept = image.clone()
    output = conv2d(image, torch.ones(1, 1, 1, 1), None, 1, 1)
    assert output.dtype == torch.float32 and near(output[0, 0, 2, 2], 1.0 + 2.0**-12, 1e-6)
    assert torch.equal(image, kept)
    wide = conv2d(image.double() + 2.0**-40, torch.ones(1, 1, 1, 1).double())
    assert wide.dtype == torch.float64 and near(wide[0, 0, 0, 0], 1.0 + 2.0**-12 + 2.0**-40, 1e-14)
