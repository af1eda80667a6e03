"""2-D convolution as a kernel of your own, in Triton.

One program works on a block of output values at once. It numbers them as they lie in memory, finds out from a number
which image, channel, row and column it is, and sums up the window that lies under it:

    place  = ((n*O + o)*OH + y)*OW + x                             which output value this is
    output[n, o, y, x] = bias[o]
        + sum over c, i, j of  weight[o, c, i, j] * input[n, c, y*sh + i - ph, x*sw + j - pw]

Where the window reaches over the border of the image, input counts as 0: the padding is never made, it is a mask. A
kernel knows nothing of rows and columns, only of places in memory, so the mask must look at the row and at the column:
left of a row's first value lies the end of the row above.

    triton_conv2d(input, weight, bias, stride, padding)
        input              (N, C, H, W), float32 or float64
        weight             (O, C, kh, kw), of its dtype
        bias               (O,) or None
        stride, padding    an int, or a pair (vertical, horizontal)
        returns            (N, O, OH, OW), of the input's dtype and on its device; the arguments stay as they are
                           OH = floor((H + 2*padding - kh) / stride) + 1, and OW likewise

Example
    >>> image = torch.tensor([[[[1., 2., 0.],
    ...                         [0., 1., 3.],
    ...                         [2., 0., 1.]]]])
    >>> kernel = torch.tensor([[[[1., 0.],
    ...                          [0., 2.]]]])
    >>> triton_conv2d(image, kernel)                     # 1*1 + 2*1 = 3, 2*1 + 2*3 = 8, ...
    tensor([[[[3., 8.],
              [0., 3.]]]])

Gradients are not asked for. Sizes that a kernel is given as tl.constexpr are plain Python numbers there, and are known
when it is compiled.

Not allowed: PyTorch's convolutions, matrix products, products and sums; the kernel computes.
No GPU is needed: with TRITON_INTERPRET=1 in the environment, which the grader sets, Triton's interpreter runs kernels on
the CPU. It is slow: every operation costs it some 0.1 ms, however large the block is. It needs
pip install 'cnn-grader[kernels]'.

Read: Chetlur et al., "cuDNN: Efficient primitives for deep learning", arXiv:1410.0759, section 3; the tutorials "Vector
addition" and "Matrix multiplication" in Triton's documentation.
"""

import torch
import triton
import triton.language as tl


@triton.jit
def conv2d_kernel(
    input, weight, bias, output, count, OC, H, W, OH, OW, SH, SW, PH, PW,
    C: tl.constexpr, KH: tl.constexpr, KW: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    # input, weight, bias and output are pointers; add and leave out whatever you like. Which places are this program's?
    # Which image, channel, row and column is each of them? Then one load of the input and one of the weight for each c, i, j.
    pass


def triton_conv2d(input, weight, bias=None, stride=1, padding=0):
    # Make the output, then start enough programs: conv2d_kernel[(programs,)](...)
    raise NotImplementedError
