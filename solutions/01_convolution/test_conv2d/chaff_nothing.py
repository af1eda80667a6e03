"""Nothing is asserted: a test that cannot fail tests nothing."""

import torch


def test_runs(conv2d):
    conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))
