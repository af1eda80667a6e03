"""You demand equality to the last bit. Sums added up in another order differ in the last digits, and are right."""

import torch


def test_exact(conv2d):
    torch.manual_seed(0)
    image, kernel = torch.randn(2, 8, 9, 9), torch.randn(4, 8, 3, 3)
    expected = torch.stack(
        [
            (image[:, :, y : y + 3, x : x + 3].unsqueeze(1) * kernel).sum((2, 3, 4))
            for y in range(7)
            for x in range(7)
        ],
        2,
    )
    assert torch.equal(conv2d(image, kernel), expected.reshape(2, 4, 7, 7))
