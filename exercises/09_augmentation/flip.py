"""Flipping images: the cheapest new training example there is.

A cat looks the other way and is still a cat, so its mirror image is a second example for free. Not every image allows it:
a mirrored 2 is no digit, and few photographs make sense upside down. Which flips keep the label is for you to know.

    horizontal    left and right change places:   output[..., y, x] = input[..., y, W - 1 - x]
    vertical      top and bottom change places:   output[..., y, x] = input[..., H - 1 - y, x]

Both together are a rotation by 180 degrees; neither leaves the image as it is.

Arguments
    input                   (N, C, H, W)
    horizontal, vertical    bools
Returns
    (N, C, H, W), of the input's dtype and on its device

Example
    >>> image = torch.tensor([[[[1., 2., 3.],
    ...                         [4., 5., 6.]]]])
    >>> flip(image)
    tensor([[[[3., 2., 1.],
              [6., 5., 4.]]]])
    >>> flip(image, horizontal=False, vertical=True)
    tensor([[[[4., 5., 6.],
              [1., 2., 3.]]]])

Gradients are judged too.

Not allowed: PyTorch's flip, fliplr, flipud and rot90, under any name.

Read: Shorten and Khoshgoftaar, "A survey on image data augmentation for deep learning", Journal of Big Data, 2019.
"""

import torch


def flip(input, horizontal=True, vertical=False):
    raise NotImplementedError
