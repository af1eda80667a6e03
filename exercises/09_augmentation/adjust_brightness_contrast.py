"""Brightness and contrast: the same scene under another light.

A photograph taken at dusk shows what one at noon shows. Brightness moves all of an image's values by the same amount;
contrast stretches them about the image's own mean, so that a flat grey stays grey.

    output[n] = clamp( (input[n] - mean[n]) * contrast + mean[n] + brightness,  0, 1 )

mean[n] is the mean over all channels and positions of image n. Pixel values live in [0, 1], and what falls outside is set
to the nearer end.

Arguments
    input                   (N, C, H, W), values in [0, 1]
    brightness, contrast    a float for all images, or a tensor (N,) with one for each
Returns
    (N, C, H, W), of the input's dtype and on its device

Example
    >>> image = torch.tensor([[[[0.25, 0.5],
    ...                         [0.50, 0.75]]]])                     # mean 0.5
    >>> adjust_brightness_contrast(image, brightness=0.125)
    tensor([[[[0.3750, 0.6250],
              [0.6250, 0.8750]]]])
    >>> adjust_brightness_contrast(image, contrast=3.0)            # -0.25 and 1.25 are cut off
    tensor([[[[0.0000, 0.5000],
              [0.5000, 1.0000]]]])

Gradients with respect to the input are judged too. They pass through the mean; where a value was cut off there is none.

Not allowed: nothing of PyTorch.

Read: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", NeurIPS 2012,
section 4.1.
"""

import torch


def adjust_brightness_contrast(input, brightness=0.0, contrast=1.0):
    raise NotImplementedError
