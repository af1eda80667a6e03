"""The assignment's reference, as an instructor would write it for any of the graders."""

import numpy as np


def conv2d(x, w, b, stride=1, pad=0):
    """x (N,C,H,W), w (F,C,KH,KW), b (F,) -> (N,F,OH,OW), cross-correlation."""
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("nchwij,fcij->nfhw", windows, w) + b[None, :, None, None]


def maxpool2d(x, k=2, stride=2):
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.max(axis=(4, 5))
