"""Rotating images: every pixel of the result asks where it came from.

A rotated pixel rarely lands on another pixel's place. Sending pixels forwards therefore leaves holes; instead one goes
backwards, from each place of the result to a point of the input, which lies between four pixels, and mixes those.

The image turns counter-clockwise, as seen, about its centre (cy, cx) = ((H - 1) / 2, (W - 1) / 2). With the angle a and the
offset (v, u) = (y - cy, x - cx) of a place from the centre, its content comes from the point

    sx = cx + u * cos(a) - v * sin(a)
    sy = cy + u * sin(a) + v * cos(a)

(rows are counted downwards). The value there is bilinear: with y0 = floor(sy), fy = sy - y0, and likewise for x,

    (1 - fy) * (1 - fx) * I[y0, x0]  +  (1 - fy) * fx * I[y0, x0 + 1]
        + fy * (1 - fx) * I[y0 + 1, x0]  +  fy * fx * I[y0 + 1, x0 + 1]

where I is 0 outside the image.

Arguments
    input      (N, C, H, W)
    degrees    float; 90 is a quarter turn counter-clockwise
Returns
    (N, C, H, W), of the input's dtype and on its device

Example
    >>> image = torch.tensor([[[[0., 0., 0.],
    ...                         [0., 0., 4.],
    ...                         [0., 0., 0.]]]])
    >>> rotate(image, 90.0).round().abs()                  # from the right to the top
    tensor([[[[0., 4., 0.],
              [0., 0., 0.],
              [0., 0., 0.]]]])
    >>> rotate(image, 45.0)[0, 0, 0]                       # each place mixes what lies around its source
    tensor([0.0000, 0.8284, 2.3431])

Gradients with respect to the input are judged too.

Not allowed: PyTorch's grid_sample, affine_grid and rot90, under any name.

Read: Jaderberg, Simonyan, Zisserman and Kavukcuoglu, "Spatial transformer networks", NeurIPS 2015, sections 3.2 and 3.3.
"""

import torch


def rotate(input, degrees):
    raise NotImplementedError
