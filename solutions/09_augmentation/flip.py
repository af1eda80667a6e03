"""flip: reading an axis backwards."""

import torch

from grader.author import Case, chaff, mistake, wheat


def flip(input, horizontal=True, vertical=False):
    output = input
    # PyTorch's slices have no negative steps; an index that counts down does the same.
    if horizontal:
        width = input.shape[3]
        output = output[:, :, :, torch.arange(width - 1, -1, -1, device=input.device)]
    if vertical:
        height = input.shape[2]
        output = output[:, :, torch.arange(height - 1, -1, -1, device=input.device), :]
    return output


@wheat("gather, with one index for both axes")
def flip_gather(input, horizontal=True, vertical=False):
    height, width = input.shape[2:]
    rows = torch.arange(height, device=input.device)
    columns = torch.arange(width, device=input.device)
    rows = height - 1 - rows if vertical else rows
    columns = width - 1 - columns if horizontal else columns
    index = (rows[:, None] * width + columns).flatten().expand(*input.shape[:2], -1)
    return input.flatten(2).gather(2, index).reshape(input.shape)


@wheat("products with the exchange matrix, whose ones lie on the other diagonal")
def flip_matrix(input, horizontal=True, vertical=False):
    def exchange(size):
        matrix = input.new_zeros(size, size)
        matrix[torch.arange(size), size - 1 - torch.arange(size)] = 1
        return matrix

    if horizontal:
        input = torch.einsum("nchw,wv->nchv", input, exchange(input.shape[3]))
    if vertical:
        input = torch.einsum("nchw,hg->ncgw", input, exchange(input.shape[2]))
    return input


@wheat("stacks the columns and the rows from the last to the first")
def flip_stack(input, horizontal=True, vertical=False):
    if horizontal:
        input = torch.stack(list(input.unbind(3))[::-1], dim=3)
    if vertical:
        input = torch.cat([row for row in reversed(input.split(1, dim=2))], dim=2)
    return input


@wheat("a grid of sources in one advanced index")
def flip_grid(input, horizontal=True, vertical=False):
    height, width = input.shape[-2:]
    rows = torch.linspace(height - 1, 0, height) if vertical else torch.linspace(0, height - 1, height)
    columns = torch.linspace(width - 1, 0, width) if horizontal else torch.linspace(0, width - 1, width)
    y, x = torch.meshgrid(rows.round().long(), columns.round().long(), indexing="ij")
    return input[..., y.to(input.device), x.to(input.device)]


# ------------------------------------------------------------------------------------------------------------ chaffs

axes_exchanged = mistake(
    "    if horizontal:\n",
    "    horizontal, vertical = vertical, horizontal\n    if horizontal:\n",
    lesson="The two flips are exchanged. A horizontal flip swaps left and right: it reverses the columns, the last axis.",
)

always_horizontal = mistake(
    "    if horizontal:\n",
    "    if True:\n",
    lesson="The horizontal flip happens whether it was asked for or not.",
)

vertical_ignored = mistake(
    "    if vertical:\n",
    "    if False:\n",
    lesson="The vertical flip never happens.",
)

one_of_both = mistake(
    "    if vertical:\n",
    "    elif vertical:\n",
    lesson="Asked for both flips, you do only one.",
)

second_forgets_first = mistake(
    "output = output[:, :, torch.arange(height - 1, -1, -1, device=input.device), :]",
    "output = input[:, :, torch.arange(height - 1, -1, -1, device=input.device), :]",
    lesson="Asked for both flips, the second one starts again from the input and the first is lost.",
)

last_pixel_lost = mistake(
    "torch.arange(width - 1, -1, -1, device=input.device)",
    "torch.arange(width - 1, 0, -1, device=input.device)",
    lesson="The image loses a column: a range that counts down to 0 stops before it.",
)

off_by_one = mistake(
    "torch.arange(width - 1, -1, -1, device=input.device)",
    "-torch.arange(width, device=input.device)",
    lesson="The reversed image is shifted by one: column 0 must come from the last column, W - 1, not from column 0.",
)

square_only = mistake(
    "height = input.shape[2]",
    "height = min(input.shape[2:])",
    lesson="You use the smaller of the two sizes for the height. Images need not be square.",
)

batch_reversed = mistake(
    "    return output",
    "    return output[torch.arange(len(input) - 1, -1, -1)]",
    lesson="The images of the batch change places too.",
)

channels_reversed = mistake(
    "    return output",
    "    return output[:, torch.arange(input.shape[1] - 1, -1, -1)]",
    lesson="The channels change places too: red becomes blue.",
)

