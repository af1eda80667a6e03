"""Padding for "same" convolution: how much, and on which side.

"Same" padding keeps the size of an image: with a stride of 1 the output is as large as the input, with a stride of s it
is size / s, rounded up. It is often said to be added equally on both sides. That is not always possible: where the
total is odd, as it is for an even kernel at stride 1, one side gets one pixel more, and by convention that is the
far side (right, bottom).

    output = ceil(size / stride)
    e      = dilation * (kernel_size - 1) + 1            how far the kernel reaches
    total  = max( (output - 1) * stride + e - size, 0 )  the least padding with that many positions
    before = floor(total / 2),   after = total - before

The maximum matters where the stride is larger than the kernel: pixels are left over then, and nothing is padded.

Arguments
    size           pixels along the axis, at least 1
    kernel_size    elements of the kernel, at least 1
    stride         pixels between neighbouring positions, at least 1
    dilation       pixels between neighbouring elements of the kernel, at least 1
Returns
    (before, after), two ints

Example
    >>> same_padding(5, 3)
    (1, 1)
    >>> same_padding(5, 4)                # 3 pixels are needed: the far side gets two of them
    (1, 2)
    >>> same_padding(6, 3, stride=2)      # 3 outputs need 2*2 + 3 = 7 pixels
    (0, 1)
    >>> same_padding(5, 1, stride=2)
    (0, 0)

Not allowed: nothing; there is nothing to import.

Read: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, section 2.3; the
documentation of tf.nn.convolution, padding="SAME".
"""


def same_padding(size, kernel_size, stride=1, dilation=1):
    raise NotImplementedError
