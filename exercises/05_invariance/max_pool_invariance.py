"""Which shifts does max pooling not notice?

Pooling is said to make networks invariant to translation. It does so a little: if the largest value of a window moves but
stays the largest in it, the pooled map is the same. One step further it changes windows, and the map changes. Find out
for a given image which shifts leave no trace.

The image moves within its frame: shifted by (dy, dx), the pixel at (y, x) is what was at (y - dy, x - dx), or 0 where that
lies outside. A positive dy means down, a positive dx to the right. Pooling takes the maximum of each window of
kernel_size x kernel_size pixels, windows lying side by side (stride = kernel_size, no padding; rows and columns that fill
no window are left out).

Arguments
    image          (H, W), a tensor
    kernel_size    int
    limit          int: shifts with |dy| <= limit and |dx| <= limit are tried
Returns
    the list of all shifts (dy, dx), as tuples of ints, for which the pooled map of the shifted image equals that of the image
    itself; sorted by dy, then by dx. (0, 0) is always one of them.

Example
    >>> image = torch.tensor([[0., 0., 0., 0.],
    ...                       [0., 7., 0., 0.]])               # one bright pixel, at the bottom right of its window
    >>> max_pool_invariance(image, kernel_size=2, limit=1)     # it may go up or left, and both, but no further
    [(-1, -1), (-1, 0), (0, -1), (0, 0)]

Not allowed: nothing; torch.nn.functional.max_pool2d is there to be used.

Read: Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 9.3; Azulay and Weiss, JMLR 2019.
"""

import torch


def max_pool_invariance(image, kernel_size, limit):
    raise NotImplementedError
