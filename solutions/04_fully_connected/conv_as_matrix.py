"""conv_as_matrix: row by row, the kernel written into an empty image; checked by index arithmetic and by columns."""

import torch

from grader.author import Case, chaff, mistake, wheat


def conv_as_matrix(kernel, height, width):
    kh, kw = kernel.shape
    out_height, out_width = height - kh + 1, width - kw + 1
    # Seen as images, the rows are easy: row (y, x) is empty but for the kernel, put down at (y, x).
    rows = kernel.new_zeros(out_height, out_width, height, width)
    for y in range(out_height):
        for x in range(out_width):
            rows[y, x, y : y + kh, x : x + kw] = kernel
    return rows.reshape(out_height * out_width, height * width)


@wheat("index arithmetic: where each kernel element stands in each row")
def conv_as_matrix_indices(kernel, height, width):
    (kh, kw), device = kernel.shape, kernel.device
    out_height, out_width = height - kh + 1, width - kw + 1
    row = torch.arange(out_height * out_width, device=device)
    corner = row // out_width * width + row % out_width
    offset = torch.arange(kh, device=device)[:, None] * width + torch.arange(kw, device=device)
    matrix = torch.zeros(len(row), height * width, dtype=kernel.dtype, device=device)
    matrix[row[:, None], corner[:, None] + offset.flatten()] = kernel.flatten().expand(len(row), -1)
    return matrix


@wheat("column by column: what the layer makes of an image with a single bright pixel")
def conv_as_matrix_columns(kernel, height, width):
    kh, kw = kernel.shape
    basis = torch.eye(height * width, dtype=kernel.dtype, device=kernel.device).reshape(-1, height, width)
    windows = basis.unfold(1, kh, 1).unfold(2, kw, 1)
    return torch.einsum("pyxij,ij->yxp", windows, kernel).flatten(0, 1)


@wheat("Kronecker products of shifted identities: one for the rows, one for the columns")
def conv_as_matrix_kronecker(kernel, height, width):
    kh, kw = kernel.shape
    down = torch.eye(height, dtype=torch.float64, device=kernel.device)
    across = torch.eye(width, dtype=torch.float64, device=kernel.device)
    matrix = 0
    for i in range(kh):
        for j in range(kw):
            moved = torch.kron(down[i : i + height - kh + 1], across[j : j + width - kw + 1].contiguous())
            matrix = matrix + kernel[i, j].double() * moved
    return matrix.to(kernel.dtype)


@wheat("the Jacobian of the layer, by automatic differentiation")
def conv_as_matrix_jacobian(kernel, height, width):
    def layer(flat):
        windows = flat.reshape(height, width).unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1)
        return (windows * kernel).sum(dim=(2, 3)).flatten()

    zeros = torch.zeros(height * width, dtype=kernel.dtype, device=kernel.device)
    return torch.autograd.functional.jacobian(layer, zeros)


# ------------------------------------------------------------------------------------------------------------ chaffs

flipped = mistake(
    "x : x + kw] = kernel",
    "x : x + kw] = kernel.flip(0, 1)",
    lesson="The kernel is flipped: this matrix convolves as mathematicians do. Deep learning's layers correlate.",
)

transposed = mistake(
    "return rows.reshape(out_height * out_width, height * width)",
    "return rows.reshape(out_height * out_width, height * width).T",
    lesson="The matrix is transposed. It is multiplied by an image of H*W pixels, so it has as many columns.",
)

transposed_kernel = mistake(
    "    kh, kw = kernel.shape",
    "    kernel = kernel.T\n    kh, kw = kernel.shape",
    lesson="Rows and columns of the kernel are exchanged. Its first index goes down, its second to the right.",
)

flattened_by_columns = mistake(
    "rows.reshape(out_height * out_width, height * width)",
    "rows.transpose(2, 3).reshape(out_height * out_width, height * width)",
    lesson="The image's pixels are counted down the columns. flatten() goes row by row.",
)

outputs_by_columns = mistake(
    "rows.reshape(out_height * out_width, height * width)",
    "rows.transpose(0, 1).reshape(out_height * out_width, height * width)",
    lesson="The outputs are counted down the columns. Flattened, the map goes row by row.",
)

banded_by_one = mistake(
    "rows = kernel.new_zeros(out_height, out_width, height, width)\n"
    "    for y in range(out_height):\n"
    "        for x in range(out_width):\n"
    "            rows[y, x, y : y + kh, x : x + kw] = kernel\n"
    "    return rows.reshape(out_height * out_width, height * width)",
    "first = kernel.new_zeros(height, width)\n"
    "    first[:kh, :kw] = kernel\n"
    "    return torch.stack([first.flatten().roll(row) for row in range(out_height * out_width)])",
    lesson="Every row is the one before, moved by one. At the end of a row of outputs the window jumps to the next line of the image.",
)

