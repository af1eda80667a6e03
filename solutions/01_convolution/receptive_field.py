"""receptive_field: forwards with reach and jump; checked backwards, and by tracing the pixels."""

from grader.author import Case, chaff, mistake, wheat


def receptive_field(layers):
    reach, jump = 1, 1  # one pixel sees itself, and its neighbour is one pixel away
    for kernel, stride, dilation in layers:
        # From the first unit of the window to the last there are (kernel - 1) gaps of `dilation` units,
        # and each unit of this layer's input is `jump` pixels.
        reach += (kernel - 1) * dilation * jump
        jump *= stride
    return reach


@wheat("backwards: how many units of each layer's input does a span of its output need")
def receptive_field_backwards(layers):
    span = 1
    for kernel, stride, dilation in reversed(layers):
        span = (span - 1) * stride + dilation * (kernel - 1) + 1
    return span


@wheat("by tracing: which pixels does one unit depend on")
def receptive_field_traced(layers):
    seen = {0}
    for kernel, stride, dilation in list(layers)[::-1]:
        first, last = min(seen), max(seen)
        seen = {unit * stride + i * dilation for unit in (first, last) for i in range(kernel)}
    return max(seen) - min(seen) + 1


@wheat("as a sum over the layers, each with the product of the strides before it")
def receptive_field_sum(layers):
    from math import prod

    strides = [stride for _, stride, _ in layers]
    return 1 + sum((k - 1) * d * prod(strides[:at]) for at, (k, _, d) in enumerate(layers))


# ------------------------------------------------------------------------------------------------------------ chaffs

stride_too_early = mistake(
    "reach += (kernel - 1) * dilation * jump\n        jump *= stride",
    "jump *= stride\n        reach += (kernel - 1) * dilation * jump",
    lesson="A layer's own stride enters its own reach. It moves that layer's outputs apart, which only later layers notice.",
)

own_stride_only = mistake(
    "        jump *= stride",
    "        jump = stride",
    lesson="Only the stride of the layer before counts. Strides multiply: after two layers of stride 2, units lie 4 pixels apart.",
)

strides_added = mistake(
    "        jump *= stride",
    "        jump += stride - 1",
    lesson="The strides are added up. They multiply: after two layers of stride 3, units lie 9 pixels apart.",
)

stride_ignored = mistake(
    "        jump *= stride",
    "",
    lesson="The strides have no effect. After a stride, neighbouring units are further apart in the image, and a window over "
    "them covers more.",
)

dilation_ignored = mistake(
    "(kernel - 1) * dilation * jump",
    "(kernel - 1) * jump",
    lesson="The dilation has no effect. A dilated kernel reaches further with as many elements.",
)

dilation_kept = mistake(
    "jump *= stride",
    "jump *= stride * dilation",
    lesson="A dilation is carried on to later layers, as a stride is. It spreads one layer's kernel and does not move its "
    "outputs apart.",
)

whole_kernel = mistake(
    "(kernel - 1) * dilation * jump",
    "kernel * dilation * jump",
    lesson="Each layer adds its whole kernel. One of its elements lies where the unit already was: the gaps are what is added.",
)

starts_at_zero = mistake(
    "reach, jump = 1, 1",
    "reach, jump = 0, 1",
    lesson="The result is one too small: you count gaps. A pixel sees one pixel, itself.",
)

kernels_multiplied = mistake(
    "reach += (kernel - 1) * dilation * jump",
    "reach *= dilation * (kernel - 1) + 1",
    lesson="The kernels are multiplied. Windows of neighbouring units overlap, so each layer adds to the reach.",
)

largest_layer = mistake(
    "reach += (kernel - 1) * dilation * jump",
    "reach = max(reach, (kernel - 1) * dilation * jump + 1)",
    lesson="You keep the layer that reaches furthest. The layers' reaches add up, because each looks through all before it.",
)

last_layer_left_out = mistake(
    "for kernel, stride, dilation in layers:",
    "for kernel, stride, dilation in layers[:-1]:",
    lesson="The last layer is left out. Asked for is the field of one of its own units.",
)

