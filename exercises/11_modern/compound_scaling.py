"""Compound scaling: make a network larger in all three directions at once.

A network can be made deeper (more layers), wider (more channels) or fed with larger images. Any one of them alone soon
stops paying. EfficientNet scales all three by fixed factors to the power of one number phi:

    depth * alpha^phi        width * beta^phi        resolution * gamma^phi

The cost grows with depth, with the square of the width and with the square of the resolution, so by
(alpha * beta^2 * gamma^2)^phi; the paper's factors make that about 2^phi. Layers, channels and pixels are whole numbers:

    depth         rounded up
    width         to the nearest multiple of 8 (halves up), but at least 8; and if that is less than 90 % of the exact
                  width, 8 more
    resolution    to the nearest whole number (halves up)

    compound_scaling(phi, depth, width, resolution, alpha=1.2, beta=1.1, gamma=1.15) -> (depth, width, resolution)

Arguments
    phi                         float, may be 0 or negative
    depth, width, resolution    ints, the base network's
    alpha, beta, gamma          floats, at least 1
Returns
    three ints

Example
    >>> compound_scaling(0, depth=2, width=32, resolution=224)
    (2, 32, 224)
    >>> compound_scaling(3, depth=2, width=32, resolution=224)        # 3.456, 42.592 and 340.676
    (4, 40, 341)
    >>> compound_scaling(1, depth=1, width=10, resolution=20)         # 11: the nearest multiple is 8, under 9.9, so 16
    (2, 16, 23)

Not allowed: nothing.

Read: Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019, section 3.3.
"""


def compound_scaling(phi, depth, width, resolution, alpha=1.2, beta=1.1, gamma=1.15):
    raise NotImplementedError
