"""rotate: for every place its source, and four neighbours mixed."""

import math

import torch

from grader.author import Case, chaff, mistake, wheat


def rotate(input, degrees):
    height, width = input.shape[2:]
    cy, cx = (height - 1) / 2, (width - 1) / 2
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    v = (torch.arange(height, dtype=input.dtype, device=input.device) - cy)[:, None]
    u = (torch.arange(width, dtype=input.dtype, device=input.device) - cx)[None, :]
    # The inverse of the rotation says where each place's content came from.
    sx = cx + u * cos - v * sin
    sy = cy + u * sin + v * cos
    x0, y0 = sx.floor(), sy.floor()
    fx, fy = sx - x0, sy - y0
    # Each of the four neighbours counts with the area of the opposite small rectangle; outside the image it is 0.
    output = 0
    for dy, weight_y in ((0, 1 - fy), (1, fy)):
        for dx, weight_x in ((0, 1 - fx), (1, fx)):
            y, x = (y0 + dy).long(), (x0 + dx).long()
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            values = input[:, :, y.clamp(0, height - 1), x.clamp(0, width - 1)]
            output = output + values * (weight_y * weight_x * inside)
    return output


@wheat("a weight for every pair of places: the tent function of their distance in x times that in y")
def rotate_tents(input, degrees):
    height, width = input.shape[2:]
    angle = math.radians(degrees)
    ys = torch.arange(height, dtype=torch.float64, device=input.device)
    xs = torch.arange(width, dtype=torch.float64, device=input.device)
    v, u = torch.meshgrid(ys - ys.mean(), xs - xs.mean(), indexing="ij")
    sx = xs.mean() + u * math.cos(angle) - v * math.sin(angle)
    sy = ys.mean() + u * math.sin(angle) + v * math.cos(angle)
    across = (1 - (sx[..., None] - xs).abs()).clamp(min=0)
    down = (1 - (sy[..., None] - ys).abs()).clamp(min=0)
    return torch.einsum("yxi,yxj,ncij->ncyx", down, across, input.double()).to(input.dtype)


@wheat("the definition, pixel by pixel, on an image with a border of zeros")
def rotate_loops(input, degrees):
    height, width = input.shape[2:]
    cos, sin = math.cos(degrees * math.pi / 180), math.sin(degrees * math.pi / 180)
    bordered = torch.nn.functional.pad(input, (1, 1, 1, 1))
    rows = []
    for y in range(height):
        for x in range(width):
            v, u = y - (height - 1) / 2, x - (width - 1) / 2
            sy, sx = (height - 1) / 2 + u * sin + v * cos, (width - 1) / 2 + u * cos - v * sin
            # Beyond the border all is 0; there the last row or column of zeros serves as well.
            sy, sx = min(max(sy + 1, 0.0), height + 1.0), min(max(sx + 1, 0.0), width + 1.0)
            y0, x0 = min(int(sy), height), min(int(sx), width)
            fy, fx = sy - y0, sx - x0
            top = (1 - fx) * bordered[:, :, y0, x0] + fx * bordered[:, :, y0, x0 + 1]
            bottom = (1 - fx) * bordered[:, :, y0 + 1, x0] + fx * bordered[:, :, y0 + 1, x0 + 1]
            rows.append((1 - fy) * top + fy * bottom)
    return torch.stack(rows, dim=2).reshape(input.shape)


@wheat("complex numbers for the rotation, and one sparse matrix for all four neighbours")
def rotate_complex(input, degrees):
    height, width = input.shape[2:]
    ys = torch.arange(height, dtype=torch.float64)[:, None].expand(height, width)
    xs = torch.arange(width, dtype=torch.float64)[None, :].expand(height, width)
    center = complex((width - 1) / 2, (height - 1) / 2)
    one, angle = torch.tensor([1.0, math.radians(degrees)], dtype=torch.float64)
    source_turn = torch.polar(one, angle)
    source = (torch.complex(xs, ys) - center) * source_turn + center
    matrix = torch.zeros(height * width, height * width, dtype=torch.float64)
    x0, y0 = source.real.floor(), source.imag.floor()
    for y, wy in ((y0, 1 - (source.imag - y0)), (y0 + 1, source.imag - y0)):
        for x, wx in ((x0, 1 - (source.real - x0)), (x0 + 1, source.real - x0)):
            inside = ((y >= 0) & (y < height) & (x >= 0) & (x < width)).flatten()
            to = torch.arange(height * width)[inside]
            matrix[to, (y * width + x).long().flatten()[inside]] += (wy * wx).flatten()[inside]
    return (input.flatten(2) @ matrix.to(input).T).reshape(input.shape)


