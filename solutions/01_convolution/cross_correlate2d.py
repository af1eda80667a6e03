"""cross_correlate2d: one shifted copy of the image per kernel element; checked against loops, windows and FFT."""

import torch
import torch.nn.functional as F

from grader.author import Case, chaff, mistake, wheat


def cross_correlate2d(image, kernel):
    height, width = image.shape
    kh, kw = kernel.shape
    out_height, out_width = height - kh + 1, width - kw + 1
    output = image.new_zeros(out_height, out_width)
    # Kernel element (i, j) meets, over all positions of the kernel, the part of the image that starts at (i, j).
    for i in range(kh):
        for j in range(kw):
            output = output + kernel[i, j] * image[i : i + out_height, j : j + out_width]
    return output


@wheat("the definition: a loop over output values")
def cross_correlate2d_loops(image, kernel):
    (height, width), (kh, kw) = image.shape, kernel.shape
    output = torch.zeros(height - kh + 1, width - kw + 1, dtype=image.dtype, device=image.device)
    for y in range(output.shape[0]):
        for x in range(output.shape[1]):
            output[y, x] = (image[y : y + kh, x : x + kw] * kernel).sum()
    return output


@wheat("all windows as a strided view, contracted with the kernel in float64")
def cross_correlate2d_windows(image, kernel):
    windows = image.double().unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1)
    return torch.einsum("yxij,ij->yx", windows, kernel.double()).to(image.dtype)


@wheat("the correlation theorem: one transform, conjugated, times the other")
def cross_correlate2d_fft(image, kernel):
    (height, width), (kh, kw) = image.shape, kernel.shape
    spectrum = torch.fft.rfft2(image) * torch.fft.rfft2(kernel, s=(height, width)).conj()
    return torch.fft.irfft2(spectrum, s=(height, width))[: height - kh + 1, : width - kw + 1]


@wheat("im2col: windows as columns, one matrix product")
def cross_correlate2d_im2col(image, kernel):
    (height, width), (kh, kw) = image.shape, kernel.shape
    columns = F.unfold(image[None, None], (kh, kw))[0]
    return (kernel.reshape(1, -1) @ columns).reshape(height - kh + 1, width - kw + 1)


# ------------------------------------------------------------------------------------------------------------ chaffs

flipped = mistake(
    "kernel[i, j] *",
    "kernel[kh - 1 - i, kw - 1 - j] *",
    lesson="You flip the kernel: that is convolution as mathematicians define it. Here kernel[0, 0] meets the window's top left "
    "pixel.",
)

rows_flipped = mistake(
    "kernel[i, j] *",
    "kernel[kh - 1 - i, j] *",
    lesson="The kernel is upside down.",
)

transposed_kernel = mistake(
    "    kh, kw = kernel.shape",
    "    kernel = kernel.T\n    kh, kw = kernel.shape",
    lesson="Rows and columns of the kernel are exchanged. Its first index goes down, its second to the right.",
)

transposed_output = mistake(
    "    return output",
    "    return output.T.reshape(out_height, out_width)",
    lesson="The output's rows and columns are exchanged, then pressed into the right shape.",
)

same_size = mistake(
    "out_height, out_width = height - kh + 1, width - kw + 1",
    "image = F.pad(image, ((kw - 1) // 2, kw // 2, (kh - 1) // 2, kh // 2))\n    out_height, out_width = height, width",
    lesson="You pad, so that the output is as large as the image. Here the kernel stays inside the image.",
)

one_position_short = mistake(
    "height - kh + 1, width - kw + 1",
    "height - kh, width - kw",
    lesson="The last row and column are missing. From the first position to the last there are H - kh moves, hence one position "
    "more.",
)

square_image = mistake(
    "height - kh + 1, width - kw + 1",
    "height - kh + 1, height - kw + 1",
    lesson="You use the image's height for both sizes. Images need not be square.",
)

square_kernel = mistake(
    "    kh, kw = kernel.shape",
    "    kh = kw = kernel.shape[0]",
    lesson="You use the kernel's height for both of its sizes. Kernels need not be square.",
)

averaged = mistake(
    "    return output",
    "    return output / kernel.numel()",
    lesson="You average the products. Their sum is asked for; the kernel itself says how much each pixel counts.",
)

normalised_kernel = mistake(
    "    kh, kw = kernel.shape",
    "    kernel = kernel / kernel.abs().sum().clamp(min=1e-12)\n    kh, kw = kernel.shape",
    lesson="The kernel is scaled to a sum of 1. Its values are taken as they are.",
)

overwritten = mistake(
    "output = output + kernel[i, j]",
    "output = kernel[i, j]",
    lesson="Each kernel element overwrites what the ones before gave, so only the last counts. The products are added up.",
)

