"""Random crops: a window of fixed size, somewhere in the image, somewhere else each time.

Whoever trains on random windows sees each image from many places and learns not to rely on where things stand. With a
border of zeros around the image the windows may be as large as the image itself: the recipe that most networks for
small images are trained with is a border of 4 and windows of 32 x 32.

For each image of the batch by itself:
1. put `padding` rows and columns of zeros on every side;
2. choose the window's top row and its left column, independently, each of the possible ones with equal probability, from
   `generator`. A window of height h has H + 2 * padding - h + 1 possible top rows, the first and the last included;
3. cut it out, the same window from all channels.

Arguments
    input        (N, C, H, W)
    size         the window: an int, or a pair (height, width), not larger than the padded image
    generator    a torch.Generator on the input's device; the only source of randomness
    padding      int
Returns
    (N, C, height, width), of the input's dtype and on its device

Example
    >>> image = torch.arange(1., 7.).reshape(1, 1, 2, 3).expand(100, 1, 2, 3)
    >>> crops = random_crop(image, (1, 2), torch.Generator().manual_seed(0))
    >>> crops.shape
    torch.Size([100, 1, 1, 2])
    >>> sorted({tuple(crop.flatten().tolist()) for crop in crops})       # all four windows occur
    [(1.0, 2.0), (2.0, 3.0), (4.0, 5.0), (5.0, 6.0)]

The judge looks at how often each window is chosen, at whole batches, and at two calls in a row. A right answer fails by
bad luck less than once in a million times. Gradients are judged where there is only one window to choose.

Not allowed: nothing of PyTorch. (There is no torchvision in the sandbox.)

Read: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.2.
"""

import torch


def random_crop(input, size, generator, padding=0):
    raise NotImplementedError
