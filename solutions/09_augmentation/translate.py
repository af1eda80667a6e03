"""translate: the part that stays in the frame is copied to where it belongs."""

import torch
import torch.nn.functional as F

from grader.author import Case, chaff, mistake, wheat


def translate(input, dy, dx, fill=0.0):
    height, width = input.shape[2:]
    output = torch.full_like(input, fill)
    # The rows of the output that have a source: y - dy must lie in [0, height).
    top, bottom = max(dy, 0), min(height + dy, height)
    left, right = max(dx, 0), min(width + dx, width)
    if top < bottom and left < right:
        output[:, :, top:bottom, left:right] = input[:, :, top - dy : bottom - dy, left - dx : right - dx]
    return output


@wheat("padding, where a negative amount cuts off")
def translate_pad(input, dy, dx, fill=0.0):
    height, width = input.shape[2:]
    dy, dx = max(-height, min(dy, height)), max(-width, min(dx, width))
    return F.pad(input, (dx, -dx, dy, -dy), value=fill)


@wheat("a source index for every pixel, and a mask for those without")
def translate_gather(input, dy, dx, fill=0.0):
    height, width = input.shape[2:]
    rows = torch.arange(height, device=input.device) - dy
    columns = torch.arange(width, device=input.device) - dx
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    moved = input[:, :, rows.clamp(0, height - 1)][:, :, :, columns.clamp(0, width - 1)]
    return torch.where(inside, moved, torch.full_like(moved, fill))


@wheat("products with shift matrices, zero but for one diagonal")
def translate_matrix(input, dy, dx, fill=0.0):
    def shift(size, by):
        places = torch.arange(size, device=input.device)
        return (places[:, None] - places == by).to(input.dtype)

    height, width = input.shape[2:]
    vertical, horizontal = shift(height, dy), shift(width, dx)
    moved = torch.einsum("yh,nchw,xw->ncyx", vertical, input, horizontal)
    covered = vertical.sum(1)[:, None] * horizontal.sum(1)
    return moved + fill * (1 - covered)


@wheat("windows of a frame of `fill`: cut, and joined with strips of it")
def translate_joined(input, dy, dx, fill=0.0):
    def moved(image, axis, by):
        size = image.shape[axis]
        kept = max(size - abs(by), 0)
        shape = list(image.shape)
        shape[axis] = size - kept
        strip = torch.tensor(fill, dtype=image.dtype, device=image.device).expand(shape)
        if by > 0:
            return torch.cat([strip, image.narrow(axis, 0, kept)], dim=axis)
        return torch.cat([image.narrow(axis, size - kept, kept), strip], dim=axis)

    return moved(moved(input, 2, dy), 3, dx)


# ------------------------------------------------------------------------------------------------------------ chaffs

wrong_direction = mistake(
    "    height, width = input.shape[2:]\n",
    "    dy, dx = -dy, -dx\n    height, width = input.shape[2:]\n",
    lesson="The content moves the other way: a positive dy means down, a positive dx to the right.",
)

up_for_down = mistake(
    "    height, width = input.shape[2:]\n",
    "    dy = -dy\n    height, width = input.shape[2:]\n",
    lesson="A positive dy moves the content up, as in a drawing's coordinates. Image rows are counted downwards.",
)

axes_exchanged = mistake(
    "    height, width = input.shape[2:]\n",
    "    dy, dx = dx, dy\n    height, width = input.shape[2:]\n",
    lesson="dy and dx are exchanged: dy is the vertical shift, along axis 2.",
)

fill_ignored = mistake(
    "torch.full_like(input, fill)",
    "torch.zeros_like(input)",
    lesson="What comes into the frame is always 0, whatever `fill` says.",
)

keeps_old = mistake(
    "torch.full_like(input, fill)",
    "input.clone()",
    lesson="Where nothing moves in, the old content is left. It has moved away: those pixels get `fill`.",
)

one_axis = mistake(
    "left, right = max(dx, 0), min(width + dx, width)",
    "dx = 0 if dy else dx\n    left, right = max(dx, 0), min(width + dx, width)",
    lesson="Asked for both shifts, you do only the vertical one.",
)

square_only = mistake(
    "left, right = max(dx, 0), min(width + dx, width)",
    "left, right = max(dx, 0), min(height + dx, height, width)",
    "left - dx : right - dx]",
    "left - dx : right - dx].clone()",
    lesson="You use the height for both sizes. Images need not be square.",
)

one_too_far = mistake(
    "    height, width = input.shape[2:]\n",
    "    dx = dx + 1 if dx > 0 else dx\n    height, width = input.shape[2:]\n",
    lesson="Shifts to the right go one pixel too far.",
)

no_negative = mistake(
    "    height, width = input.shape[2:]\n",
    "    dy, dx = abs(dy), abs(dx)\n    height, width = input.shape[2:]\n",
    lesson="Negative shifts go down and to the right like positive ones.",
)

clipped_shift = mistake(
    "    height, width = input.shape[2:]\n",
    "    height, width = input.shape[2:]\n    dy, dx = max(1 - height, min(dy, height - 1)), max(1 - width, min(dx, width - 1))\n",
    lesson="A shift by more than the image's size leaves a row of it standing. Nothing of it is in the frame any more.",
)

