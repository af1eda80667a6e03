"""zoom: bilinear interpolation is linear interpolation twice, once for each axis."""

import torch
import torch.nn.functional as F

from grader.author import Case, chaff, mistake, wheat


def zoom(input, factor):
    zy, zx = (factor, factor) if isinstance(factor, int | float) else factor
    # A zoom does not mix the axes, so rows and columns can be taken one after the other.
    return stretch(stretch(input, 2, zy), 3, zx)


def stretch(input, axis, factor):
    """One axis scaled about its middle; what would come from outside is 0."""
    size = input.shape[axis]
    center = (size - 1) / 2
    places = torch.arange(size, dtype=input.dtype, device=input.device)
    source = center + (places - center) / factor
    first = source.floor()
    share = source - first
    output = 0
    for step, weight in ((0, 1 - share), (1, share)):
        index = (first + step).long()
        inside = (index >= 0) & (index < size)
        values = input.index_select(axis, index.clamp(0, size - 1))
        output = output + values * (weight * inside).reshape([-1 if a == axis else 1 for a in range(4)])
    return output


@wheat("two matrices of tent functions, one for the rows and one for the columns")
def zoom_matrices(input, factor):
    def tents(size, by):
        places = torch.arange(size, dtype=torch.float64, device=input.device)
        source = (places - places.mean()) / by + places.mean()
        return (1 - (source[:, None] - places).abs()).clamp(min=0).to(input.dtype)

    zy, zx = factor if isinstance(factor, tuple | list) else (factor, factor)
    return tents(input.shape[2], zy) @ input @ tents(input.shape[3], zx).T


@wheat("all four neighbours at once, from an image with a border of zeros")
def zoom_four(input, factor):
    zy, zx = factor if isinstance(factor, tuple | list) else (factor, factor)
    height, width = input.shape[2:]
    bordered = F.pad(input, (1, 1, 1, 1))

    def source(size, by):
        places = torch.arange(size, dtype=input.dtype, device=input.device)
        points = ((size - 1) / 2 + (places - (size - 1) / 2) / by + 1).clamp(0, size + 1)
        first = points.floor().clamp(max=size)
        return first.long(), points - first

    (y, fy), (x, fx) = source(height, zy), source(width, zx)
    y, fy = y[:, None], fy[:, None]
    top = bordered[:, :, y, x] * (1 - fx) + bordered[:, :, y, x + 1] * fx
    bottom = bordered[:, :, y + 1, x] * (1 - fx) + bordered[:, :, y + 1, x + 1] * fx
    return top * (1 - fy) + bottom * fy


@wheat("the definition, pixel by pixel")
def zoom_loops(input, factor):
    zy, zx = (factor, factor) if isinstance(factor, float | int) else factor
    height, width = input.shape[2:]
    pixels = []
    for y in range(height):
        for x in range(width):
            sy = (height - 1) / 2 + (y - (height - 1) / 2) / zy
            sx = (width - 1) / 2 + (x - (width - 1) / 2) / zx
            value = input.new_zeros(input.shape[:2])
            for i in range(height):
                for j in range(width):
                    weight = max(0.0, 1 - abs(sy - i)) * max(0.0, 1 - abs(sx - j))
                    if weight:
                        value = value + weight * input[:, :, i, j]
            pixels.append(value)
    return torch.stack(pixels, dim=2).reshape(input.shape)


@wheat("pixels as squares whose centres lie at half numbers, in float64; take_along_dim for the neighbours")
def zoom_half_pixels(input, factor):
    by = [float(f) for f in (factor if isinstance(factor, tuple | list) else (factor, factor))]
    output = input.double()
    for axis, f in zip((2, 3), by):
        size = input.shape[axis]
        shape = [1, 1, 1, 1]
        shape[axis] = size
        edges = torch.arange(size, dtype=torch.float64, device=input.device) + 0.5
        points = ((edges - size / 2) / f + size / 2 - 0.5).reshape(shape)
        zero = output.new_zeros([1 if a == axis else length for a, length in enumerate(output.shape)])
        bordered = torch.cat([zero, output, zero], dim=axis)
        below = points.floor()
        low = (below.long() + 1).clamp(0, size + 1)
        high = (below.long() + 2).clamp(0, size + 1)
        first, second = (torch.take_along_dim(bordered, at, dim=axis) for at in (low, high))
        output = torch.lerp(first, second, (points - below).expand_as(first))
    return output.to(input.dtype)


# ------------------------------------------------------------------------------------------------------------ chaffs

inverted = mistake(
    "source = center + (places - center) / factor",
    "source = center + (places - center) * factor",
    lesson="A factor of 2 makes everything smaller. Going backwards, from the result to the input, distances are divided.",
)

