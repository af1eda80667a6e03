"""conv2d: windows and a sum."""

import numpy as np

from grader.author import Case, mistake


def conv2d(x, w, b, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("nchwij,fcij->nfhw", windows, w) + b[None, :, None, None]


no_bias = mistake(" + b[None, :, None, None]", "", lesson="The bias is missing.")


def cases(draw):
    yield Case("shape", dict(x=draw.normal(2, 3, 9, 9), w=draw.normal(4, 3, 3, 3), b=draw.normal(4)))
    yield Case("values", dict(x=draw.normal(2, 3, 9, 8), w=draw.normal(4, 3, 3, 2), b=draw.normal(4)))
    for stride, pad in ((1, 1), (2, 0), (2, 1)):
        arrays = dict(x=draw.normal(2, 3, 10, 8), w=draw.normal(4, 3, 3, 3), b=draw.normal(4))
        yield Case("pad_stride", dict(**arrays, stride=stride, pad=pad))
