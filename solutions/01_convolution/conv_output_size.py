"""conv_output_size: the formula; checked against counting positions one by one."""

from grader.author import Case, chaff, mistake, wheat


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    extent = dilation * (kernel_size - 1) + 1  # from the kernel's first element to its last, both included
    room = size + 2 * padding - extent  # how far the kernel can move from its first position
    # The first position costs no room, every further one costs `stride`. // rounds down for negative numbers too,
    # so a kernel that is too large gives 0 or less.
    return max(room // stride + 1, 0)


@wheat("counting: as long as the kernel fits, move it")
def conv_output_size_counted(size, kernel_size, stride=1, padding=0, dilation=1):
    left, count = -padding, 0
    while left + dilation * (kernel_size - 1) < size + padding:
        count += 1
        left += stride
    return count


@wheat("the positions as a range")
def conv_output_size_range(size, kernel_size, stride=1, padding=0, dilation=1):
    return len(range(dilation * (kernel_size - 1), size + 2 * padding, stride))


@wheat("rounding up the number of stride-1 positions")
def conv_output_size_ceil(size, kernel_size, stride=1, padding=0, dilation=1):
    dense = size + 2 * padding - dilation * (kernel_size - 1)
    return -(-dense // stride) if dense > 0 else 0


# ------------------------------------------------------------------------------------------------------------ chaffs

padding_once = mistake(
    "2 * padding",
    "padding",
    lesson="The padding is counted once. It is added on both sides of the axis.",
)

padding_ignored = mistake(
    "size + 2 * padding - extent",
    "size - extent",
    lesson="The padding has no effect. It gives the kernel more room on both sides.",
)

stride_ignored = mistake(
    "room // stride + 1",
    "room + 1",
    lesson="The stride has no effect. With a stride of s only every s-th position is used.",
)

dilation_ignored = mistake(
    "dilation * (kernel_size - 1) + 1",
    "kernel_size",
    lesson="The dilation has no effect. Spreading the kernel's elements makes it reach further, so it fits less often.",
)

dilation_times_kernel = mistake(
    "dilation * (kernel_size - 1) + 1",
    "dilation * kernel_size",
    lesson="A dilated kernel's reach is counted as dilation * kernel_size. k elements have only k - 1 gaps between them.",
)

dilation_as_gap = mistake(
    "dilation * (kernel_size - 1) + 1",
    "(dilation + 1) * (kernel_size - 1) + 1",
    lesson="You take the dilation as the number of pixels skipped. It is the distance between neighbouring elements: "
    "1 means side by side.",
)

first_position_forgotten = mistake(
    "room // stride + 1",
    "room // stride",
    lesson="One position is missing. With no room to move at all, the kernel still has the position it is in.",
)

one_added_too_early = mistake(
    "room // stride + 1",
    "(room + 1) // stride",
    lesson="The 1 is added before dividing by the stride. It stands for the first position, which costs no stride.",
)

rounded_up = mistake(
    "room // stride + 1",
    "-(-room // stride) + 1",
    lesson="The division rounds up: a last position is counted at which the kernel no longer fits whole.",
)

rounded_to_nearest = mistake(
    "room // stride + 1",
    "round(room / stride) + 1",
    lesson="The division rounds to the nearest number. A position counts only if the kernel fits there whole.",
)

no_rounding = mistake(
    "max(room // stride + 1, 0)",
    "max(room / stride + 1, 0)",
    lesson="The result is a float. A size is a whole number, and one with a fraction must be rounded down.",
)

truncated = mistake(
    "max(room // stride + 1, 0)",
    "max(int(room / stride) + 1, 0)",
    lesson="int() rounds towards zero, so a kernel that is a little too large still gets one position.",
)

negative_size = mistake(
    "max(room // stride + 1, 0)",
    "room // stride + 1",
    lesson="The size comes out negative when the kernel is much too large. There is no output then: the size is 0.",
)

never_empty = mistake(
    "max(room // stride + 1, 0)",
    "max(room // stride + 1, 1)",
    lesson="A kernel that fits nowhere still gets one position. There is no output then: the size is 0.",
)


@chaff(
    "This is the size that 'same' padding is chosen for. The padding that is given decides, whatever it is."
)
def same_always(size, kernel_size, stride=1, padding=0, dilation=1):
    return -(-size // stride)


# Written after the cases were fixed.

half_kernel = mistake(
    "room = size + 2 * padding - extent",
    "room = size + 2 * padding - 2 * (extent // 2) - 1",
    lesson="You take half a kernel off each side. That is right for odd kernels only: an even one has no middle.",
)

stride_on_the_padded_size = mistake(
    "room // stride + 1",
    "(room + extent) // stride - extent + 1",
    lesson="The stride divides the padded size before the kernel's reach is taken off. Take it off first: what is left is the "
    "room that is crossed in steps.",
)

padding_dilated = mistake(
    "2 * padding",
    "2 * padding * dilation",
    lesson="The padding is multiplied by the dilation. It is counted in pixels, as it is given.",
)

stride_of_dilation = mistake(
    "room // stride + 1",
    "room // (stride * dilation) + 1",
    lesson="The dilation also lengthens the steps. It spreads the kernel's elements and leaves the stride alone.",
)

absolute_room = mistake(
    "room = size + 2 * padding - extent",
    "room = abs(size + 2 * padding - extent)",
    lesson="A negative room is taken as a positive one, so a kernel larger than the image seems to fit.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"valid": 1, "padding": 1, "stride": 1, "dilation": 1, "no_room": 1, "together": 1}


def cases(draw):
    def case(check, *sizes, **options):
        return Case(check, dict(zip(("size", "kernel_size"), sizes)) | options)

    yield case("valid", 5, 3)
    yield case("valid", 6, 2)
    yield case("valid", 4, 4)
    yield case("valid", 1, 1)
    yield case("valid", draw.size(30, 90), draw.size(2, 9))

    yield case("padding", 5, 3, padding=1)
    yield case("padding", 5, 4, padding=2)
    yield case("padding", 2, 5, padding=2)
    yield case("padding", draw.size(10, 40), draw.size(2, 9), padding=draw.size(3, 8))

    yield case("stride", 5, 3, stride=2)
    yield case("stride", 6, 3, stride=2)
    yield case("stride", 8, 3, stride=3)
    yield case("stride", 9, 3, stride=4)
    yield case("stride", 10, 2, stride=5)
    yield case("stride", 224, 11, stride=4, padding=2)
    yield case("stride", draw.size(50, 99), draw.size(2, 7), stride=draw.size(2, 5))

    yield case("dilation", 5, 3, dilation=2)
    yield case("dilation", 10, 4, dilation=3)
    yield case("dilation", 7, 1, dilation=5)
    yield case("dilation", draw.size(40, 60), draw.size(2, 6), dilation=draw.size(2, 5))

    yield case("no_room", 4, 5)
    yield case("no_room", 4, 7)
    yield case("no_room", 4, 5, stride=2)
    yield case("no_room", 3, 9, stride=2)
    yield case("no_room", 5, 3, stride=3, dilation=4)

    yield case("together", 7, 3, stride=2, padding=1, dilation=2)
    yield case("together", 12, 4, stride=3, padding=2, dilation=3)
    for _ in range(4):
        yield case(
            "together",
            draw.size(20, 120),
            draw.size(2, 9),
            stride=draw.size(2, 5),
            padding=draw.size(1, 6),
            dilation=draw.size(2, 4),
        )