first_row_only = mistake(
    "for i in range(kh):",
    "for i in range(1):",
    lesson="Only the kernel's first row is used.",
)

forced_float32 = mistake(
    "    return output",
    "    return output.float()",
    lesson="The result is always float32. It has the image's dtype, whatever that is.",
)

half_inside = mistake(
    "kernel[i, j] * image[",
    "kernel.bfloat16()[i, j] * image.bfloat16()[",
    "    return output",
    "    return output.to(image.dtype)",
    lesson="The products are formed in half precision. Three digits are not enough for a float32 result.",
)

image_changed = mistake(
    "    return output",
    "    image[:out_height, :out_width] = output\n    return output",
    lesson="The result is written over the caller's image. An argument belongs to the caller: write to a new tensor.",
)


@chaff(
    "You multiply window and kernel as matrices. Cross-correlation multiplies element by element and adds everything up."
)
def matrix_product(image, kernel):
    rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    output = image.new_zeros(rows, columns)
    for y in range(rows):
        for x in range(columns):
            window = image[y : y + kernel.shape[0], x : x + kernel.shape[1]]
            output[y, x] = (window @ kernel.T).sum()
    return output


@chaff(
    "The kernel wraps around the image's edges: a product of transforms is circular. Keep the positions where it lies inside."
)
def circular(image, kernel):
    size = image.shape
    return torch.fft.irfft2(torch.fft.rfft2(image) * torch.fft.rfft2(kernel, s=size).conj(), s=size)


# Written after the cases were fixed.

output_reversed = mistake(
    "    return output",
    "    return output.flip(0, 1)",
    lesson="The output is turned by 180 degrees: the kernel's first position, top left, gives its first value.",
)

sizes_exchanged = mistake(
    "height, width = image.shape",
    "width, height = image.shape",
    lesson="The image's height and width are exchanged: shape is (rows, columns), (H, W).",
)

mean_removed = mistake(
    "    kh, kw = kernel.shape",
    "    kernel = kernel - kernel.mean()\n    kh, kw = kernel.shape",
    lesson="The kernel's mean is taken off, as template matching does. Its values are taken as they are.",
)

strided_by_kernel = mistake(
    "    return output",
    "    return output[::kh, ::kw]",
    lesson="The kernel jumps by its own size, as a pooling window does. It moves by one pixel.",
)

magnitudes = mistake(
    "    return output",
    "    return output.clamp(min=0)",
    lesson="Negative sums are cut off. An activation function may do that later; cross-correlation keeps them.",
)


@chaff(
    "The output starts one row too late, and its last row reaches over the end of the image. The first position is at the top: "
    "kernel[0, 0] on image[0, 0]."
)
def one_row_too_late(image, kernel):
    (height, width), (kh, kw) = image.shape, kernel.shape
    spectrum = torch.fft.rfft2(image) * torch.fft.rfft2(kernel, s=(height, width)).conj()
    return torch.fft.irfft2(spectrum, s=(height, width))[1 : height - kh + 2, : width - kw + 1]


@chaff(
    "The output starts one column too late, and its last column reaches over the end of the image. The first position is at the "
    "left: kernel[0, 0] on image[0, 0]."
)
def one_column_too_late(image, kernel):
    (height, width), (kh, kw) = image.shape, kernel.shape
    spectrum = torch.fft.rfft2(image) * torch.fft.rfft2(kernel, s=(height, width)).conj()
    return torch.fft.irfft2(spectrum, s=(height, width))[: height - kh + 1, 1 : width - kw + 2]


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"small": 1, "rectangular": 2, "edges": 1}


def cases(draw):
    def case(check, image, kernel):
        return Case(check, dict(image=image, kernel=kernel))

    yield case("small", draw.integers(3, 3, low=-2, high=4), draw.integers(2, 2, low=-2, high=4))
    yield case("small", draw.integers(4, 4), draw.integers(3, 3))
    yield case("small", draw.normal(5, 5), draw.normal(2, 2))

    yield case("rectangular", draw.integers(3, 5), draw.integers(2, 3))
    yield case("rectangular", draw.normal(7, 4), draw.normal(2, 3))
    yield case("rectangular", draw.normal(6, 9), draw.normal(4, 1))
    yield case("rectangular", draw.normal(5, 8), draw.normal(1, 5))
    yield case("rectangular", draw.normal(9, 7), draw.normal(5, 3))

    yield case("edges", draw.normal(2, 3), draw.normal(2, 3))
    yield case("edges", draw.normal(3, 2), draw.normal(1, 1))
    yield case("edges", draw.normal(4, 6), draw.normal(4, 2))