in_place = mistake(
    "    return output",
    "    input.data.copy_(output.detach())\n    return output",
    lesson="The caller's images are flipped as well. Write to a new tensor.",
)

first_image_only = mistake(
    "    return output",
    "    return torch.cat([output[:1], input[1:]])",
    lesson="Only the first image of the batch is flipped.",
)

detached = mistake(
    "    return output",
    "    return output.detach()",
    lesson="The values are right, but detach() cuts the result off from the graph: no gradient reaches the input.",
)


float32 = mistake(
    "    return output",
    "    return output.float()",
    lesson="The result is float32 whatever came in. It has the input's dtype.",
)

both_alike = mistake(
    "    if vertical:\n",
    "    vertical = vertical or horizontal\n    if vertical:\n",
    lesson="A horizontal flip turns the image upside down as well.",
)


@chaff("You transpose the image: rows become columns. A flip keeps the shape and reverses one axis.")
def transposed(input, horizontal=True, vertical=False):
    return input.transpose(2, 3) if horizontal or vertical else input


@chaff("Columns are sorted by their values, which looks like a flip only for some images.")
def sorted_columns(input, horizontal=True, vertical=False):
    output = input.sort(dim=3, descending=True).values if horizontal else input
    return flip(output, False, vertical)


@chaff("Half of the image is mirrored onto the other half. The two halves change places.")
def mirrored_half(input, horizontal=True, vertical=False):
    output = flip(input, horizontal, vertical)
    half = input.shape[3] // 2
    return torch.cat([output[..., :half], input[..., half:]], dim=3) if horizontal else output


@chaff("The image is rotated cyclically by half its width. Its pixels must come in reverse order.")
def rolled(input, horizontal=True, vertical=False):
    output = torch.roll(input, input.shape[3] // 2, dims=3) if horizontal else input
    return flip(output, False, vertical)


gradient_not_flipped = mistake(
    "    return output",
    "    return input + (output - input).detach()",
    lesson="The values are right, but the gradient comes back as if nothing had been flipped. It belongs to the pixel a value came from.",
)

at_random = mistake(
    "    if horizontal:\n",
    "    if horizontal and torch.rand(()) < 0.5:\n",
    lesson="The flip is left to chance. When to flip is the caller's choice; this function does what it is told.",
)

everything_reversed = mistake(
    "output = output[:, :, :, torch.arange(width - 1, -1, -1, device=input.device)]",
    "output = output.reshape(-1)[torch.arange(input.numel() - 1, -1, -1)].reshape(input.shape)",
    lesson="All numbers are read backwards, across rows, channels and images. Only the order within each row changes.",
)

pairs_exchanged = mistake(
    "torch.arange(width - 1, -1, -1, device=input.device)",
    "(torch.arange(width, device=input.device) ^ 1).clamp(max=width - 1)",
    lesson="Neighbouring columns change places in pairs. The first one goes to the very end.",
)


@chaff("PyTorch's slices know no negative steps, other than Python's and NumPy's.")
def negative_step(input, horizontal=True, vertical=False):
    output = input
    if horizontal:
        output = output[:, :, :, ::-1]
    if vertical:
        output = output[:, :, ::-1, :]
    return output


@chaff(
    "Columns are exchanged in a loop over the whole width: in its second half it undoes what it did in its first."
)
def undone(input, horizontal=True, vertical=False):
    output = flip(input, False, vertical).clone()
    width = input.shape[3]
    for x in range(width if horizontal else 0):
        order = list(range(width))
        order[x], order[width - 1 - x] = order[width - 1 - x], order[x]
        output = output[:, :, :, order]
    return output


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"horizontal": 2, "vertical": 2, "both_or_none": 2, "gradients": 1}


def cases(draw):
    yield Case("horizontal", dict(input=draw.distinct(1, 1, 1, 3, spacing=1.0)))
    yield Case("horizontal", dict(input=draw.distinct(1, 1, 2, 3, spacing=1.0), horizontal=True))
    yield Case("horizontal", dict(input=draw.normal(3, 2, 3, 4), horizontal=True, vertical=False))
    yield Case(
        "vertical", dict(input=draw.distinct(1, 1, 3, 2, spacing=1.0), horizontal=False, vertical=True)
    )
    yield Case("vertical", dict(input=draw.normal(2, 3, 5, 4), horizontal=False, vertical=True))
    yield Case("both_or_none", dict(input=draw.distinct(1, 1, 2, 3, spacing=1.0), horizontal=False))
    yield Case("both_or_none", dict(input=draw.normal(2, 3, 5, 3), horizontal=True, vertical=True))