@wheat(
    "sent forwards with shares: every pixel of the input is added to the places that ask for it, by index_add"
)
def rotate_by_pixel(input, degrees):
    height, width = input.shape[2:]
    turn = math.radians(degrees)
    grid = torch.cartesian_prod(torch.arange(height), torch.arange(width)).to(torch.float64)
    center = torch.tensor([height - 1, width - 1], dtype=torch.float64) / 2
    matrix = torch.tensor(
        [[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]], dtype=torch.float64
    )
    source = (grid - center) @ matrix.T + center
    output = torch.zeros_like(input.flatten(2), dtype=torch.float64)
    for i in range(height):
        for j in range(width):
            distance = (source - torch.tensor([i, j], dtype=torch.float64)).abs()
            share = (1 - distance).clamp(min=0).prod(dim=1).to(input.device)
            output = output + input[:, :, i, j, None].double() * share
    return output.to(input.dtype).reshape(input.shape)


# ------------------------------------------------------------------------------------------------------------ chaffs

clockwise = mistake(
    "math.cos(math.radians(degrees)), math.sin(math.radians(degrees))",
    "math.cos(math.radians(degrees)), -math.sin(math.radians(degrees))",
    lesson="The image turns clockwise. With rows counted downwards, signs are not those of a school book's drawing.",
)

radians = mistake(
    "math.cos(math.radians(degrees)), math.sin(math.radians(degrees))",
    "math.cos(degrees), math.sin(degrees)",
    lesson="The angle is taken for radians. It comes in degrees.",
)

whole_degrees = mistake(
    "    height, width = input.shape[2:]\n",
    "    degrees = round(degrees)\n    height, width = input.shape[2:]\n",
    lesson="The angle is rounded to whole degrees.",
)

about_corner = mistake(
    "cy, cx = (height - 1) / 2, (width - 1) / 2",
    "cy, cx = 0.0, 0.0",
    lesson="The image turns about its top left pixel. The statement turns it about the centre.",
)

half_pixel_off = mistake(
    "cy, cx = (height - 1) / 2, (width - 1) / 2",
    "cy, cx = height / 2, width / 2",
    lesson="The centre is half a pixel off: between pixel 0 and pixel H - 1 it is (H - 1) / 2.",
)

whole_center = mistake(
    "cy, cx = (height - 1) / 2, (width - 1) / 2",
    "cy, cx = (height - 1) // 2, (width - 1) // 2",
    lesson="The centre is rounded to a pixel. For even sizes it lies between two.",
)

square_center = mistake(
    "cy, cx = (height - 1) / 2, (width - 1) / 2",
    "cy, cx = (height - 1) / 2, (height - 1) / 2",
    lesson="You use the height for both coordinates of the centre. Images need not be square.",
)

nearest = mistake(
    "x0, y0 = sx.floor(), sy.floor()",
    "sx, sy = (sx + 0.5).floor(), (sy + 0.5).floor()\n    x0, y0 = sx, sy",
    lesson="You take the nearest pixel. The statement mixes the four around the point.",
)

top_left_only = mistake(
    "fx, fy = sx - x0, sy - y0",
    "fx, fy = torch.zeros_like(sx), torch.zeros_like(sy)",
    lesson="You take the pixel above and to the left of the point. Its share depends on how near it is; three others have one too.",
)

weights_exchanged = mistake(
    "fx, fy = sx - x0, sy - y0",
    "fx, fy = 1 - (sx - x0), 1 - (sy - y0)",
    lesson="Near and far are exchanged: the nearer a pixel is to the point, the more it counts.",
)

