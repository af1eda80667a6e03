"""parameter_count: one rule per type; checked against shapes and against real layers."""

from grader.author import Case, chaff, mistake, wheat


def parameter_count(layers):
    total = 0
    for layer in layers:
        if layer["type"] == "conv":
            kernel = layer["kernel_size"]
            kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel
            # Each output channel sees the input channels of its own group only.
            seen = layer["in_channels"] // layer.get("groups", 1)
            total += layer["out_channels"] * seen * kh * kw
            total += layer["out_channels"] if layer.get("bias", True) else 0
        elif layer["type"] == "linear":
            total += layer["out_features"] * layer["in_features"]
            total += layer["out_features"] if layer.get("bias", True) else 0
        elif layer["type"] == "batchnorm":
            total += 2 * layer["num_features"]
    return total


@wheat("the shapes of all parameters, and the product of each")
def parameter_count_shapes(layers):
    from math import prod

    shapes = []
    for layer in layers:
        kind = layer["type"]
        if kind == "batchnorm":
            shapes += [(layer["num_features"],)] * 2
            continue
        if kind not in ("conv", "linear"):
            continue
        if kind == "conv":
            size = layer["kernel_size"]
            size = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
            outputs = layer["out_channels"]
            shapes.append((outputs, layer["in_channels"] // layer.get("groups", 1), *size))
        else:
            outputs = layer["out_features"]
            shapes.append((outputs, layer["in_features"]))
        if layer.get("bias", True):
            shapes.append((outputs,))
    return sum(prod(shape) for shape in shapes)


@wheat("real layers, on a device that holds no data, and their parameters counted")
def parameter_count_modules(layers):
    from torch import nn

    makers = {"conv": nn.Conv2d, "linear": nn.Linear, "batchnorm": nn.BatchNorm2d}
    made = [
        makers[layer["type"]](**{k: v for k, v in layer.items() if k != "type"}, device="meta")
        for layer in layers
        if layer["type"] in makers
    ]
    return sum(parameter.numel() for module in made for parameter in module.parameters())


@wheat(
    "a function per type with the defaults in its signature: inputs per unit, plus one for a bias, times units"
)
def parameter_count_units(layers):
    def conv(in_channels, out_channels, kernel_size, groups=1, bias=True, **_):
        pair = [kernel_size] * 2 if isinstance(kernel_size, int) else kernel_size
        return out_channels * (in_channels * pair[0] * pair[1] // groups + bool(bias))

    def linear(in_features, out_features, bias=True, **_):
        return out_features * (in_features + bool(bias))

    def batchnorm(num_features, **_):
        return num_features + num_features

    rules = {"conv": conv, "linear": linear, "batchnorm": batchnorm}
    return sum(rules.get(layer["type"], lambda **_: 0)(**layer) for layer in layers)


# ------------------------------------------------------------------------------------------------------------ chaffs

conv_bias_left_out = mistake(
    'total += layer["out_channels"] if layer.get("bias", True) else 0',
    'total += layer["out_channels"] if layer.get("bias", False) else 0',
    lesson="Convolutions have no bias unless they say so. It is the other way round: without a word there is one.",
)

linear_bias_left_out = mistake(
    'total += layer["out_features"] if layer.get("bias", True) else 0',
    'total += layer["out_features"] if layer.get("bias", False) else 0',
    lesson="Fully connected layers have no bias unless they say so. It is the other way round: without a word there is one.",
)

bias_always = mistake(
    'total += layer["out_channels"] if layer.get("bias", True) else 0',
    'total += layer["out_channels"]',
    'total += layer["out_features"] if layer.get("bias", True) else 0',
    'total += layer["out_features"]',
    lesson='"bias": False has no effect. Layers followed by batch norm usually have no bias of their own.',
)

bias_per_input = mistake(
    'total += layer["out_channels"] if layer.get("bias", True) else 0',
    'total += layer["in_channels"] if layer.get("bias", True) else 0',
    lesson="A convolution's biases are counted by its input channels. Each output channel has one.",
)

one_bias = mistake(
    'total += layer["out_channels"] if layer.get("bias", True) else 0',
    'total += 1 if layer.get("bias", True) else 0',
    lesson="A convolution has one bias for each output channel, not one in all.",
)

groups_ignored = mistake(
    'layer["in_channels"] // layer.get("groups", 1)',
    'layer["in_channels"]',
    lesson="Groups have no effect. With G groups every output channel sees only 1/G of the input channels, and that is their point.",
)

groups_twice = mistake(
    'total += layer["out_channels"] * seen * kh * kw',
    'total += layer["out_channels"] // layer.get("groups", 1) * seen * kh * kw',
    lesson="The groups divide both numbers of channels. There are G blocks of that size, so one division is undone.",
)

square_kernel = mistake(
    "kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel",
    "kh = kw = kernel if isinstance(kernel, int) else kernel[0]",
    lesson="You use the kernel's height for both of its sizes. A pair is (vertical, horizontal).",
)

kernel_not_squared = mistake(
    "kh, kw = (kernel, kernel)",
    "kh, kw = (kernel, 1)",
    lesson="A kernel_size of k is counted as k weights. The kernel is k x k.",
)

input_channels_forgotten = mistake(
    'layer["out_channels"] * seen * kh * kw',
    'layer["out_channels"] * kh * kw',
    lesson="Each kernel is counted as if it saw one channel. It has a plane of weights for every channel it sees.",
)

running_statistics_counted = mistake(
    '2 * layer["num_features"]',
    '4 * layer["num_features"]',
    lesson="Batch norm's running mean and variance are counted. They are averages of what passed through, and no gradient changes "
    "them.",
)

batchnorm_scale_only = mistake(
    '2 * layer["num_features"]',
    'layer["num_features"]',
    lesson="Half of batch norm's parameters are missing: every channel has a scale and a shift.",
)

batchnorm_ignored = mistake(
    '2 * layer["num_features"]',
    "0",
    lesson="Batch norm is counted as having nothing to learn. After normalising it scales and shifts, by learnt amounts.",
)

last_layer_only = mistake(
    "    for layer in layers:\n",
    "    for layer in layers:\n        total = 0\n",
    lesson="The total is started anew for every layer, so that only the last one counts.",
)

a_float = mistake(
    'layer["in_channels"] // layer.get("groups", 1)',
    'layer["in_channels"] / layer.get("groups", 1)',
    lesson="The count comes out as a float, through a division with /. It is a whole number.",
)


@chaff(
    "A convolution's bias is counted for every weight plane. The sum over the planes comes first; one bias is added to it."
)
def bias_per_plane(layers):
    extra = 0
    for layer in layers:
        if layer["type"] == "conv" and layer.get("bias", True):
            extra += layer["out_channels"] * (layer["in_channels"] // layer.get("groups", 1) - 1)
    return parameter_count(layers) + extra


# Written after the cases were fixed.

equal_layers_once = mistake(
    "    for layer in layers:\n",
    "    for layer in [layer for at, layer in enumerate(layers) if layer not in layers[:at]]:\n",
    lesson="Layers that are described alike are counted once. Each has parameters of its own.",
)

bias_as_a_channel = mistake(
    'total += layer["out_channels"] * seen * kh * kw\n',
    'total += layer["out_channels"] * (seen + 1) * kh * kw - layer["out_channels"]\n',
    lesson="The bias is counted as if it were one more input channel. It is a single number per output channel.",
)

linear_bias_of_inputs = mistake(
    'total += layer["out_features"] if layer.get("bias", True) else 0',
    'total += layer["in_features"] if layer.get("bias", True) else 0',
    lesson="A fully connected layer's biases are counted by its inputs. Each output has one.",
)

other_types_as_features = mistake(
    'elif layer["type"] == "batchnorm":',
    'else:\n            layer = {"num_features": 1} | layer',
    lesson="Layers without parameters, such as ReLU and pooling, are counted as if they had some.",
)

kernel_sides_added = mistake(
    "seen * kh * kw",
    "seen * (kh + kw)",
    lesson="The kernel's sizes are added. It has kh rows of kw weights.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"conv": 2, "linear": 1, "batchnorm": 1, "networks": 1}


def cases(draw):
    def conv(inputs, outputs, kernel, **options):
        return dict(type="conv", in_channels=inputs, out_channels=outputs, kernel_size=kernel, **options)

    def linear(inputs, outputs, **options):
        return dict(type="linear", in_features=inputs, out_features=outputs, **options)

    def norm(features):
        return dict(type="batchnorm", num_features=features)

    def case(check, *layers):
        return Case(check, dict(layers=list(layers)))

    yield case("conv", conv(1, 1, 2))
    yield case("conv", conv(3, 8, 3))
    yield case("conv", conv(3, 8, 3, bias=False))
    yield case("conv", conv(2, 5, (3, 7)))
    yield case("conv", conv(4, 4, 3, groups=4))
    yield case("conv", conv(6, 9, (5, 2), groups=3, bias=True))
    yield case(
        "conv", conv(draw.size(2, 9), draw.size(10, 20), (draw.size(1, 3), draw.size(4, 7)), bias=False)
    )
    yield case("conv", conv(2 * draw.size(2, 9), 2 * draw.size(10, 20), draw.size(3, 7), groups=2))

    yield case("linear", linear(4, 3))
    yield case("linear", linear(3, 7, bias=False))
    yield case("linear", linear(draw.size(50, 99), draw.size(2, 40)), linear(5, 2, bias=True))

    yield case("batchnorm", norm(1))
    yield case("batchnorm", conv(2, 6, 3, bias=False), norm(6))
    yield case("batchnorm", norm(draw.size(5, 90)), norm(7))

    yield case("networks")
    yield case("networks", dict(type="relu"), dict(type="maxpool", kernel_size=2), dict(type="flatten"))
    # LeNet-5 as it is built today, and the front of a residual network
    yield case(
        "networks",
        conv(1, 6, 5),
        dict(type="relu"),
        dict(type="avgpool", kernel_size=2),
        conv(6, 16, 5),
        dict(type="relu"),
        dict(type="flatten"),
        linear(400, 120),
        linear(120, 84),
        dict(type="dropout", p=0.5),
        linear(84, 10),
    )
    yield case(
        "networks",
        conv(3, 64, 7, bias=False),
        norm(64),
        dict(type="relu"),
        *[conv(64, 64, 3, bias=False), norm(64)] * 4,
        conv(64, 64, 3, groups=64, bias=False),
        conv(64, 128, (1, 1)),
        linear(128, draw.size(10, 1000)),
    )