square_image = mistake(
    "height - kh + 1, width - kw + 1",
    "height - kh + 1, height - kw + 1",
    lesson="You use the height for both sizes. Images need not be square.",
)

square_kernel = mistake(
    "kh, kw = kernel.shape",
    "kh = kw = kernel.shape[0]",
    lesson="You use the kernel's height for both of its sizes. Kernels need not be square.",
)

same_padding = mistake(
    "    return rows.reshape(out_height * out_width, height * width)",
    "    full = kernel.new_zeros(height, width, height, width)\n"
    "    full[:out_height, :out_width] = rows\n"
    "    return full.reshape(height * width, height * width)",
    lesson="There is a row for every pixel. The kernel stays inside the image, so there are only OH*OW positions.",
)

one_position_short = mistake(
    "height - kh + 1, width - kw + 1",
    "height - kh, width - kw",
    lesson="The last positions are missing. From the first of them to the last there are H - kh moves, hence one position more.",
)

ones_for_weights = mistake(
    "x : x + kw] = kernel",
    "x : x + kw] = 1",
    lesson="The matrix says which pixels are seen, but not with which weight.",
)

not_flattened = mistake(
    "return rows.reshape(out_height * out_width, height * width)",
    "return rows",
    lesson="Outputs and pixels still have two axes each. A matrix has one for all outputs and one for all pixels.",
)

forced_float32 = mistake(
    "kernel.new_zeros(",
    "torch.zeros(",
    lesson="The matrix is always float32. It has the kernel's dtype.",
)

kernel_zeroed = mistake(
    "    return rows.reshape",
    "    kernel.zero_()\n    return rows.reshape",
    lesson="The caller's kernel is changed. An argument belongs to the caller.",
)


@chaff(
    "The kernel's rows lie next to each other in the matrix. Between them there is the rest of the image's line."
)
def kernel_rows_joined(kernel, height, width):
    kh, kw = kernel.shape
    rows, columns = height - kh + 1, width - kw + 1
    matrix = kernel.new_zeros(rows * columns, height * width)
    for y in range(rows):
        for x in range(columns):
            start = min(y * width + x, height * width - kernel.numel())
            matrix[y * columns + x, start : start + kernel.numel()] = kernel.flatten()
    return matrix


# Written after the cases were fixed.

centred = mistake(
    "rows[y, x, y : y + kh, x : x + kw] = kernel",
    "rows[y, x, y : y + kh, x : x + kw] = kernel\n"
    "            rows[y, x] = rows[y, x].roll((-(kh // 2), -(kw // 2)), (0, 1))",
    lesson="The kernel's middle lies on pixel (y, x), so the first windows hang over the edge. Its top left corner does.",
)

circular = mistake(
    "rows[y, x, y : y + kh, x : x + kw] = kernel",
    "rows[y, x, :kh, :kw] = kernel\n            rows[y, x] = rows[y, x].roll((y, x + 1), (0, 1))",
    lesson="Every window is one pixel too far to the right, and the last ones wrap around. Window (0, 0) starts at pixel (0, 0).",
)

normalised = mistake(
    "    kh, kw = kernel.shape",
    "    kernel = kernel / kernel.abs().sum().clamp(min=1e-12)\n    kh, kw = kernel.shape",
    lesson="Every row is scaled to a sum of 1. The kernel's values are taken as they are.",
)

one_row_of_windows = mistake(
    "for y in range(out_height):",
    "for y in range(1):",
    lesson="Only the first line of outputs is filled; all other rows stay empty.",
)

first_weight_everywhere = mistake(
    "x : x + kw] = kernel",
    "x : x + kw] = kernel[0, 0]",
    lesson="Every pixel of a window gets the kernel's first weight. Each of its elements has its own place in the window.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"small": 1, "rectangular": 2, "edges": 1}


def cases(draw):
    def case(check, kernel, height, width):
        return Case(check, dict(kernel=kernel, height=height, width=width))

    yield case("small", draw.integers(1, 2, low=1, high=9), 2, 3)
    yield case("small", draw.integers(2, 2, low=1, high=9), 3, 3)
    yield case("small", draw.normal(2, 2), 4, 4)

    yield case("rectangular", draw.integers(2, 3, low=1, high=9), 3, 4)
    yield case("rectangular", draw.normal(3, 2), 4, 6)
    yield case("rectangular", draw.normal(2, 4), 6, 5)
    yield case("rectangular", draw.normal(3, 1), 5, 3)

    yield case("edges", draw.integers(1, 1, low=1, high=9), 2, 2)
    yield case("edges", draw.normal(2, 3), 2, 3)
    yield case("edges", draw.normal(3, 2), 3, 5)