fractions_exchanged = mistake(
    "fx, fy = sx - x0, sy - y0",
    "fy, fx = sx - x0, sy - y0",
    lesson="The horizontal and the vertical fraction are exchanged in the weights.",
)

in_x_only = mistake(
    "fx, fy = sx - x0, sy - y0",
    "y0 = (sy + 0.5).floor()\n    fx, fy = sx - x0, torch.zeros_like(sy)",
    lesson="You interpolate along the rows only. The point lies between two rows as well.",
)

border_repeated = mistake(
    "(weight_y * weight_x * inside)",
    "(weight_y * weight_x)",
    lesson="Beyond the edge the border's pixels are repeated. Outside the image everything is 0.",
)

border_too_strict = mistake(
    "    return output",
    "    far = (sx < 0) | (sx > width - 1) | (sy < 0) | (sy > height - 1)\n    return output * ~far",
    lesson="A point a little outside gets 0 at once. It still has neighbours inside, which count with their share.",
)

wraps = mistake(
    "input[:, :, y.clamp(0, height - 1), x.clamp(0, width - 1)]",
    "input[:, :, y % height, x % width]",
    "(weight_y * weight_x * inside)",
    "(weight_y * weight_x)",
    lesson="Beyond the edge the other side of the image comes in. Outside the image everything is 0.",
)

truncated = mistake(
    "x0, y0 = sx.floor(), sy.floor()",
    "x0, y0 = sx.trunc(), sy.trunc()",
    lesson="Negative coordinates are rounded towards 0. floor goes down, which is what the weights rely on.",
)

stretched = mistake(
    "sx = cx + u * cos - v * sin",
    "sx = cx + u * cos - v * sin * (width / height)",
    "sy = cy + u * sin + v * cos",
    "sy = cy + u * sin * (height / width) + v * cos",
    lesson="The image is sheared unless it is square: you rotate coordinates that run from -1 to 1 on both axes, though a "
    "pixel is as wide as it is high.",
)

sheared = mistake(
    "sy = cy + u * sin + v * cos",
    "sy = cy + v * cos",
    lesson="The new row ignores the column: that is a shear, not a rotation.",
)

sine_signs = mistake(
    "sx = cx + u * cos - v * sin",
    "sx = cx + u * cos + v * sin",
    lesson="Both sines have the same sign: lengths change, so this is no rotation.",
)

floored_center_rows = mistake(
    "cy, cx = (height - 1) / 2, (width - 1) / 2",
    "cx, cy = (height - 1) / 2, (width - 1) / 2",
    lesson="The centre's coordinates are exchanged. Square images hide this.",
)

first_channel = mistake(
    "values = input[:, :, y.clamp",
    "values = input[:, :1, y.clamp",
    "    return output",
    "    return output.expand(input.shape)",
    lesson="Every channel gets the first one's values.",
)

detached = mistake(
    "    return output",
    "    return output.detach()",
    lesson="The values are right, but detach() cuts the result off from the graph: no gradient reaches the input.",
)

gradient_of_one = mistake(
    "            output = output + values * (weight_y * weight_x * inside)\n",
    "            values = values if (dy, dx) == (0, 0) else values.detach()\n"
    "            output = output + values * (weight_y * weight_x * inside)\n",
    lesson="The values are right, but only one of the four neighbours gets a gradient.",
)

float32 = mistake(
    "    return output",
    "    return output.float()",
    lesson="The result is float32 whatever came in. It has the input's dtype.",
)

in_place = mistake(
    "    return output",
    "    input.data.copy_(output.detach())\n    return output",
    lesson="The caller's images are rotated as well. Write to a new tensor.",
)


@chaff(
    "You send pixels forwards to the nearest place, which leaves holes and collisions. Ask backwards, from the result."
)
def forwards(input, degrees):
    height, width = input.shape[2:]
    cy, cx = (height - 1) / 2, (width - 1) / 2
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    output = torch.zeros_like(input)
    for y in range(height):
        for x in range(width):
            v, u = y - cy, x - cx
            tx, ty = math.floor(cx + u * cos + v * sin + 0.5), math.floor(cy - u * sin + v * cos + 0.5)
            if 0 <= ty < height and 0 <= tx < width:
                output[:, :, ty, tx] = input[:, :, y, x]
    return output


