"""Tests for somebody else's conv2d: knowing what right means.

Code that was never tested on a rectangular image works on square ones only; an argument that was never passed may be
ignored. Here you do not write a convolution, you write the tests that tell a right one from a wrong one.

Write functions whose names begin with `test_` and that take one argument, `conv2d`: the function under test, with the
signature of the exercise before,

    conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)

Your tests are run by pytest against every implementation we have. Against a correct one all of them must pass: do not
demand more than the statement of `conv2d` promises, nor bit-for-bit equality, for sums can be added up in any order.
Against a wrong one at least one must fail. You earn points for each mistake that you catch, and none as long as you
reject a correct implementation.

What to think of: values worked out by hand; every argument by itself and several together; heights that differ from
widths, in the image, the kernel, the stride and the padding; more than one image, more than one channel; the bias; dtypes;
what must not change; and that a network learns by gradients, with respect to every input.

Example
    def test_one_by_hand(conv2d):
        image = torch.tensor([[[[1., 2., 0.], [0., 1., 3.], [2., 0., 1.]]]])
        kernel = torch.tensor([[[[1., 0.], [0., 2.]]]])
        expected = torch.tensor([[[[3., 8.], [0., 3.]]]])
        assert torch.allclose(conv2d(image, kernel), expected)

Not allowed: PyTorch's own convolutions as the answer book. A few loops make a good one.

Read: Wrenn, Krishnamurthi and Fisler, "Who tests the testers?", ICER 2018; the documentation of pytest.
"""

import torch


def test_conv2d(conv2d):
    raise NotImplementedError
