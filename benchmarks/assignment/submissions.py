"""Twenty hand-ins for the assignment: ten right, ten wrong, in NumPy; as a file each, and as a notebook each."""

from __future__ import annotations

import json
from pathlib import Path

_HEAD = "import numpy as np\n\n\n"
_SIZES = """    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    OH, OW = (H - KH) // stride + 1, (W - KW) // stride + 1
"""
_CONV = "def conv2d(x, w, b, stride=1, pad=0):\n" + _SIZES
LOOP = (
    _CONV
    + """    out = np.zeros((N, F, OH, OW), x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    window = x[n, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out
"""
)
IM2COL = (
    _CONV
    + """    columns = np.zeros((N, OH, OW, C * KH * KW), x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = x[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
            columns[:, i, j] = window.reshape(N, -1)
    return (columns @ w.reshape(F, -1).T + b).transpose(0, 3, 1, 2)
"""
)
EINSUM = (
    _CONV
    + """    view = np.lib.stride_tricks.sliding_window_view(x, (KH, KW), axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("nchwij,fcij->nfhw", view, w) + b[None, :, None, None]
"""
)
TENSORDOT = EINSUM.replace(
    'np.einsum("nchwij,fcij->nfhw", view, w)',
    "np.tensordot(view, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)",
)
SHIFT = (
    _CONV
    + """    out = np.zeros((N, F, OH, OW), x.dtype) + b[None, :, None, None]
    for i in range(KH):
        for j in range(KW):
            part = x[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride]
            out += np.einsum("nchw,fc->nfhw", part, w[:, :, i, j])
    return out
"""
)
_POOL = """def maxpool2d(x, k=2, stride=2):
    N, C, H, W = x.shape
    OH, OW = (H - k) // stride + 1, (W - k) // stride + 1
"""
POOL = (
    _POOL
    + """    out = np.zeros((N, C, OH, OW), x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out
"""
)
VIEW_POOL = (
    _POOL
    + """    view = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]
    return view.max(axis=(4, 5))
"""
)
SHIFT_POOL = (
    _POOL
    + """    out = np.full((N, C, OH, OW), -np.inf, x.dtype)
    for i in range(k):
        for j in range(k):
            out = np.maximum(out, x[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride])
    return out
"""
)
RIGHT = [
    (LOOP, POOL), (IM2COL, POOL), (EINSUM, VIEW_POOL), (TENSORDOT, SHIFT_POOL), (SHIFT, SHIFT_POOL),
    (LOOP, VIEW_POOL), (IM2COL, SHIFT_POOL), (EINSUM, POOL), (TENSORDOT, VIEW_POOL), (SHIFT, POOL),
]  # fmt: skip
WRONG = [
    (LOOP.replace("* w[f])", "* w[f, :, ::-1, ::-1])"), POOL),
    (LOOP.replace(" + b[f]", ""), POOL),
    (IM2COL.replace("(pad, pad), (pad, pad)", "(0, 0), (0, 0)"), POOL),
    (EINSUM.replace("[:, :, ::stride, ::stride]", ""), VIEW_POOL),
    (EINSUM, POOL.replace(".max(", ".mean(")),
    (SHIFT, POOL.replace(".max(axis=(2, 3))", ".max(axis=(2, 3)).clip(0)")),
    (EINSUM.replace("    view =", "    w *= 0.5\n    view ="), VIEW_POOL),
    (LOOP.replace("(H - KH) // stride + 1", "(H - KH) // stride"), POOL),
    ("def conv2d(x, w, b, stride=1, pad=0):\n    return None\n", POOL),
    (
        "def conv2d(x, w, b, stride=1, pad=0):\n    raise NotImplementedError\n",
        "def maxpool2d(x, k=2, stride=2):\n    raise NotImplementedError\n",
    ),
]


def sources() -> dict[str, str]:
    """Learner -> text; s01 to s10 are right."""
    return {f"s{n:02d}": f"{_HEAD}{conv}\n\n{pool}" for n, (conv, pool) in enumerate(RIGHT + WRONG, 1)}


def notebook(source: str) -> str:
    """The text as a notebook of one cell."""
    cell = {
        "cell_type": "code",
        "id": "c0",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def write(folder: Path) -> list[Path]:
    """`folder/<learner>/conv.py` and `conv.ipynb`; gives the folders."""
    for learner, source in sources().items():
        (folder / learner).mkdir(parents=True, exist_ok=True)
        (folder / learner / "conv.py").write_text(source)
        (folder / learner / "conv.ipynb").write_text(notebook(source))
    return sorted(folder.iterdir())