@chaff("Only quarter turns are done: the angle is rounded to the nearest multiple of 90 degrees.")
def quarter_turns(input, degrees):
    return rotate(input, round(degrees / 90) * 90)


@chaff("The turn is done twice over.")
def twice(input, degrees):
    return rotate(rotate(input, degrees / 2), degrees / 2)


angle_in_float32 = mistake(
    "cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))",
    "angle = torch.deg2rad(torch.tensor(degrees, dtype=torch.float32))\n"
    "    cos, sin = float(torch.cos(angle)), float(torch.sin(angle))",
    lesson="Sine and cosine have seven digits, whatever the input's dtype: the angle went through a float32 tensor.",
)

shares_made_whole = mistake(
    "    output = 0\n",
    "    output, total = 0, 0\n",
    "            output = output + values * (weight_y * weight_x * inside)\n",
    "            output = output + values * (weight_y * weight_x * inside)\n"
    "            total = total + weight_y * weight_x * inside\n",
    "    return output",
    "    return output / torch.where(total > 0, total, torch.ones_like(total))",
    lesson="At the border the shares of the pixels inside are scaled up to 1. What lies outside counts as 0, with its share.",
)

smooth_shares = mistake(
    "fx, fy = sx - x0, sy - y0",
    "fx, fy = sx - x0, sy - y0\n    fx, fy = fx**2 * (3 - 2 * fx), fy**2 * (3 - 2 * fy)",
    lesson="The shares follow a smooth curve. Bilinear means that they fall off in a straight line.",
)

sign_ignored = mistake(
    "    height, width = input.shape[2:]\n",
    "    degrees = abs(degrees)\n    height, width = input.shape[2:]\n",
    lesson="Negative angles turn the image counter-clockwise, like positive ones.",
)

points_rounded = mistake(
    "x0, y0 = sx.floor(), sy.floor()",
    "sx, sy = (sx * 64).round() / 64, (sy * 64).round() / 64\n    x0, y0 = sx.floor(), sy.floor()",
    lesson="The points are rounded to small fractions of a pixel. Their shares need every digit.",
)


@chaff(
    "The values are right, but the gradient is turned back like an image. Each place returns its gradient to the four pixels "
    "it came from, with the same shares."
)
def gradient_turned_back(input, degrees):
    class Turn(torch.autograd.Function):
        @staticmethod
        def forward(ctx, image):
            return rotate(image, degrees)

        @staticmethod
        def backward(ctx, grad):
            return rotate(grad, -degrees)

    return Turn.apply(input)


rows_about_half_the_height = mistake(
    "cy, cx = (height - 1) / 2, (width - 1) / 2",
    "cy, cx = height / 2, (width - 1) / 2",
    lesson="The centre lies half a pixel too low: rows are counted from 0 to H - 1, and its row is halfway between.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"quarter_turns": 2, "any_angle": 3, "rectangles": 2, "gradients": 1}


def cases(draw):
    yield Case("quarter_turns", dict(input=draw.distinct(1, 1, 3, 3, spacing=1.0), degrees=90.0))
    yield Case("quarter_turns", dict(input=draw.normal(2, 2, 4, 4), degrees=-90.0))
    yield Case("quarter_turns", dict(input=draw.normal(2, 2, 3, 4), degrees=180.0))
    yield Case("any_angle", dict(input=draw.distinct(1, 1, 3, 3, spacing=1.0), degrees=45.0))
    yield Case("any_angle", dict(input=draw.normal(2, 3, 5, 5), degrees=30.5))
    yield Case("any_angle", dict(input=draw.normal(3, 2, 6, 6), degrees=-17.25))
    yield Case("any_angle", dict(input=draw.normal(2, 1, 4, 4), degrees=0.0))
    yield Case("rectangles", dict(input=draw.normal(1, 1, 2, 4), degrees=60.0))
    yield Case("rectangles", dict(input=draw.normal(2, 2, 4, 7), degrees=100.0))
    yield Case("rectangles", dict(input=draw.normal(2, 3, 6, 3), degrees=-205.0))