first_image_only = mistake(
    "    return output",
    "    return torch.cat([output[:1], input[1:]])",
    lesson="Only the first image of the batch is moved.",
)

first_channel_only = mistake(
    "    return output",
    "    return torch.cat([output[:, :1], input[:, 1:]], dim=1)",
    lesson="Only the first channel is moved, and the colours come apart.",
)

in_place = mistake(
    "    return output",
    "    input.data.copy_(output.detach())\n    return output",
    lesson="The caller's images are moved as well. Write to a new tensor.",
)

detached = mistake(
    "    return output",
    "    return output.detach()",
    lesson="The values are right, but detach() cuts the result off from the graph: no gradient reaches the input.",
)

default_dtype = mistake(
    "torch.full_like(input, fill)",
    "torch.full(input.shape, fill)",
    lesson="The result has PyTorch's default dtype. It has the input's, whatever that is.",
)

integer_fill = mistake(
    "torch.full_like(input, fill)",
    "torch.full_like(input, int(fill))",
    lesson="The fill value is cut to a whole number.",
)


@chaff("What leaves the frame comes in again on the other side. It is lost; the gap gets `fill`.")
def wraps_around(input, dy, dx, fill=0.0):
    height, width = input.shape[2:]
    rows = (torch.arange(height) - dy) % height
    return input[:, :, rows][:, :, :, (torch.arange(width) - dx) % width]


@chaff("The border's pixels are repeated into the gap. It gets `fill`.")
def repeats_border(input, dy, dx, fill=0.0):
    height, width = input.shape[2:]
    rows = (torch.arange(height) - dy).clamp(0, height - 1)
    return input[:, :, rows][:, :, :, (torch.arange(width) - dx).clamp(0, width - 1)]


@chaff("The gap is filled, but nothing moves: the pixels stay where they were.")
def masks_only(input, dy, dx, fill=0.0):
    inside = translate(torch.ones_like(input), dy, dx, 0.0)
    return torch.where(inside > 0, input, torch.full_like(input, fill))


@chaff("fill is added to the whole image.")
def fill_everywhere(input, dy, dx, fill=0.0):
    return translate(input, dy, dx) + fill


zeros_filled = mistake(
    "    return output",
    "    return torch.where(output == 0, torch.full_like(output, fill), output)",
    lesson="Pixels that are 0 by themselves get `fill` as well. Only places that nothing moves to do.",
)

fill_in_rows_only = mistake(
    "        output[:, :, top:bottom, left:right] =",
    "        output[:, :, top:bottom] = 0\n        output[:, :, top:bottom, left:right] =",
    lesson="The columns that nothing moves to are 0, and only the rows get `fill`.",
)

far_away_unchanged = mistake(
    "    return output",
    "    return output if top < bottom and left < right else input.clone()",
    lesson="A shift by more than the image's size changes nothing. All of the content has left the frame.",
)

frame_cut = mistake(
    "    return output",
    "    return output[:, :, top:bottom, left:right]",
    lesson="Only the part that stays is returned. The frame keeps its size; the gap gets `fill`.",
)

gradient_not_moved = mistake(
    "    return output",
    "    return input + (output - input).detach()",
    lesson="The values are right, but the gradient comes back as if nothing had moved. It belongs to the pixel a value came from.",
)


@chaff("A slice that ends at -0 is empty: a shift by 0 needs another end.")
def minus_zero(input, dy, dx, fill=0.0):
    output = torch.full_like(input, fill)
    if dy >= 0 and dx >= 0:
        output[:, :, dy:, dx:] = input[:, :, :-dy, :-dx]
    else:
        output = translate(input, dy, dx, fill)
    return output


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"positive": 2, "negative": 2, "fill": 1, "far_away": 1, "gradients": 1}


def cases(draw):
    whole = draw.distinct(1, 1, 2, 3, spacing=1.0)
    yield Case("positive", dict(input=whole, dy=0, dx=1))
    yield Case("positive", dict(input=whole, dy=1, dx=0))
    yield Case("positive", dict(input=draw.normal(2, 3, 4, 6), dy=1, dx=3))
    yield Case("negative", dict(input=whole, dy=-1, dx=0))
    yield Case("negative", dict(input=draw.normal(2, 2, 5, 4), dy=-2, dx=-1))
    yield Case("negative", dict(input=draw.normal(3, 2, 4, 7), dy=2, dx=-3))
    yield Case("fill", dict(input=whole, dy=1, dx=1, fill=0.5))
    yield Case("fill", dict(input=draw.normal(2, 2, 5, 3), dy=-1, dx=1, fill=-1.25))
    yield Case("fill", dict(input=draw.normal(2, 2, 3, 4), dy=0, dx=0, fill=2.0))
    yield Case("far_away", dict(input=draw.normal(1, 2, 2, 3), dy=0, dx=3, fill=1.0), gradients=False)
    yield Case("far_away", dict(input=draw.normal(2, 1, 3, 2), dy=-5, dx=1), gradients=False)
