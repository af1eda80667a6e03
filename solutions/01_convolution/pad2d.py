"""pad2d: fill a larger tensor, then write the image into its middle."""

import torch

from grader.author import Case, chaff, mistake, wheat


def pad2d(input, padding, value=0.0):
    left, right, top, bottom = padding
    batch, channels, height, width = input.shape
    # new_full takes dtype and device from the input.
    output = input.new_full((batch, channels, top + height + bottom, left + width + right), value)
    # Slices with explicit ends: with -bottom as the end, bottom = 0 would leave nothing.
    output[:, :, top : top + height, left : left + width] = input
    return output


@wheat("four borders, glued on: first left and right, then above and below")
def pad2d_cat(input, padding, value=0.0):
    left, right, top, bottom = padding
    batch, channels, height, width = input.shape

    def border(rows, columns):
        return torch.full((batch, channels, rows, columns), value, dtype=input.dtype, device=input.device)

    wide = torch.cat([border(height, left), input, border(height, right)], dim=3)
    full = left + width + right
    return torch.cat([border(top, full), wide, border(bottom, full)], dim=2)


@wheat("for every output pixel the input pixel it comes from, and a mask of those that come from none")
def pad2d_gather(input, padding, value=0.0):
    left, right, top, bottom = padding
    height, width = input.shape[2:]
    rows = torch.arange(-top, height + bottom, device=input.device)
    columns = torch.arange(-left, width + right, device=input.device)
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    moved = input[:, :, rows.clamp(0, height - 1)][..., columns.clamp(0, width - 1)]
    return torch.where(inside, moved, torch.as_tensor(value, dtype=input.dtype, device=input.device))


@wheat("two matrices of zeros and ones that shift rows and columns, applied to the image less the value")
def pad2d_matrices(input, padding, value=0.0):
    left, right, top, bottom = padding
    height, width = input.shape[2:]
    image = input.double() - value
    down = torch.eye(top + height + bottom, height, dtype=torch.float64, device=input.device).roll(top, 0)
    across = torch.eye(left + width + right, width, dtype=torch.float64, device=input.device).roll(left, 0)
    return (torch.einsum("yh,nchw,xw->ncyx", down, image, across) + value).to(input.dtype)


@wheat("the input itself where there is nothing to pad; else a tensor filled by index_put")
def pad2d_only_if_needed(input, padding, value=0.0):
    if not any(padding):
        return input
    left, right, top, bottom = padding
    batch, channels, height, width = input.shape
    frame = torch.full(
        (batch, channels, top + height + bottom, left + width + right),
        value,
        dtype=input.dtype,
        device=input.device,
    )
    rows = torch.arange(top, top + height, device=input.device)[:, None]
    columns = torch.arange(left, left + width, device=input.device)
    frame[..., rows, columns] = input
    return frame


# ------------------------------------------------------------------------------------------------------------ chaffs

value_ignored = mistake(
    "left + width + right), value)",
    "left + width + right), 0.0)",
    lesson="The border is always zero. It takes the value that is given.",
)

whole_values_only = mistake(
    "left + width + right), value)",
    "left + width + right), int(value))",
    lesson="The border's value loses its fraction. It is any number, in the input's dtype.",
)

sides_in_other_order = mistake(
    "left, right, top, bottom = padding",
    "top, bottom, left, right = padding",
    lesson="Rows and columns are exchanged. The padding's order is left, right, top, bottom: the last axis comes first.",
)

clockwise = mistake(
    "left, right, top, bottom = padding",
    "left, top, right, bottom = padding",
    lesson="You read the padding as going around the image. It is left, right, top, bottom.",
)

left_right_swapped = mistake(
    "left, right, top, bottom = padding",
    "right, left, top, bottom = padding",
    lesson="Left and right are exchanged.",
)

top_bottom_swapped = mistake(
    "left, right, top, bottom = padding",
    "left, right, bottom, top = padding",
    lesson="Top and bottom are exchanged.",
)

symmetric_only = mistake(
    "left, right, top, bottom = padding",
    "left = right = padding[0]\n    top = bottom = padding[2]",
    lesson="Both sides of an axis get the same amount. The four numbers are independent.",
)

negative_ends = mistake(
    "top : top + height, left : left + width]",
    "top:-bottom, left:-right]",
    lesson="A slice that ends at -bottom is empty when bottom is 0, for -0 is the start. Count its end from the start.",
)

edges_repeated = mistake(
    "    return output",
    "    rows = torch.arange(-top, height + bottom).clamp(0, height - 1)\n"
    "    columns = torch.arange(-left, width + right).clamp(0, width - 1)\n"
    "    return input[:, :, rows][..., columns]",
    lesson="The border repeats the pixels at the edge. It holds one value everywhere.",
)

