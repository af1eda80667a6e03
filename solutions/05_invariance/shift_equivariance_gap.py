"""shift_equivariance_gap: shift then apply, apply then shift, compare."""

import copy

import torch

from grader.author import Case, Net, Statistic, chaff, mistake, wheat


def shift_equivariance_gap(layer, input, shift):
    was_training = layer.training
    modes = [(module, module.training) for module in layer.modules()]
    layer.eval()
    with torch.no_grad():
        output = layer(input)
        moved_before = layer(torch.roll(input, shift, dims=(-2, -1)))
    for module, mode in modes:
        module.training = mode
    assert layer.training == was_training
    # A stride of s makes s rows of the input one row of the output.
    small = [by * after // before for by, after, before in zip(shift, output.shape[-2:], input.shape[-2:])]
    moved_after = torch.roll(output, small, dims=(-2, -1))
    difference = (moved_before - moved_after).norm()
    return (difference / moved_after.norm()).item() if difference > 0 else 0.0


@wheat("on a copy of the layer, both images in one batch, shifted by indexing")
def shift_equivariance_gap_copy(layer, input, shift):
    twin = copy.deepcopy(layer).eval().requires_grad_(False)

    def rolled(image, dy, dx):
        rows = (torch.arange(image.shape[-2]) - dy) % image.shape[-2]
        columns = (torch.arange(image.shape[-1]) - dx) % image.shape[-1]
        return image[..., rows, :][..., columns]

    dy, dx = shift
    plain, a = twin(torch.cat([input, rolled(input, dy, dx)])).chunk(2)
    b = rolled(plain, dy * plain.shape[2] // input.shape[2], dx * plain.shape[3] // input.shape[3])
    squares = (a - b).square().sum().item()
    return (squares / b.square().sum().item()) ** 0.5 if squares else 0.0


@wheat("shifted by cutting and joining; norms of flattened vectors in float64")
def shift_equivariance_gap_cut(layer, input, shift):
    def joined(image, by, axis):
        by %= image.shape[axis]
        keep = image.shape[axis] - by
        first, last = image.split([keep, by], dim=axis)
        return torch.cat([last, first], dim=axis)

    before = {module: module.training for module in layer.modules()}
    try:
        layer.train(False)
        with torch.inference_mode():
            plain = layer(input.clone())
            a = layer(joined(joined(input, shift[0], 2), shift[1], 3))
            b = plain
            for axis, by in zip((2, 3), shift):
                b = joined(b, (by * plain.shape[axis]) // input.shape[axis], axis)
            gap = torch.dist(a.double(), b.double())
            return 0.0 if gap == 0 else float(gap / torch.linalg.vector_norm(b.double()))
    finally:
        for module, mode in before.items():
            module.training = mode


@wheat("shifted by laying the image beside itself; gradients may flow, and each part's mode is put back")
def shift_equivariance_gap_tiled(layer, input, shift):
    def tiled(image, dy, dx):
        height, width = image.shape[-2:]
        twice = image.repeat(1, 1, 2, 2)
        return twice[:, :, -dy % height :, -dx % width :][:, :, :height, :width]

    awake = [part for part in layer.modules() if part.training]
    for part in awake:
        part.training = False
    outputs = [layer(input.detach()), layer(tiled(input.detach(), *shift))]
    for part in awake:
        part.training = True
    (height, width), (tall, wide) = input.shape[2:], outputs[0].shape[2:]
    expected = tiled(outputs[0], (shift[0] * tall) // height, (shift[1] * wide) // width).flatten()
    difference = outputs[1].flatten() - expected
    if not difference.any():
        return 0.0
    return ((difference @ difference) / (expected @ expected)).sqrt().item()


# ------------------------------------------------------------------------------------------------------------ chaffs

input_for_output = mistake(
    "moved_after = torch.roll(output, small, dims=(-2, -1))",
    "moved_after = torch.roll(output, shift, dims=(-2, -1))",
    lesson="The output is shifted as far as the input. A layer that makes the image smaller makes the shift smaller too.",
)

output_not_shifted = mistake(
    "moved_after = torch.roll(output, small, dims=(-2, -1))",
    "moved_after = output",
    lesson="You compare with the output where it was: that measures invariance. Equivariance means that the output moves along.",
)

shifted_back = mistake(
    "moved_after = torch.roll(output, small, dims=(-2, -1))",
    "moved_after = torch.roll(output, [-by for by in small], dims=(-2, -1))",
    lesson="The output is shifted the other way.",
)

axes_exchanged = mistake(
    "    was_training = layer.training\n",
    "    was_training = layer.training\n    shift = shift[::-1]\n",
    lesson="dy and dx are exchanged: the shift is (rows, columns).",
)

rows_only = mistake(
    "    was_training = layer.training\n",
    "    was_training = layer.training\n    shift = (shift[0], 0)\n",
    lesson="Only the rows are shifted.",
)

rounded_up = mistake(
    "by * after // before",
    "-(-by * after // before)",
    lesson="The output's shift is rounded up. The statement rounds down.",
)

truncated = mistake(
    "by * after // before",
    "int(by * after / before)",
    lesson="The output's shift is rounded towards 0. The statement rounds down, which differs for negative shifts.",
)

absolute = mistake(
    "(difference / moved_after.norm()).item()",
    "difference.item()",
    lesson="The gap depends on how large the output's values are. It is relative: divide by the norm of what was expected.",
)

largest_difference = mistake(
    "difference = (moved_before - moved_after).norm()",
    "difference = (moved_before - moved_after).abs().max()",
    lesson="You take the largest difference. The norm counts them all.",
)

mean_difference = mistake(
    "difference = (moved_before - moved_after).norm()",
    "difference = (moved_before - moved_after).abs().mean()",
    "moved_after.norm()",
    "moved_after.abs().mean()",
    lesson="You take mean absolute differences. The norm squares them.",
)

squared = mistake(
    "(difference / moved_after.norm()).item()",
    "((difference / moved_after.norm()) ** 2).item()",
    lesson="This is the square of the gap: a root is missing.",
)

relative_to_input = mistake(
    "difference / moved_after.norm()",
    "difference / input.norm()",
    lesson="The difference is divided by the norm of the input. Outputs are compared, so it is the output's norm.",
)

relative_to_shifted = mistake(
    "difference / moved_after.norm()",
    "difference / moved_before.norm()",
    lesson="The difference is divided by the norm of the wrong one of the two: b is what was expected.",
)

in_training_mode = mistake(
    "    layer.eval()\n",
    "    layer.train()\n",
    lesson="The layer runs in training mode: batch norm takes the batch's statistics, and updates its running ones on the way.",
)

mode_ignored = mistake(
    "    layer.eval()\n",
    "",
    lesson="The layer runs in whatever mode it is in. In training mode, batch norm changes its running statistics as you measure.",
)

left_in_eval = mistake(
    "        module.training = mode\n",
    "        pass\n",
    "    assert layer.training == was_training\n",
    "",
    lesson="The layer is left in evaluation mode. Put it back as you found it.",
)

left_in_training = mistake(
    "        module.training = mode\n",
    "        module.training = True\n",
    "    assert layer.training == was_training\n",
    "",
    lesson="The layer is put in training mode at the end, whatever it was in before.",
)

zero_filled = mistake(
    "        moved_before = layer(torch.roll(input, shift, dims=(-2, -1)))\n",
    "        moved = torch.roll(input, shift, dims=(-2, -1))\n"
    "        moved[..., : max(shift[0], 0), :] = 0\n        moved[..., : max(shift[1], 0)] = 0\n"
    "        moved_before = layer(moved)\n",
    lesson="What leaves the image is replaced by zeros. The shift is cyclic, so that both orders see the same pixels.",
)

first_image_only = mistake(
    "output = layer(input)",
    "input = input[:1]\n        output = layer(input)",
    lesson="Only the first image of the batch is measured.",
)

batch_rolled = mistake(
    "layer(torch.roll(input, shift, dims=(-2, -1)))",
    "layer(torch.roll(input, shift, dims=(0, -1)))",
    lesson="The images of the batch are rolled, too: the last two axes are the image's.",
)

interior_only = mistake(
    "    difference = (moved_before - moved_after).norm()\n",
    "    moved_before, moved_after = moved_before[..., 1:-1, 1:-1], moved_after[..., 1:-1, 1:-1]\n"
    "    difference = (moved_before - moved_after).norm()\n",
    lesson="The border is left out of the comparison. It is where zero padding shows.",
)

unshifted_input = mistake(
    "layer(torch.roll(input, shift, dims=(-2, -1)))",
    "layer(input)",
    lesson="The input is never shifted.",
)

in_place = mistake(
    "        output = layer(input)\n        moved_before = layer(torch.roll(input, shift, dims=(-2, -1)))\n",
    "        output = layer(input)\n        input.copy_(torch.roll(input, shift, dims=(-2, -1)))\n"
    "        moved_before = layer(input)\n",
    lesson="The caller's input is shifted as well. Work on a copy.",
)

per_row_scale = mistake(
    "for by, after, before in zip(shift, output.shape[-2:], input.shape[-2:])",
    "for by, after, before in zip(shift, output.shape[-2:][:1] * 2, input.shape[-2:][:1] * 2)",
    lesson="The columns' shift is scaled like the rows'. A layer may shrink the two axes differently.",
)


@chaff("A tensor is returned, still attached to the graph.")
def tensor_returned(layer, input, shift):
    return torch.tensor([shift_equivariance_gap(layer, input, shift)])


stride_guessed = mistake(
    "by * after // before",
    "by // (before // after)",
    lesson="The shift is divided by a whole stride. Where H is no multiple of OH that is another number than dy * OH / H.",
)

rounded_to_nearest = mistake(
    "by * after // before",
    "round(by * after / before)",
    lesson="The output's shift is rounded to the nearest whole number. The statement rounds down.",
)

mean_of_images = mistake(
    "return (difference / moved_after.norm()).item() if difference > 0 else 0.0",
    "each = (moved_before - moved_after).flatten(1).norm(dim=1) / moved_after.flatten(1).norm(dim=1)\n"
    "    return each.mean().item() if difference > 0 else 0.0",
    lesson="A gap is computed for each image, and these are averaged. There is one norm over the whole batch.",
)

symmetric = mistake(
    "difference / moved_after.norm()",
    "2 * difference / (moved_after.norm() + moved_before.norm())",
    lesson="You divide by the mean of both norms. The gap is relative to b, what was expected, alone.",
)

outer_mode_only = mistake(
    "    for module, mode in modes:\n        module.training = mode\n",
    "    layer.training = was_training\n",
    lesson="Only the outermost module gets its mode back: its parts stay in evaluation mode.",
)

gradients_off = mistake(
    "    with torch.no_grad():\n",
    "    torch.set_grad_enabled(False)\n    if True:\n",
    lesson="Gradients are switched off for good: whoever trains afterwards wonders why nothing learns.",
)

frozen = mistake(
    "    layer.eval()\n",
    "    layer.eval()\n    layer.requires_grad_(False)\n",
    lesson="The layer's parameters are frozen and stay so. Leave the layer as you found it.",
)


@chaff(
    "A copy spares the caller's layer, but it runs in the mode the layer is in. Switch the copy to evaluation."
)
def copy_in_its_mode(layer, input, shift):
    twin = copy.deepcopy(layer)
    with torch.no_grad():
        moved_before, output = twin(torch.roll(input, shift, dims=(-2, -1))), twin(input)
    small = [by * after // before for by, after, before in zip(shift, output.shape[-2:], input.shape[-2:])]
    moved_after = torch.roll(output, small, dims=(-2, -1))
    difference = (moved_before - moved_after).norm()
    return (difference / moved_after.norm()).item() if difference > 0 else 0.0


rows_truncated = mistake(
    "small = [by * after // before for by, after, before in zip(shift, output.shape[-2:], input.shape[-2:])]",
    "small = [by * after // before for by, after, before in zip(shift, output.shape[-2:], input.shape[-2:])]\n"
    "    small[0] = int(shift[0] * output.shape[2] / input.shape[2])",
    lesson="The output's vertical shift is rounded towards 0. The statement rounds down, which differs for negative shifts.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"equivariant": 2, "borders": 2, "strides": 3, "modes": 2}
SKIP_FORMS = ("zero",)


def cases(draw):
    circular = {"padding": 1, "padding_mode": "circular"}
    # A gap of 0 comes out as rounding errors: bounds of 5.5 times 10^-6 on either side.
    nothing = [Statistic("the gap", "value", 0.0, 1e-6)]

    def case(check, net, input, shift, **more):
        return Case(check, dict(layer=net, input=input, shift=shift), **more)

    pixelwise = Net(("Conv2d", 1, 2, 1))
    yield case("equivariant", pixelwise, draw.integers(1, 1, 2, 3), (0, 1), statistics=nothing)
    around = Net(("Conv2d", 2, 3, 3, circular), "ReLU")
    yield case("equivariant", around, draw.normal(2, 2, 4, 5), (2, -1), statistics=nothing)
    halving = Net(("Conv2d", 2, 3, 3, {**circular, "stride": 2}))
    yield case("equivariant", halving, draw.normal(2, 2, 6, 4), (2, 0), statistics=nothing)
    pooling = Net(("MaxPool2d", (2, 3)))
    yield case("equivariant", pooling, draw.normal(2, 2, 6, 9), (-2, 3), statistics=nothing)

    padded = Net(("Conv2d", 1, 1, 3, {"padding": 1}))
    yield case("borders", padded, draw.integers(1, 1, 3, 3), (0, 1))
    yield case("borders", padded, draw.normal(3, 1, 5, 4, shift=0.5), (1, 2))
    yield case(
        "borders", Net(("Conv2d", 2, 2, (3, 1), {"padding": (1, 0)})), draw.normal(2, 2, 4, 6), (-1, 2)
    )

    yield case("strides", Net(("MaxPool2d", 2)), draw.distinct(1, 1, 2, 4, spacing=1.0), (0, 1))
    yield case("strides", Net(("MaxPool2d", 2)), draw.normal(2, 3, 6, 4), (1, 1))
    yield case("strides", halving, draw.normal(2, 2, 6, 8), (3, 1))
    yield case("strides", halving, draw.normal(2, 2, 8, 6), (-1, -3))
    yield case("strides", halving, draw.normal(2, 2, 5, 7), (4, -3))
    yield case("strides", Net(("AvgPool2d", (3, 2))), draw.normal(2, 2, 9, 6), (-2, 3))

    yield case("strides", Net(("MaxPool2d", (1, 2))), draw.normal(2, 2, 5, 8), (1, 5))

    normed = [("Conv2d", 2, 3, 3, {"padding": 1}), ("BatchNorm2d", 3), "ReLU"]
    yield case("modes", Net(*normed), draw.normal(3, 2, 4, 5), (1, 0))
    yield case("modes", Net(*normed, training=False), draw.normal(3, 2, 5, 4), (2, 1))
