"""The six checks that every peer runs; each takes the learner's two functions and the reference."""

import numpy as np


def _data(seed, n=2, c=3, h=9, w=9, f=4, k=3):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, c, h, w)), rng.standard_normal((f, c, k, k)), rng.standard_normal(f)


def conv_shape(conv2d, maxpool2d, reference):
    assert conv2d(*_data(0)).shape == (2, 4, 7, 7)


def conv_values(conv2d, maxpool2d, reference):
    data = _data(1)
    np.testing.assert_allclose(conv2d(*data), reference.conv2d(*data), rtol=1e-6, atol=1e-8)


def conv_pad_stride(conv2d, maxpool2d, reference):
    data = _data(2, h=10, w=8)
    for stride, pad in ((1, 1), (2, 0), (2, 1)):
        expected = reference.conv2d(*data, stride, pad)
        np.testing.assert_allclose(conv2d(*data, stride, pad), expected, rtol=1e-6, atol=1e-8)


def pool_values(conv2d, maxpool2d, reference):
    x, _, _ = _data(3, h=8, w=8)
    np.testing.assert_allclose(maxpool2d(x), reference.maxpool2d(x))


def pool_overlap(conv2d, maxpool2d, reference):
    x, _, _ = _data(4)
    np.testing.assert_allclose(maxpool2d(-np.abs(x), 3, 2), reference.maxpool2d(-np.abs(x), 3, 2))


def no_mutation(conv2d, maxpool2d, reference):
    data = _data(5)
    before = [array.copy() for array in data]
    conv2d(*data, 1, 1)
    maxpool2d(data[0])
    assert all((now == then).all() for now, then in zip(data, before, strict=True)), "inputs were modified"


CASES = [conv_shape, conv_values, conv_pad_stride, pool_values, pool_overlap, no_mutation]
POINTS = {
    "conv_shape": 1,
    "conv_values": 2,
    "conv_pad_stride": 2,
    "pool_values": 2,
    "pool_overlap": 2,
    "no_mutation": 1,
}
