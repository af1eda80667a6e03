"""How large is the output of a convolution? Count the positions the kernel can take.

Before writing a layer, know its shape. Along one axis, a kernel of `kernel_size` elements that lie `dilation` pixels
apart reaches over e = dilation * (kernel_size - 1) + 1 pixels. It starts at the left edge of the padded axis and moves
`stride` pixels at a time for as long as it fits whole:

    output size = floor( (size + 2*padding - e) / stride ) + 1

Every position gives one output value. Where the kernel does not fit even once, there is no output: the size is 0,
never negative.

Arguments
    size           pixels along the axis, at least 1
    kernel_size    elements of the kernel, at least 1
    stride         pixels between neighbouring positions, at least 1
    padding        pixels added on each of the two sides
    dilation       pixels between neighbouring elements of the kernel, at least 1
Returns
    an int

Example
    >>> conv_output_size(5, 3)                          # positions 0, 1, 2
    3
    >>> conv_output_size(5, 3, stride=2, padding=1)     # positions -1, 1, 3
    3
    >>> conv_output_size(5, 3, dilation=2)              # the kernel reaches over all 5 pixels
    1
    >>> conv_output_size(4, 7)
    0

Not allowed: nothing; there is nothing to import.

Read: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, chapter 2.
"""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    raise NotImplementedError
