"""ReLU as a kernel of your own, in Triton.

A GPU runs the same small program many times side by side. In Triton such a program works on a block of values at once:
it asks which program it is, works out the places of its block, loads, computes, and stores. The last block usually
reaches past the end, where there is other data or none: a mask says which places are real.

    program p of ceil(count / BLOCK):   places p*BLOCK .. p*BLOCK + BLOCK - 1,  of those below count
        output[place] = max(input[place], 0)

A kernel sees bare memory. It knows nothing of shapes and strides: place k is the k-th value from the pointer on, so a
transposed or strided view must be made contiguous first. BLOCK must be a power of 2.

    triton_relu(input)
        input          tensor of any shape, of a floating dtype, on any device
        returns        tensor of its shape, dtype and device; input stays as it is

Example
    >>> triton_relu(torch.tensor([[-2., 0., 3.]]))
    tensor([[0., 0., 3.]])

Not allowed: PyTorch's own relu, clamp, maximum, where and their kin; the kernel computes.
No GPU is needed: with TRITON_INTERPRET=1 in the environment, which the grader sets, Triton's interpreter runs kernels on
the CPU. It needs pip install 'cnn-grader[kernels]'.

Read: Tillet, Kung and Cox, "Triton: An intermediate language and compiler for tiled neural network computations", MAPL
2019; the tutorial "Vector addition" in Triton's documentation.
"""

import torch
import triton
import triton.language as tl


@triton.jit
def relu_kernel(input, output, count, BLOCK: tl.constexpr):
    # input and output are pointers. tl.program_id(0), tl.arange, tl.load and tl.store (with mask=...) are what you need.
    pass


def triton_relu(input):
    # Make the output, then start enough programs: relu_kernel[(programs,)](...)
    raise NotImplementedError