arguments_swapped = mistake(
    "for kernel, stride, dilation in layers:",
    "for kernel, dilation, stride in layers:",
    lesson="Stride and dilation are exchanged. A layer is (kernel, stride, dilation).",
)

reversed_layers = mistake(
    "for kernel, stride, dilation in layers:",
    "for kernel, stride, dilation in reversed(layers):",
    lesson="The layers are taken from the deepest to the first. Strides act on the layers that come after them.",
)


@chaff(
    "You count the pixels that enter. A dilated kernel skips some; the receptive field is the span from first to last."
)
def pixels_counted(layers):
    seen = {0}
    for kernel, stride, dilation in reversed(layers):
        seen = {unit * stride + i * dilation for unit in seen for i in range(kernel)}
    return len(seen)


# Written after the cases were fixed.

stride_added_to_reach = mistake(
    "reach += (kernel - 1) * dilation * jump",
    "reach += (kernel - 1) * dilation * jump + (stride - 1)",
    lesson="Each stride is added to the reach as well. A stride moves units apart; one unit of that layer sees no more for it.",
)

radius_rounded = mistake(
    "reach += (kernel - 1) * dilation * jump",
    "reach += 2 * (kernel // 2) * dilation * jump",
    lesson="You add half a kernel on both sides. An even kernel reaches one pixel less than that.",
)

dilated_too_far = mistake(
    "reach += (kernel - 1) * dilation * jump",
    "reach += (kernel * dilation - 1) * jump",
    lesson="A dilated kernel's reach is counted as kernel * dilation. Only the gaps between its elements are spread.",
)

empty_is_zero = mistake(
    "    reach, jump = 1, 1",
    "    if not layers:\n        return 0\n    reach, jump = 1, 1",
    lesson="Without layers there is still the pixel itself: its receptive field is 1.",
)

pointwise_skipped = mistake(
    "        reach += (kernel - 1) * dilation * jump",
    "        if kernel == 1:\n            continue\n        reach += (kernel - 1) * dilation * jump",
    lesson="Layers with a kernel of 1 are skipped whole. They add nothing to the reach, but their stride still moves units apart.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_layer": 1, "stacked": 1, "stride": 2, "dilation": 1, "networks": 1}


def cases(draw):
    def case(check, *layers):
        return Case(check, dict(layers=list(layers)))

    yield case("one_layer", (3, 1, 1))
    yield case("one_layer", (1, 1, 1))
    yield case("one_layer", (5, 2, 1))
    yield case("one_layer", (4, 1, 1))
    yield case("one_layer")

    yield case("stacked", (3, 1, 1), (3, 1, 1))
    yield case("stacked", (2, 1, 1), (3, 1, 1), (5, 1, 1))
    yield case("stacked", *[(draw.size(2, 7), 1, 1) for _ in range(5)])

    yield case("stride", (3, 2, 1), (3, 1, 1))
    yield case("stride", (3, 1, 1), (3, 2, 1))
    yield case("stride", (3, 3, 1), (2, 3, 1), (3, 1, 1))
    yield case("stride", (3, 2, 1), (1, 2, 1), (4, 1, 1))
    yield case("stride", *[(draw.size(2, 7), draw.size(1, 3), 1) for _ in range(4)], (3, 2, 1), (5, 3, 1))

    yield case("dilation", (3, 1, 2))
    yield case("dilation", (3, 1, 1), (3, 1, 2), (3, 1, 4))
    yield case("dilation", (4, 1, 3), (2, 1, 5))
    yield case("dilation", (3, 2, 1), (3, 2, 3), (5, 1, 2))

    # the front of AlexNet, the front of ResNet, and drawn ones
    yield case("networks", (11, 4, 1), (3, 2, 1), (5, 1, 1), (3, 2, 1))
    yield case("networks", (7, 2, 1), (3, 2, 1), *[(3, 1, 1)] * 4, (3, 2, 1), *[(3, 1, 1)] * 3)
    for _ in range(3):
        yield case("networks", *[(draw.size(1, 7), draw.size(1, 3), draw.size(1, 3)) for _ in range(6)])