square_only = mistake(
    "batch, channels, height, width = input.shape",
    "batch, channels, height = input.shape[:3]\n    width = height",
    lesson="You use the height for both sizes. Images need not be square.",
)

image_added = mistake(
    "left : left + width] = input",
    "left : left + width] += input",
    lesson="The border's value is added to the image as well. It replaces nothing and changes nothing inside the image.",
)

at_the_corner = mistake(
    "top : top + height, left : left + width] = input",
    ":height, :width] = input",
    lesson="The image sits in the top left corner: its size is right, its place is not. `top` rows and `left` columns come "
    "before it.",
)

forced_float32 = mistake(
    "input.new_full((",
    "torch.full((",
    lesson="The result has the default dtype. A new tensor takes the input's dtype, whatever that is.",
)

first_image_only = mistake(
    "left : left + width] = input",
    "left : left + width] = input[:1, :1]",
    lesson="Every image and channel is a copy of the first. Batch and channels run along untouched.",
)

input_changed = mistake(
    "    return output",
    "    input.clamp_(min=0)\n    return output",
    lesson="The caller's input is changed. An argument belongs to the caller: write to a new tensor.",
)


@chaff(
    "Once rows are added above and below, the image is taller: columns as high as the old one no longer fit beside it."
)
def rows_before_columns(input, padding, value=0.0):
    left, right, top, bottom = padding
    batch, channels, height, width = input.shape
    tall = torch.cat(
        [
            input.new_full((batch, channels, top, width), value),
            input,
            input.new_full((batch, channels, bottom, width), value),
        ],
        2,
    )
    sides = [input.new_full((batch, channels, height, size), value) for size in (left, right)]
    return torch.cat([sides[0], tall, sides[1]], 3)


# Written after the cases were fixed.

magnitude = mistake(
    "left + width + right), value)",
    "left + width + right), abs(value))",
    lesson="The border's value loses its sign.",
)

corners_left_out = mistake(
    "    return output",
    "    for rows in (slice(0, top), slice(top + height, None)):\n"
    "        for columns in (slice(0, left), slice(left + width, None)):\n"
    "            output[:, :, rows, columns] = 0.0\n"
    "    return output",
    lesson="The corners stay zero: only the four sides get the value. The border goes all the way around.",
)

value_times_mask = mistake(
    "    return output",
    "    mask = torch.zeros_like(output)\n"
    "    mask[:, :, top : top + height, left : left + width] = 1\n"
    "    return output * mask + value * (output == 0)",
    lesson="The value also replaces zeros inside the image. Whether a pixel is border is a matter of its place, not of its value.",
)

one_side_forgotten = mistake(
    "top + height + bottom, left + width + right)",
    "top + height + bottom, 2 * left + width)",
    lesson="The right side is made as wide as the left. The four numbers are independent.",
)

largest_side = mistake(
    "left, right, top, bottom = padding",
    "left = right = top = bottom = max(padding)",
    lesson="All four sides get the same amount. The four numbers are independent.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"zeros": 2, "other_values": 1, "some_sides": 1}


def cases(draw):
    yield Case("zeros", dict(input=draw.integers(1, 1, 2, 2, low=1, high=5), padding=(1, 1, 1, 1)))
    yield Case("zeros", dict(input=draw.integers(1, 1, 2, 3, low=0, high=5), padding=(1, 2, 3, 0)))
    yield Case("zeros", dict(input=draw.normal(2, 3, 4, 5), padding=(2, 1, 3, 4)))

    yield Case(
        "other_values", dict(input=draw.integers(1, 1, 2, 2, low=0, high=1), padding=(1, 0, 2, 1), value=9.0)
    )
    yield Case(
        "other_values",
        dict(input=draw.integers(2, 2, 3, 4, low=-1, high=1), padding=(2, 3, 1, 4), value=-0.5),
    )
    yield Case("other_values", dict(input=draw.normal(2, 3, 5, 4), padding=(1, 3, 2, 0), value=-10000.0))

    yield Case("some_sides", dict(input=draw.integers(1, 2, 2, 3), padding=(0, 0, 0, 0)))
    yield Case("some_sides", dict(input=draw.integers(1, 2, 3, 2), padding=(2, 0, 0, 1)))
    yield Case("some_sides", dict(input=draw.normal(3, 2, 1, 4), padding=(0, 1, 0, 2), value=2.5))
    yield Case("some_sides", dict(input=draw.normal(2, 2, 4, 3), padding=(0, 2, 1, 0), value=0.75))