from_the_corner = mistake(
    "source = center + (places - center) / factor",
    "source = places / factor",
    lesson="The top left corner stays where it is. The centre should.",
)

half_pixel_off = mistake(
    "center = (size - 1) / 2",
    "center = size / 2",
    lesson="The centre is half a pixel off: between pixel 0 and pixel H - 1 it is (H - 1) / 2.",
)

whole_center = mistake(
    "center = (size - 1) / 2",
    "center = (size - 1) // 2",
    lesson="The centre is rounded to a pixel. For even sizes it lies between two.",
)

nearest = mistake(
    "first = source.floor()\n    share = source - first",
    "first = (source + 0.5).floor()\n    share = torch.zeros_like(source)",
    lesson="You take the nearest pixel. The statement mixes the four around the point.",
)

first_neighbour_only = mistake(
    "share = source - first",
    "share = torch.zeros_like(source)",
    lesson="You take the pixel before the point. Its share depends on how near it is; the next one has a share too.",
)

shares_exchanged = mistake(
    "share = source - first",
    "share = 1 - (source - first)",
    lesson="Near and far are exchanged: the nearer a pixel is to the point, the more it counts.",
)

border_repeated = mistake(
    "(weight * inside)",
    "weight",
    lesson="Beyond the edge the border's pixels are repeated. Outside the image everything is 0.",
)

wraps = mistake(
    "index.clamp(0, size - 1)",
    "index % size",
    "(weight * inside)",
    "weight",
    lesson="Beyond the edge the image begins anew. Outside the image everything is 0.",
)

border_too_strict = mistake(
    "(weight * inside)",
    "(weight * ((source >= 0) & (source <= size - 1)))",
    lesson="A point a little outside gets 0 at once. It still has a neighbour inside, which counts with its share.",
)

pair_exchanged = mistake(
    "stretch(stretch(input, 2, zy), 3, zx)",
    "stretch(stretch(input, 2, zx), 3, zy)",
    lesson="The two factors are exchanged: the first of the pair is the vertical one.",
)

one_factor = mistake(
    "stretch(stretch(input, 2, zy), 3, zx)",
    "stretch(stretch(input, 2, zy), 3, zy)",
    lesson="The vertical factor is used for both axes. factor may be a pair (vertical, horizontal).",
)

rows_only = mistake(
    "stretch(stretch(input, 2, zy), 3, zx)",
    "stretch(input, 2, zy)",
    lesson="Only the rows are scaled. The columns are too, by the second factor.",
)

never_smaller = mistake(
    "    # A zoom",
    "    zy, zx = max(zy, 1.0), max(zx, 1.0)\n    # A zoom",
    lesson="Factors below 1 have no effect. They shrink the image, and zeros surround it.",
)

whole_factor = mistake(
    "    # A zoom",
    "    zy, zx = max(round(zy), 1), max(round(zx), 1)\n    # A zoom",
    lesson="The factor is rounded to a whole number.",
)

corners_aligned = mistake(
    "source = center + (places - center) / factor",
    "source = (places + 0.5) * (size / max(round(size * factor), 1)) - 0.5 + (size - size / max(round(size * factor), 1) * size) / 2",
    lesson="The size of the scaled image is rounded to whole pixels, and with it the factor.",
)

truncated = mistake(
    "first = source.floor()",
    "first = source.trunc()",
    lesson="Negative coordinates are rounded towards 0. floor goes down, which is what the shares rely on.",
)

brightened = mistake(
    "stretch(stretch(input, 2, zy), 3, zx)",
    "stretch(stretch(input, 2, zy), 3, zx) / (zy * zx)",
    lesson="The values are divided by the area's growth, as if light were spread. A zoom keeps each value.",
)

detached = mistake(
    "    return output",
    "    return output.detach()",
    lesson="The values are right, but detach() cuts the result off from the graph: no gradient reaches the input.",
)

gradient_of_one = mistake(
    "        output = output + values *",
    "        values = values.detach() if step else values\n        output = output + values *",
    lesson="The values are right, but only one of the neighbours gets a gradient.",
)

float32 = mistake(
    "    return output",
    "    return output.float()",
    lesson="The result is float32 whatever came in. It has the input's dtype.",
)

in_place = mistake(
    "    return stretch(",
    "    input.data *= 0.5\n    return 2 * stretch(",
    lesson="The caller's images are changed. Write to a new tensor.",
)


