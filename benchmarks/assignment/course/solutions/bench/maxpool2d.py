"""maxpool2d: windows and a maximum."""

import numpy as np

from grader.author import Case, mistake


def maxpool2d(x, k=2, stride=2):
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.max(axis=(4, 5))


mean = mistake("windows.max(", "windows.mean(", lesson="This is average pooling.")


def cases(draw):
    yield Case("values", dict(x=draw.normal(2, 3, 8, 8)))
    yield Case("overlap", dict(x=-abs(draw.normal(2, 3, 9, 9)), k=3, stride=2))
