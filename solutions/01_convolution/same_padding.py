"""same_padding: from the wanted output size back to the padding; checked against a search."""

from grader.author import Case, chaff, mistake, wheat


def same_padding(size, kernel_size, stride=1, dilation=1):
    extent = dilation * (kernel_size - 1) + 1
    outputs = -(-size // stride)  # rounded up: minus the floor of the negative
    # The last of the positions starts (outputs - 1) steps from the first, and the kernel needs its whole extent there.
    needed = (outputs - 1) * stride + extent
    total = max(needed - size, 0)
    before = total // 2
    return before, total - before


@wheat("a search for the least total that gives enough positions")
def same_padding_search(size, kernel_size, stride=1, dilation=1):
    reach = dilation * (kernel_size - 1)
    total = 0
    while len(range(reach, size + total, stride)) < len(range(0, size, stride)):
        total += 1
    return total // 2, total // 2 + total % 2


@wheat(
    "from the remainder of the size: the last position covers size % stride pixels, or stride if it divides"
)
def same_padding_remainder(size, kernel_size, stride=1, dilation=1):
    last = size % stride or stride
    total = max(dilation * (kernel_size - 1) + 1 - last, 0)
    return total // 2, (total + 1) // 2


@wheat("by following the kernel: how far does the last position stand out over the end")
def same_padding_follow(size, kernel_size, stride=1, dilation=1):
    last_start = max(range(0, size, stride))
    out = max(last_start + dilation * (kernel_size - 1) - (size - 1), 0)
    before, odd = divmod(out, 2)
    return (before, before + odd)


# ------------------------------------------------------------------------------------------------------------ chaffs

more_before = mistake(
    "return before, total - before",
    "return total - before, before",
    lesson="The near side gets the odd pixel. By convention it goes to the far side, right and bottom.",
)

half_on_both = mistake(
    "return before, total - before",
    "return before, before",
    lesson="Both sides get half, rounded down, so an odd total loses a pixel and the output is too small.",
)

rounded_up_on_both = mistake(
    "before = total // 2\n    return before, total - before",
    "before = (total + 1) // 2\n    return before, before",
    lesson="Both sides get half, rounded up: an odd total grows by a pixel. The two together must be the total.",
)

all_after = mistake(
    "before = total // 2",
    "before = 0",
    lesson="All of the padding is on the far side. It is split as evenly as it can be.",
)

total_on_both = mistake(
    "return before, total - before",
    "return total, total",
    lesson="Both sides get the whole total. The total is for the two sides together.",
)

stride_ignored = mistake(
    "needed = (outputs - 1) * stride + extent",
    "needed = size - 1 + extent",
    lesson="This is the padding for a stride of 1. With larger strides there are fewer positions, which need less.",
)

size_kept = mistake(
    "outputs = -(-size // stride)",
    "outputs = size",
    lesson='You pad until a strided convolution keeps the whole size. With stride s, "same" means size / s, rounded up.',
)

output_rounded_down = mistake(
    "outputs = -(-size // stride)",
    "outputs = size // stride",
    lesson="The output size is rounded down. Where the stride does not divide the size, a last position covers the rest.",
)

dilation_ignored = mistake(
    "dilation * (kernel_size - 1) + 1",
    "kernel_size",
    lesson="The dilation has no effect. A dilated kernel reaches further and needs more padding.",
)

dilation_times_kernel = mistake(
    "dilation * (kernel_size - 1) + 1",
    "dilation * kernel_size",
    lesson="A dilated kernel's reach is counted as dilation * kernel_size. k elements have only k - 1 gaps between them.",
)

negative_padding = mistake(
    "max(needed - size, 0)",
    "needed - size",
    lesson="The padding becomes negative when the stride is larger than the kernel. Pixels are left over then; none are cut off.",
)

absolute_padding = mistake(
    "max(needed - size, 0)",
    "abs(needed - size)",
    lesson="Where pixels are left over, you add as many again. Nothing needs padding there.",
)

floats = mistake(
    "before = total // 2",
    "before = total / 2",
    lesson="The padding comes out as a float, half pixels included. It is counted in whole pixels.",
)


@chaff(
    "Half a kernel on both sides is right for odd kernels at stride 1. Even kernels and larger strides need other amounts."
)
def half_kernel(size, kernel_size, stride=1, dilation=1):
    return dilation * (kernel_size - 1) // 2, dilation * (kernel_size - 1) // 2


@chaff("You return one number, the total. Asked for are the amounts for the two sides.")
def total_only(size, kernel_size, stride=1, dilation=1):
    return sum(same_padding(size, kernel_size, stride, dilation))


# Written after the cases were fixed.

one_step_too_many = mistake(
    "(outputs - 1) * stride",
    "outputs * stride",
    lesson="One step too many is counted: from the first of n positions to the last there are n - 1 steps.",
)

extent_of_stride = mistake(
    "needed = (outputs - 1) * stride + extent",
    "needed = (outputs - 1) * stride * dilation + extent",
    lesson="The dilation also lengthens the steps between positions. It spreads the kernel's elements only.",
)

even_at_least = mistake(
    "total = max(needed - size, 0)",
    "total = max(needed - size, 0) // 2 * 2",
    lesson="Both sides get half, rounded down, so an odd total loses a pixel and the output is too small.",
)

nearest_output = mistake(
    "outputs = -(-size // stride)",
    "outputs = max(round(size / stride), 1)",
    lesson="The output size is rounded to the nearest number. A part of a step at the end is a position too.",
)


@chaff("You alternate the side that gets the odd pixel with the size. It is always the far side.")
def side_by_parity(size, kernel_size, stride=1, dilation=1):
    before, after = same_padding(size, kernel_size, stride, dilation)
    return (before, after) if size % 2 else (after, before)


size_ignored = mistake(
    "total = max(needed - size, 0)",
    "total = max(extent - stride, 0)",
    lesson="The size plays no part. Where the stride does not divide it, the last position covers less than a stride, and needs more.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"stride_1": 2, "even_kernels": 2, "stride": 2, "nothing_to_pad": 1, "dilation": 1, "together": 1}


def cases(draw):
    def case(check, *sizes, **options):
        return Case(check, dict(zip(("size", "kernel_size"), sizes)) | options)

    yield case("stride_1", 5, 3)
    yield case("stride_1", 6, 5)
    yield case("stride_1", 4, 1)
    yield case("stride_1", 2, 7)
    yield case("stride_1", draw.size(10, 60), 2 * draw.size(1, 6) + 1)

    yield case("even_kernels", 5, 4)
    yield case("even_kernels", 6, 2)
    yield case("even_kernels", 8, 6)
    yield case("even_kernels", draw.size(10, 60), 2 * draw.size(1, 6))

    yield case("stride", 5, 3, stride=2)
    yield case("stride", 6, 3, stride=2)
    yield case("stride", 7, 3, stride=3)
    yield case("stride", 8, 5, stride=3)
    yield case("stride", 9, 4, stride=2)
    yield case("stride", 224, 7, stride=2)
    yield case("stride", 10, 7, stride=4)
    yield case("stride", draw.size(20, 80), draw.size(5, 9), stride=draw.size(2, 4))

    yield case("nothing_to_pad", 5, 1, stride=2)
    yield case("nothing_to_pad", 6, 1, stride=2)
    yield case("nothing_to_pad", 6, 1, stride=3)
    yield case("nothing_to_pad", 12, 2, stride=4)
    yield case("nothing_to_pad", 9, 2, stride=5)

    yield case("dilation", 7, 3, dilation=2)
    yield case("dilation", 8, 2, dilation=3)
    yield case("dilation", 9, 1, dilation=4)
    yield case("dilation", draw.size(20, 60), draw.size(2, 6), dilation=draw.size(2, 4))

    yield case("together", 10, 3, stride=2, dilation=2)
    yield case("together", 11, 4, stride=3, dilation=2)
    for _ in range(4):
        yield case(
            "together", draw.size(20, 90), draw.size(3, 8), stride=draw.size(2, 4), dilation=draw.size(2, 4)
        )
