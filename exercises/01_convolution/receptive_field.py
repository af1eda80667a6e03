"""The receptive field: how much of the image one unit of a deep layer can see.

A unit of the first layer looks at a window of the image; one of the second layer looks at a window of first-layer
units, and so at a larger part of the image. The receptive field grows with every layer, and after a stride every further
layer adds more to it, since neighbouring units have moved apart in the image.

Follow two numbers through the layers, along one axis: `reach`, the pixels a unit covers from the first it sees to the
last, both included, and `jump`, the pixels between two neighbouring units. Both are 1 at the image itself. A layer with
kernel k, stride s and dilation d

    adds (k - 1) * d * jump  to reach,   then multiplies  jump by s.

Arguments
    layers    a list of (kernel, stride, dilation), the layer next to the image first; it may be empty
Returns
    an int: the receptive field of one unit of the last layer, in pixels of the image

Example
    >>> receptive_field([(3, 1, 1)])
    3
    >>> receptive_field([(3, 1, 1), (3, 1, 1)])        # two 3x3 layers see as much as one 5x5
    5
    >>> receptive_field([(3, 2, 1), (3, 1, 1)])        # the second layer's units lie 2 pixels apart
    7
    >>> receptive_field([])
    1

Not allowed: nothing; there is nothing to import.

Read: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill 2019.
"""


def receptive_field(layers):
    raise NotImplementedError
