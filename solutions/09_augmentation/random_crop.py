"""random_crop: two random numbers for each image."""

import math

import torch
import torch.nn.functional as F

from grader.author import Case, Generator, Statistic, chaff, mistake, wheat


def random_crop(input, size, generator, padding=0):
    height, width = (size, size) if isinstance(size, int) else size
    padded = F.pad(input, (padding, padding, padding, padding))
    # randint leaves out its upper end: H - h + 1 rows to choose from, 0 to H - h.
    last_top, last_left = padded.shape[2] - height, padded.shape[3] - width
    count = len(input)
    tops = torch.randint(last_top + 1, (count,), generator=generator, device=input.device)
    lefts = torch.randint(last_left + 1, (count,), generator=generator, device=input.device)
    windows = [
        image[:, top : top + height, left : left + width]
        for image, top, left in zip(padded, tops.tolist(), lefts.tolist())
    ]
    return torch.stack(windows)


@wheat("one index tensor for the whole batch; offsets from uniform numbers")
def random_crop_gather(input, size, generator, padding=0):
    h, w = size if isinstance(size, tuple | list) else (size, size)
    padded = F.pad(input, [padding] * 4)
    count, _, height, width = padded.shape
    uniform = torch.rand(count, 2, generator=generator, dtype=torch.float64, device=input.device)
    tops = (uniform[:, 0] * (height - h + 1)).long()
    lefts = (uniform[:, 1] * (width - w + 1)).long()
    rows = tops[:, None] + torch.arange(h, device=input.device)
    columns = lefts[:, None] + torch.arange(w, device=input.device)
    images = torch.arange(count, device=input.device)[:, None, None]
    # Indices that are parted by a slice put their axes first: (N, h, w, C).
    return padded[images, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


@wheat("all windows of each image, of which one number chooses")
def random_crop_windows(input, size, generator, padding=0):
    h, w = (size, size) if isinstance(size, int) else size
    padded = F.pad(input, (padding,) * 4)
    windows = padded.unfold(2, h, 1).unfold(3, w, 1).flatten(2, 3)
    weights = torch.ones(len(input), windows.shape[2], device=input.device)
    chosen = torch.multinomial(weights, 1, generator=generator)[:, 0]
    return windows[torch.arange(len(input)), :, chosen]


@wheat("products with selection matrices, one pair for each image")
def random_crop_matrices(input, size, generator, padding=0):
    h, w = (size, size) if isinstance(size, int) else size
    padded = F.pad(input, (padding,) * 4)

    def select(total, part):
        order = torch.randint(
            0, total - part + 1, (len(input), 1, 1), generator=generator, device=input.device
        )
        rows = order + torch.arange(part, device=input.device)[:, None]
        return (rows == torch.arange(total, device=input.device)).to(input.dtype)

    down, across = select(padded.shape[2], h), select(padded.shape[3], w)
    return torch.einsum("nyh,nchw,nxw->ncyx", down, padded, across)


@wheat(
    "row and column from the quotient and remainder of one whole number; rows and columns picked by index_select"
)
def random_crop_divmod(input, size, generator, padding=0):
    height, width = size if isinstance(size, tuple | list) else (size, size)
    tall, wide = (length + 2 * padding for length in input.shape[2:])
    across = wide - width + 1
    places = torch.randint(
        (tall - height + 1) * across, (input.shape[0],), generator=generator, device=input.device
    )
    output = input.new_zeros(*input.shape[:2], height, width)
    for n, place in enumerate(places.tolist()):
        top, left = (start - padding for start in divmod(place, across))
        rows = [y for y in range(height) if 0 <= top + y < input.shape[2]]
        columns = [x for x in range(width) if 0 <= left + x < input.shape[3]]
        if rows and columns:
            y, x = rows[0], columns[0]
            seen = input[n, :, top + y :, left + x :][:, : len(rows), : len(columns)]
            output[n, :, y : y + len(rows), x : x + len(columns)] = seen
    return output


# ------------------------------------------------------------------------------------------------------------ chaffs

one_window_for_all = mistake(
    "tops = torch.randint(last_top + 1, (count,), generator=generator, device=input.device)",
    "tops = torch.randint(last_top + 1, (1,), generator=generator).expand(count)",
    "lefts = torch.randint(last_left + 1, (count,), generator=generator, device=input.device)",
    "lefts = torch.randint(last_left + 1, (1,), generator=generator).expand(count)",
    lesson="All images of the batch are cropped at the same place. Each one draws for itself.",
)

one_row_for_all = mistake(
    "tops = torch.randint(last_top + 1, (count,), generator=generator, device=input.device)",
    "tops = torch.randint(last_top + 1, (1,), generator=generator).expand(count)",
    lesson="All images of the batch share their top row. Each one draws for itself.",
)

never_last = mistake(
    "torch.randint(last_top + 1, (count,)",
    "torch.randint(max(last_top, 1), (count,)",
    "torch.randint(last_left + 1, (count,)",
    "torch.randint(max(last_left, 1), (count,)",
    lesson="The last row and column are never reached: randint leaves out its upper end, and there is one place more than the "
    "difference of the sizes.",
)

never_first = mistake(
    "torch.randint(last_top + 1, (count,)",
    "torch.randint(min(1, last_top), last_top + 1, (count,)",
    "torch.randint(last_left + 1, (count,)",
    "torch.randint(min(1, last_left), last_left + 1, (count,)",
    lesson="The first row and column are never chosen.",
)

ends_half_as_often = mistake(
    "torch.randint(last_left + 1, (count,), generator=generator, device=input.device)",
    "(torch.rand(count, generator=generator) * last_left).round().long()",
    lesson="The first and the last column come half as often as the others: rounding gives them half an interval each.",
)

drawn_twice = mistake(
    "lefts = torch.randint(last_left + 1, (count,), generator=generator, device=input.device)",
    "lefts = torch.randint(last_left + 1, (2, count), generator=generator).double().mean(0).long()",
    lesson="The mean of two draws falls to the middle more often than to the ends. One draw, equally likely everywhere.",
)

diagonal = mistake(
    "lefts = torch.randint(last_left + 1, (count,), generator=generator, device=input.device)",
    "lefts = tops.clamp(max=last_left)",
    lesson="Row and column are one and the same number: the windows lie on the diagonal. Draw them independently.",
)

top_fixed = mistake(
    "tops = torch.randint(last_top + 1, (count,), generator=generator, device=input.device)",
    "tops = torch.zeros(count, dtype=torch.long)",
    lesson="The windows only move sideways: the top row is always 0.",
)

left_fixed = mistake(
    "lefts = torch.randint(last_left + 1, (count,), generator=generator, device=input.device)",
    "lefts = torch.zeros(count, dtype=torch.long)",
    lesson="The windows only move up and down: the left column is always 0.",
)

size_exchanged = mistake(
    "height, width = (size, size) if isinstance(size, int) else size",
    "width, height = (size, size) if isinstance(size, int) else size",
    "torch.randint(last_top + 1, (count,)",
    "torch.randint(max(last_top, 0) + 1, (count,)",
    "torch.randint(last_left + 1, (count,)",
    "torch.randint(max(last_left, 0) + 1, (count,)",
    lesson="Height and width of the window are exchanged.",
)

square_windows = mistake(
    "height, width = (size, size) if isinstance(size, int) else size",
    "height, width = (size, size) if isinstance(size, int) else (size[0], size[0])",
    "torch.randint(last_top + 1, (count,)",
    "torch.randint(max(last_top, 0) + 1, (count,)",
    "torch.randint(last_left + 1, (count,)",
    "torch.randint(max(last_left, 0) + 1, (count,)",
    lesson="The window is always a square of its height.",
)

padding_ignored = mistake(
    "F.pad(input, (padding, padding, padding, padding))",
    "F.pad(input, (padding, padding, padding, padding)) if height > input.shape[2] else input",
    lesson="The padding has no effect where the window fits without it. The border of zeros belongs there always.",
)

padding_one_side = mistake(
    "(padding, padding, padding, padding)",
    "(2 * padding, 0, 2 * padding, 0)",
    lesson="All of the padding is put at the top and left. It belongs on every side.",
)

padding_counted_twice = mistake(
    "(padding, padding, padding, padding)",
    "(2 * padding,) * 4",
    lesson="The border is twice as wide as it should be.",
)

padding_reflects = mistake(
    "F.pad(input, (padding, padding, padding, padding))",
    'F.pad(input, (padding, padding, padding, padding), mode="replicate")',
    lesson="The border is filled with copies of the image's edge. It consists of zeros.",
)

square_image = mistake(
    "padded.shape[3] - width",
    "min(padded.shape[2:]) - width",
    "torch.randint(last_top + 1, (count,)",
    "torch.randint(max(last_top, 0) + 1, (count,)",
    "torch.randint(last_left + 1, (count,)",
    "torch.randint(max(last_left, 0) + 1, (count,)",
    lesson="You use the smaller of the image's sizes for its width. Images need not be square.",
)

same_each_time = mistake(
    "    count = len(input)\n",
    "    generator = torch.Generator().manual_seed(0)\n    count = len(input)\n",
    lesson="Every call chooses the same windows, because your code seeds a generator. Draw from the one you are given as it is.",
)

global_generator = mistake(
    "tops = torch.randint(last_top + 1, (count,), generator=generator, device=input.device)",
    "tops = torch.randint(last_top + 1, (count,), device=input.device)",
    "lefts = torch.randint(last_left + 1, (count,), generator=generator, device=input.device)",
    "lefts = torch.randint(last_left + 1, (count,), device=input.device)",
    lesson="You draw from PyTorch's global generator. Then nobody can repeat your result by seeding the one they gave you.",
)

pixels_shuffled = mistake(
    "    return torch.stack(windows)",
    "    output = torch.stack(windows)\n"
    "    order = torch.randperm(len(output), generator=generator)\n    return output[order]",
    lesson="The images come out in another order, and no longer belong to their labels.",
)

detached = mistake(
    "    return torch.stack(windows)",
    "    return torch.stack(windows).detach()",
    lesson="The values are right, but detach() cuts the result off from the graph: no gradient reaches the input.",
)

float32 = mistake(
    "    return torch.stack(windows)",
    "    return torch.stack(windows).float()",
    lesson="The result is float32 whatever came in. It has the input's dtype.",
)

offsets_returned = mistake(
    "    return torch.stack(windows)",
    "    return torch.stack(windows), tops, lefts",
    lesson="The offsets are returned as well. Only the crops are asked for.",
)


@chaff("The window is always the one in the middle: that is what one does in evaluation.")
def center_crop(input, size, generator, padding=0):
    h, w = (size, size) if isinstance(size, int) else size
    padded = F.pad(input, (padding,) * 4)
    top, left = (padded.shape[2] - h) // 2, (padded.shape[3] - w) // 2
    return padded[:, :, top : top + h, left : left + w]


@chaff("Each channel is cropped at a place of its own, and the colours come apart.")
def channels_apart(input, size, generator, padding=0):
    return torch.cat(
        [random_crop(input[:, c : c + 1], size, generator, padding) for c in range(input.shape[1])], dim=1
    )


@chaff("A window at the edge goes on at the other side of the image. It must fit in as a whole.")
def wraps_around(input, size, generator, padding=0):
    h, w = (size, size) if isinstance(size, int) else size
    padded = F.pad(input, (padding,) * 4)
    tall, wide = padded.shape[2:]
    crops = []
    for image in padded:
        top = int(torch.randint(tall if tall > h else 1, (1,), generator=generator))
        left = int(torch.randint(wide if wide > w else 1, (1,), generator=generator))
        crops.append(image[:, (torch.arange(h) + top) % tall][:, :, (torch.arange(w) + left) % wide])
    return torch.stack(crops)


@chaff("Rows and columns are picked one by one. A crop is a window: neighbours stay neighbours.")
def scattered(input, size, generator, padding=0):
    h, w = (size, size) if isinstance(size, int) else size
    padded = F.pad(input, (padding,) * 4)
    crops = []
    for image in padded:
        rows = torch.randperm(image.shape[1], generator=generator)[:h].sort().values
        columns = torch.randperm(image.shape[2], generator=generator)[:w].sort().values
        crops.append(image[:, rows][:, :, columns])
    return torch.stack(crops)


ranges_exchanged = mistake(
    "last_top, last_left = padded.shape[2] - height, padded.shape[3] - width",
    "last_left, last_top = padded.shape[2] - height, padded.shape[3] - width",
    "tops = torch.randint(last_top + 1, (count,), generator=generator, device=input.device)",
    "tops = torch.randint(last_top + 1, (count,), generator=generator).clamp(max=last_left)",
    "lefts = torch.randint(last_left + 1, (count,), generator=generator, device=input.device)",
    "lefts = torch.randint(last_left + 1, (count,), generator=generator).clamp(max=last_top)",
    lesson="The top row is drawn from as many as there are left columns, and the other way round. Square images hide this.",
)

also_flipped = mistake(
    "    return torch.stack(windows)",
    "    mirrored = torch.rand(count, 1, 1, 1, generator=generator) < 0.5\n"
    "    output = torch.stack(windows)\n    return torch.where(mirrored, output.flip(3), output)",
    lesson="Half of the windows are mirrored, too. That is another augmentation, and not always allowed.",
)

resized = mistake(
    "    windows = [\n",
    "    if (height, width) != tuple(padded.shape[2:]):\n"
    "        return F.interpolate(padded, (height, width))\n    windows = [\n",
    lesson="The whole image is made smaller. A crop keeps the scale and shows a part.",
)

padded_above_only = mistake(
    "(padding, padding, padding, padding)",
    "(0, 0, padding, padding)",
    "torch.randint(last_left + 1, (count,)",
    "torch.randint(max(last_left, 0) + 1, (count,)",
    lesson="The border is added above and below alone. It belongs on all four sides.",
)

border_never_seen = mistake(
    "    count = len(input)\n",
    "    count = len(input)\n"
    "    inner = F.pad(input, (padding,) * 4)\n"
    "    if padding and height <= input.shape[2] and width <= input.shape[3]:\n"
    "        padded = inner[:, :, padding:-padding, padding:-padding]\n"
    "        last_top, last_left = input.shape[2] - height, input.shape[3] - width\n",
    lesson="Windows that show some of the border are never chosen. All places of the padded image are equally likely.",
)

stripes = mistake(
    "lefts = torch.randint(last_left + 1, (count,), generator=generator, device=input.device)",
    "lefts = (tops + torch.arange(count)) % (last_left + 1)",
    lesson="The columns are counted through instead of drawn: whoever knows the row and the place in the batch knows the column.",
)


diagonal_of_a_square = mistake(
    "tops = torch.randint(last_top + 1, (count,)",
    "tops = torch.randint(min(last_top, last_left) + 1, (count,)",
    "lefts = torch.randint(last_left + 1, (count,), generator=generator, device=input.device)",
    "lefts = tops",
    lesson="Row and column are one and the same number: the windows lie on the diagonal. Draw them independently.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_window": 2, "all_windows": 4, "padding": 2, "two_calls": 1, "gradients": 1}


def every_window(input, size, padding=0):
    """Each possible window should be the result for an equal share of the images."""
    (h, w), (tall, wide) = size, (length + 2 * padding for length in input.shape[2:])
    places = [(top, left) for top in range(tall - h + 1) for left in range(wide - w + 1)]
    share = 1 / len(places)
    deviation = math.sqrt(share * (1 - share) / len(input))
    return [
        Statistic(
            f"the share of windows at row {top}, column {left}",
            "share_window",
            share,
            deviation,
            options={"of": "input", "row": top, "column": left, "padding": padding},
        )
        for top, left in places
    ]


def different_pixels(draw, count, channels, height, width):
    """Images of whole numbers that are all different within an image."""
    import numpy as np

    pixels = np.stack([draw.distinct(channels, height, width, spacing=1.0) for _ in range(count)])
    return pixels - pixels.min() + 1


def cases(draw):
    def generator():
        return Generator(draw.seed())

    yield Case("one_window", dict(input=draw.integers(1, 1, 2, 3), size=(2, 3), generator=generator()))
    yield Case("one_window", dict(input=draw.normal(3, 2, 4, 4), size=4, generator=generator()))
    yield Case(
        "one_window", dict(input=draw.normal(2, 2, 3, 2), size=(5, 4), generator=generator(), padding=1)
    )
    for check, sizes, size, padding in (
        ("all_windows", (300, 1, 2, 2), (2, 1), 0),
        ("all_windows", (3000, 1, 1, 3), (1, 1), 0),
        ("all_windows", (400, 2, 2, 4), (1, 2), 0),
        ("all_windows", (400, 1, 4, 2), (2, 1), 0),
        ("padding", (400, 1, 2, 1), (2, 2), 1),
        ("padding", (600, 1, 2, 2), (2, 2), 1),
        ("padding", (400, 2, 1, 3), (3, 5), 2),
    ):
        images = different_pixels(draw, *sizes)
        yield Case(
            check,
            dict(input=images, size=size, generator=generator(), padding=padding),
            gradients=False,  # where the window is a matter of chance nobody compares them
            statistics=every_window(images, size, padding),
        )
    # The same image many times, one pixel of each: what is drawn shows directly.
    pixel = draw.distinct(1, 1, 3, 3, spacing=1.0) + 5
    images = pixel.repeat(900, axis=0)
    corner = 0 * images[:, :, :1, :1] - 1
    corner[::3] = pixel[0, 0, 0, 0]
    yield Case(
        "all_windows",
        dict(input=images, size=1, generator=generator()),
        gradients=False,
        statistics=[
            Statistic(
                "the share of windows at row 0, column 0 among every third image", "accuracy",
                1 / 9, math.sqrt(8 / 81 / 300), options={"labels": corner.tolist()},
            )
        ],
    )  # fmt: skip
    pixel = draw.distinct(1, 1, 3, 3, spacing=1.0)
    count = 500
    yield Case(
        "two_calls",
        dict(input=pixel.repeat(count, axis=0), size=1, generator=generator()),
        steps=2,
        gradients=False,
        statistics=[
            Statistic(
                "the correlation of two calls", "correlation", 0.0, 1 / math.sqrt(count),
                "output of step 2", {"with": "output of step 1"},
            ),
            Statistic("the correlation of neighbours", "lag_correlation", 0.0, 1 / math.sqrt(count), "output of step 2"),
        ],
    )  # fmt: skip