@chaff("The middle is cut out and comes back at its own, smaller size. The frame keeps its shape.")
def crops_only(input, factor):
    zy, zx = (factor, factor) if isinstance(factor, int | float) else factor
    height, width = input.shape[2:]
    h, w = max(int(height / max(zy, 1)), 1), max(int(width / max(zx, 1)), 1)
    return input[:, :, (height - h) // 2 : (height - h) // 2 + h, (width - w) // 2 : (width - w) // 2 + w]


@chaff("Each image is scaled by its own position in the batch. All get the same factor.")
def factor_per_image(input, factor):
    zy, zx = (factor, factor) if isinstance(factor, int | float) else factor
    return torch.cat([zoom(input[n : n + 1], (zy + 0.25 * n, zx + 0.25 * n)) for n in range(len(input))])


@chaff("The scaled image is smoothed once more: it is interpolated in two steps.")
def two_steps(input, factor):
    zy, zx = (factor, factor) if isinstance(factor, int | float) else factor
    return zoom(zoom(input, (zy**0.5, zx**0.5)), (zy**0.5, zx**0.5))


shares_made_whole = mistake(
    "        output = output + values * (weight * inside)",
    "        alone = (source < 0) | (source > size - 1)\n"
    "        weight = torch.where(alone & inside, torch.ones_like(weight), weight)\n"
    "        output = output + values * (weight * inside)",
    lesson="At the border the share of the pixel inside is scaled up to 1. What lies outside counts as 0, with its share.",
)

smooth_shares = mistake(
    "share = source - first",
    "share = (source - first) ** 2 * (3 - 2 * (source - first))",
    lesson="The shares follow a smooth curve. Bilinear means that they fall off in a straight line.",
)

float32_inside = mistake(
    "places = torch.arange(size, dtype=input.dtype, device=input.device)",
    "places = torch.arange(size, device=input.device).float()",
    lesson="The points have seven digits, whatever the input's dtype: they are computed in float32.",
)

one_center = mistake(
    "zy, zx = (factor, factor) if isinstance(factor, int | float) else factor\n",
    "zy, zx = (factor, factor) if isinstance(factor, int | float) else factor\n"
    "    if input.shape[2] != input.shape[3]:\n"
    "        tall = max(input.shape[2:]) - input.shape[2]\n"
    "        wide = max(input.shape[2:]) - input.shape[3]\n"
    "        padded = torch.nn.functional.pad(input, (0, wide, 0, tall))\n"
    "        return stretch(stretch(padded, 2, zy), 3, zx)[:, :, : input.shape[2], : input.shape[3]]\n",
    lesson="Both axes are scaled about the centre of the longer one. Images need not be square.",
)

smaller_is_averaged = mistake(
    "    output = 0\n",
    "    if factor < 1:\n"
    "        near = (1 - (source[:, None] - places).abs() * factor).clamp(min=0)\n"
    "        near = near / near.sum(1, keepdim=True).clamp(min=1)\n"
    "        return torch.movedim(torch.tensordot(input, near, dims=([axis], [1])), -1, axis)\n"
    "    output = 0\n",
    lesson="Where the image gets smaller you average over wider windows. That avoids flicker, but the statement asks for two "
    "neighbours an axis.",
)


@chaff(
    "The values are right, but the gradient is zoomed back like an image. Each place returns its gradient to the pixels it came "
    "from, with the same shares."
)
def gradient_zoomed_back(input, factor):
    zy, zx = (factor, factor) if isinstance(factor, int | float) else factor

    class Zoom(torch.autograd.Function):
        @staticmethod
        def forward(ctx, image):
            return zoom(image, (zy, zx))

        @staticmethod
        def backward(ctx, grad):
            return zoom(grad, (1 / zy, 1 / zx))

    return Zoom.apply(input)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"nearer": 2, "further": 2, "pairs": 2, "gradients": 1}


def cases(draw):
    yield Case("nearer", dict(input=draw.distinct(1, 1, 3, 3, spacing=1.0), factor=2.0))
    yield Case("nearer", dict(input=draw.normal(2, 2, 4, 6), factor=1.5))
    yield Case("nearer", dict(input=draw.normal(2, 3, 5, 4), factor=2.7))
    yield Case("nearer", dict(input=draw.normal(2, 1, 3, 4), factor=1.0))
    yield Case("further", dict(input=draw.distinct(1, 1, 3, 3, spacing=1.0), factor=0.5))
    yield Case("further", dict(input=draw.normal(2, 2, 6, 4), factor=0.8))
    yield Case("further", dict(input=draw.normal(2, 3, 5, 7), factor=0.45))
    yield Case("pairs", dict(input=draw.distinct(1, 1, 2, 4, spacing=1.0), factor=(1.0, 2.0)))
    yield Case("pairs", dict(input=draw.normal(2, 2, 6, 5), factor=(1.3, 0.7)))
    yield Case("pairs", dict(input=draw.normal(3, 2, 5, 6), factor=(0.6, 3.5)))
