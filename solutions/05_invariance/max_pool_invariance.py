"""max_pool_invariance: try them all."""

import torch
import torch.nn.functional as F

from grader.author import Case, chaff, mistake, wheat


def max_pool_invariance(image, kernel_size, limit):
    height, width = image.shape
    # A border of zeros as wide as the largest shift: every shifted image is a window of it.
    framed = F.pad(image, (limit, limit, limit, limit))
    shifts = range(-limit, limit + 1)

    def pooled(dy, dx):
        # Moving the image down by dy is moving the window up by dy.
        shifted = framed[limit - dy : limit - dy + height, limit - dx : limit - dx + width]
        return F.max_pool2d(shifted[None], kernel_size)

    still = pooled(0, 0)
    return [(dy, dx) for dy in shifts for dx in shifts if torch.equal(pooled(dy, dx), still)]


@wheat("pooling by reshaping, shifts by copying what stays in the frame")
def max_pool_invariance_copy(image, kernel_size, limit):
    k, (height, width) = kernel_size, image.shape

    def pooled(picture):
        whole = picture[: height // k * k, : width // k * k]
        return whole.reshape(height // k, k, width // k, k).amax(dim=(1, 3))

    found = []
    for dy in range(-limit, limit + 1):
        for dx in range(-limit, limit + 1):
            moved = torch.zeros_like(image)
            rows = slice(max(dy, 0), max(min(height + dy, height), 0))
            columns = slice(max(dx, 0), max(min(width + dx, width), 0))
            source = image[max(-dy, 0) : max(height - dy, 0), max(-dx, 0) : max(width - dx, 0)]
            moved[rows, columns] = source[: rows.stop - rows.start, : columns.stop - columns.start]
            if (pooled(moved) == pooled(image)).all():
                found.append((dy, dx))
    return found


@wheat("plain Python: every window's maximum from the definition, stopping at the first that differs")
def max_pool_invariance_lists(image, kernel_size, limit):
    pixels = image.tolist()
    height, width = len(pixels), len(pixels[0])

    def at(y, x):
        return pixels[y][x] if 0 <= y < height and 0 <= x < width else 0.0

    def window(top, left, dy, dx):
        inner = range(kernel_size)
        return max(at(top + i - dy, left + j - dx) for i in inner for j in inner)

    tops = range(0, height - kernel_size + 1, kernel_size)
    lefts = range(0, width - kernel_size + 1, kernel_size)
    return [
        (dy, dx)
        for dy in range(-limit, limit + 1)
        for dx in range(-limit, limit + 1)
        if all(window(t, x, dy, dx) == window(t, x, 0, 0) for t in tops for x in lefts)
    ]


@wheat("NumPy: in a frame this wide, rolling is shifting")
def max_pool_invariance_rolled(image, kernel_size, limit):
    import numpy as np

    height, width = image.shape
    rows, columns = height // kernel_size, width // kernel_size
    framed = np.pad(image.cpu().numpy(), limit)

    def pooled(dy, dx):
        shifted = np.roll(framed, (dy, dx), axis=(0, 1))[limit : limit + height, limit : limit + width]
        whole = shifted[: rows * kernel_size, : columns * kernel_size]
        return whole.reshape(rows, kernel_size, columns, kernel_size).max(axis=(1, 3))

    shifts = np.arange(-limit, limit + 1)
    still = pooled(0, 0)
    return [(int(y), int(x)) for y in shifts for x in shifts if (pooled(y, x) == still).all()]


# ------------------------------------------------------------------------------------------------------------ chaffs

other_direction = mistake(
    "framed[limit - dy : limit - dy + height, limit - dx : limit - dx + width]",
    "framed[limit + dy : limit + dy + height, limit + dx : limit + dx + width]",
    lesson="The shifts have the wrong sign: the image moves up where dy is positive.",
)

axes_exchanged = mistake(
    "return [(dy, dx) for dy in shifts for dx in shifts if torch.equal(pooled(dy, dx), still)]",
    "return sorted((dx, dy) for dy in shifts for dx in shifts if torch.equal(pooled(dy, dx), still))",
    lesson="dy and dx are exchanged: a shift is (rows, columns).",
)

cyclic = mistake(
    "shifted = framed[limit - dy : limit - dy + height, limit - dx : limit - dx + width]",
    "shifted = torch.roll(image, (dy, dx), dims=(0, 1))",
    lesson="What leaves the frame comes in again on the other side. Zeros move in.",
)

positive_only = mistake(
    "shifts = range(-limit, limit + 1)",
    "shifts = range(limit + 1)",
    lesson="Only shifts down and to the right are tried.",
)

last_left_out = mistake(
    "shifts = range(-limit, limit + 1)",
    "shifts = range(-limit, limit)",
    lesson="The shift by +limit is never tried: range leaves out its upper end.",
)

without_standing_still = mistake(
    "if torch.equal(pooled(dy, dx), still)]",
    "if torch.equal(pooled(dy, dx), still) and (dy, dx) != (0, 0)]",
    lesson="(0, 0) is missing. Not moving leaves the map unchanged, too.",
)

stride_one = mistake(
    "F.max_pool2d(shifted[None], kernel_size)",
    "F.max_pool2d(shifted[None], kernel_size, stride=1)",
    lesson="The windows overlap. Here they lie side by side: the stride is kernel_size.",
)

average = mistake(
    "F.max_pool2d(shifted[None], kernel_size)",
    "F.avg_pool2d(shifted[None], kernel_size)",
    lesson="You average over the windows. The question is about the maximum.",
)

ceil_mode = mistake(
    "F.max_pool2d(shifted[None], kernel_size)",
    "F.max_pool2d(shifted[None], kernel_size, ceil_mode=True)",
    lesson="Windows that are cut off by the edge are pooled too. They are left out.",
)

one_axis_at_a_time = mistake(
    "for dy in shifts for dx in shifts if",
    "for dy in shifts for dx in shifts if 0 in (dy, dx) and",
    lesson="Only shifts along one axis are tried. Diagonal ones count too.",
)

compares_image = mistake(
    "return F.max_pool2d(shifted[None], kernel_size)",
    "return shifted",
    lesson="You compare the images themselves. Pooling may hide that they differ.",
)

same_values_elsewhere = mistake(
    "torch.equal(pooled(dy, dx), still)",
    "torch.equal(pooled(dy, dx).flatten().sort().values, still.flatten().sort().values)",
    lesson="The same values in other places count as unchanged. The map must be equal place by place.",
)

largest_only = mistake(
    "torch.equal(pooled(dy, dx), still)",
    "bool(pooled(dy, dx).max() == still.max())",
    lesson="You compare the largest value of the whole map. Every window counts.",
)


any_window = mistake(
    "torch.equal(pooled(dy, dx), still)",
    "bool((pooled(dy, dx) == still).any())",
    lesson="One unchanged window is enough for you. All must be unchanged.",
)

border_repeated = mistake(
    "shifted = framed[limit - dy : limit - dy + height, limit - dx : limit - dx + width]",
    "rows = (torch.arange(height) - dy).clamp(0, height - 1)\n"
    "        shifted = image[rows][:, (torch.arange(width) - dx).clamp(0, width - 1)]",
    lesson="The edge's pixels are repeated as the image moves away from it. Zeros move in.",
)

interior_windows = mistake(
    "return F.max_pool2d(shifted[None], kernel_size)",
    "return F.max_pool2d(shifted[None], kernel_size)[:, 1:, 1:]",
    lesson="The first row and column of windows are left out of the comparison.",
)

minus_infinity = mistake(
    "F.pad(image, (limit, limit, limit, limit))",
    'F.pad(image, (limit, limit, limit, limit), value=float("-inf"))',
    lesson="What moves in is minus infinity, as in the padding of a pooling layer. Here the world around the image is 0.",
)


@chaff(
    "All shifts smaller than the window are said to go unnoticed. It depends on where in its window a pixel stands."
)
def rule_of_thumb(image, kernel_size, limit):
    reach = min(limit, kernel_size - 1)
    return [(dy, dx) for dy in range(-reach, reach + 1) for dx in range(-reach, reach + 1)]


@chaff("Only the brightest pixel is followed. Others may be the largest in their windows.")
def brightest_pixel(image, kernel_size, limit):
    y, x = divmod(int(image.argmax()), image.shape[1])
    shifts = range(-limit, limit + 1)
    return [
        (dy, dx)
        for dy in shifts
        for dx in shifts
        if (y + dy) // kernel_size == y // kernel_size and (x + dx) // kernel_size == x // kernel_size
    ]


@chaff("Shifts by whole windows are said to go unnoticed. The map moves with them.")
def whole_windows(image, kernel_size, limit):
    shifts = [by for by in range(-limit, limit + 1) if by % kernel_size == 0]
    return [(dy, dx) for dy in shifts for dx in shifts]


@chaff("Only (0, 0) is returned, as if pooling noticed every shift.")
def never(image, kernel_size, limit):
    return [(0, 0)]


@chaff("The number of shifts is returned in place of the shifts.")
def counted(image, kernel_size, limit):
    return len(max_pool_invariance(image, kernel_size, limit))


cut_before_shift = mistake(
    "    height, width = image.shape\n",
    "    height, width = (size // kernel_size * kernel_size for size in image.shape)\n"
    "    image = image[:height, :width]\n",
    lesson="Rows and columns that fill no window are cut off before the image moves. After a shift their pixels may stand in one.",
)

manhattan = mistake(
    "for dy in shifts for dx in shifts if",
    "for dy in shifts for dx in shifts if abs(dy) + abs(dx) <= limit and",
    lesson="Shifts are left out whose |dy| + |dx| is above the limit. The limit holds for each of the two by itself.",
)

square_only = mistake(
    "limit - dx : limit - dx + width]",
    "limit - dx : limit - dx + height]",
    lesson="You use the height for both sizes. Images need not be square.",
)

whole_numbers = mistake(
    "torch.equal(pooled(dy, dx), still)",
    "torch.equal(pooled(dy, dx).int(), still.int())",
    lesson="The maxima are cut to whole numbers before they are compared. Pixels may differ by less than 1.",
)

compares_places = mistake(
    "F.max_pool2d(shifted[None], kernel_size)",
    "F.max_pool2d(shifted[None], kernel_size, return_indices=True)[1]",
    lesson="You compare where each maximum stands. It may move within its window: the map holds its value alone.",
)

image_moved = mistake(
    "    still = pooled(0, 0)\n",
    "    still = pooled(0, 0)\n    image.copy_(framed[:height, :width])\n",
    lesson="The caller's image is overwritten. Shift a copy.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_pixel": 3, "several_pixels": 3, "borders": 2, "negative_values": 1}


def cases(draw):
    import numpy as np

    def dark(height, width, **bright):
        image = np.zeros((height, width))
        for place, value in bright.items():
            y, x = place[1:].split("_")
            image[int(y), int(x)] = value
        return image

    def case(check, image, kernel_size, limit):
        return Case(check, dict(image=image, kernel_size=kernel_size, limit=limit))

    yield case("one_pixel", dark(2, 4, p1_1=7.0), 2, 1)
    yield case("one_pixel", dark(4, 4, p0_3=2.0), 2, 2)
    yield case("one_pixel", dark(6, 9, p4_4=5.0), 3, 2)
    yield case("one_pixel", dark(6, 6, p3_2=1.0), 3, 3)
    yield case("one_pixel", dark(2, 4, p0_2=0.25), 2, 1)
    yield case("several_pixels", dark(4, 6, p0_0=3.0, p2_4=4.0), 2, 2)
    yield case("several_pixels", dark(6, 6, p1_1=3.0, p4_1=3.0, p1_4=3.0, p4_4=3.0), 3, 3)
    yield case("several_pixels", dark(8, 8, p1_2=2.0, p5_6=2.0, p1_3=1.0), 4, 2)
    yield case("several_pixels", dark(4, 8, p0_0=1.0, p0_4=1.0, p2_2=1.0, p2_6=1.0), 2, 2)
    yield case("several_pixels", draw.integers(6, 6, low=0, high=2), 2, 2)
    yield case("several_pixels", np.ones((6, 4)), 2, 2)
    yield case("several_pixels", dark(4, 6), 2, 1)
    yield case("borders", dark(5, 5, p3_3=6.0), 2, 2)
    yield case("borders", dark(5, 7, p4_2=6.0, p1_1=2.0), 2, 2)
    yield case("borders", dark(4, 6, p0_0=1.0, p3_5=1.0), 2, 4)
    yield case("borders", dark(3, 3, p1_1=1.0), 3, 2)
    yield case("negative_values", dark(4, 4, p1_1=-1.0), 2, 2)
    yield case("negative_values", -np.ones((4, 6)), 2, 1)
    yield case("negative_values", dark(6, 6, p0_1=-2.0, p3_3=2.0), 3, 2)
