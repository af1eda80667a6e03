"""tanh and tanh_backward: by expm1 of what is never positive; checked against sinh and cosh, halving, and series."""

import numpy as np

from grader.author import Case, chaff, mistake, wheat


def tanh(input):
    # With t = exp(-2|x|) - 1, which lies in (-1, 0]: tanh |x| = (1 - exp(-2|x|)) / (1 + exp(-2|x|)) = -t / (2 + t).
    # expm1 keeps all digits of t where |x| is tiny, and exp of a negative number cannot overflow.
    t = np.expm1(-2 * np.abs(input))
    return np.copysign(-t / (2 + t), input)


def tanh_backward(grad_output, output):
    return grad_output * (1 - output * output)


@wheat("sinh over cosh; beyond 20 the result is 1 to the last digit, so larger inputs may be cut off there")
def tanh_sinh(input):
    x = np.clip(input, -20, 20)
    return np.sinh(x) / np.cosh(x)


@wheat("expm1 of the input as it is, cut off at 20")
def tanh_expm1(input):
    grown = np.expm1(2 * np.clip(input, -20, 20))
    return grown / (grown + 2)


@wheat("a series for small inputs, exponentials for the rest, in long double inside")
def tanh_series(input):
    x = input.astype(np.longdouble)
    shrunk = np.exp(-2 * np.abs(x))
    large = np.sign(x) * (1 - shrunk) / (1 + shrunk)
    return np.where(np.abs(x) < 1e-3, x - x**3 / 3 + 2 * x**5 / 15 - 17 * x**7 / 315, large).astype(
        input.dtype
    )


@wheat("the product of one minus and one plus the output", of="tanh_backward")
def backward_product(grad_output, output):
    return grad_output * (1 - output) * (1 + output)


@wheat("the gradient less its share, in float64 inside", of="tanh_backward")
def backward_difference(grad_output, output):
    gradient, y = grad_output.astype(np.float64), output.astype(np.float64)
    return (gradient - gradient * y**2).astype(output.dtype)


# ------------------------------------------------------------------------------------------------------------ chaffs

overflowing = mistake(
    "t = np.expm1(-2 * np.abs(input))\n    return np.copysign(-t / (2 + t), input)",
    "t = np.expm1(2 * input)\n    return t / (t + 2)",
    lesson="For large inputs this is inf / inf, which is NaN. exp must only ever see numbers that are not large.",
)

textbook = mistake(
    "t = np.expm1(-2 * np.abs(input))\n    return np.copysign(-t / (2 + t), input)",
    "up, down = np.exp(input), np.exp(-input)\n    return (up - down) / (up + down)",
    lesson="The formula as it stands overflows for large inputs: inf / inf is NaN.",
)

digits_lost = mistake(
    "np.expm1(-2 * np.abs(input))",
    "np.exp(-2 * np.abs(input)) - 1",
    lesson="Tiny inputs lose their digits: the difference of two numbers close to 1 has few correct ones left.",
)

through_the_sigmoid = mistake(
    "t = np.expm1(-2 * np.abs(input))\n    return np.copysign(-t / (2 + t), input)",
    "with np.errstate(over='ignore'):\n        return 2 / (1 + np.exp(-2 * input)) - 1",
    lesson="Tiny inputs lose their digits: the difference of two numbers close to 1 has few correct ones left.",
)

sign_forgotten = mistake(
    "np.copysign(-t / (2 + t), input)",
    "-t / (2 + t)",
    lesson="Taking the magnitude loses the sign: tanh(-x) = -tanh(x).",
)

single_exponent = mistake(
    "np.expm1(-2 * np.abs(input))",
    "np.expm1(-np.abs(input))",
    lesson="This is tanh(x/2): dividing the formula by exp(x) leaves exp(-2x).",
)

sigmoid_instead = mistake(
    "t = np.expm1(-2 * np.abs(input))\n    return np.copysign(-t / (2 + t), input)",
    "with np.errstate(over='ignore'):\n        return 1 / (1 + np.exp(-input))",
    lesson="This is the sigmoid, from 0 to 1. tanh goes from -1 to 1.",
)

hard_tanh = mistake(
    "t = np.expm1(-2 * np.abs(input))\n    return np.copysign(-t / (2 + t), input)",
    "return np.clip(input, -1, 1)",
    lesson="This is the hard tanh, three straight lines that look like it. The curve is smooth.",
)

clipped_at_three = mistake(
    "t = np.expm1(-2 * np.abs(input))",
    "input = np.clip(input, -3, 3)\n    t = np.expm1(-2 * np.abs(input))",
    lesson="Clipping the input avoids the overflow, but so early that the result stops short of 1.",
)

identity_when_small = mistake(
    "return np.copysign(-t / (2 + t), input)",
    "return np.where(np.abs(input) < 0.1, input, np.copysign(-t / (2 + t), input))",
    lesson="For inputs below 0.1 you return the input. tanh(0.1) is 0.0997: that is close, and not it.",
)

forced_float64 = mistake(
    "np.copysign(-t / (2 + t), input)",
    "np.copysign(-t / (2 + t), input).astype(np.float64)",
    lesson="The result is always float64. It has the input's dtype.",
)

in_place = mistake(
    "return np.copysign(-t / (2 + t), input)",
    "input[...] = np.copysign(-t / (2 + t), input)\n    return input",
    lesson="The caller's input is overwritten. An argument belongs to the caller: write to a new array.",
)

backward_from_the_input = mistake(
    "return grad_output * (1 - output * output)",
    "return grad_output * (1 - tanh(output) ** 2)",
    lesson="tanh is applied twice: what you are given is its output already.",
)

backward_slope_only = mistake(
    "grad_output * (1 - output * output)",
    "1 - output * output",
    lesson="You return the slope alone. The chain rule multiplies it by the gradient from above.",
)

backward_of_sigmoid = mistake(
    "(1 - output * output)",
    "output * (1 - output)",
    lesson="This is the sigmoid's slope.",
)

backward_not_squared = mistake(
    "(1 - output * output)",
    "(1 - output)",
    lesson="The output enters the slope squared: the slope is the same on both sides of 0.",
)

backward_precedence = mistake(
    "grad_output * (1 - output * output)",
    "grad_output * 1 - output * output",
    lesson="Parentheses are missing: a product binds more strongly than a difference.",
)

backward_in_place = mistake(
    "return grad_output * (1 - output * output)",
    "grad_output *= 1 - output * output\n    return grad_output",
    lesson="The caller's gradient is changed. An argument belongs to the caller: write to a new array.",
)


@chaff("Some digits are lost on the way: a step is computed in half precision.")
def half_precision(input):
    return tanh(input.astype(np.float16)).astype(input.dtype)


# Written after the cases were fixed.

softsign = mistake(
    "t = np.expm1(-2 * np.abs(input))\n    return np.copysign(-t / (2 + t), input)",
    "return input / (1 + np.abs(input))",
    lesson="This is softsign: it looks alike, but reaches its ends far too slowly. tanh is made of exponentials.",
)

inverse = mistake(
    "t = np.expm1(-2 * np.abs(input))\n    return np.copysign(-t / (2 + t), input)",
    "return np.arctan(input)",
    lesson="This is the arctangent, whose ends are at a right angle's half turn. tanh ends at -1 and 1.",
)

zero_lost = mistake(
    "return np.copysign(-t / (2 + t), input)",
    "return np.where(input > 0, 1, -1).astype(input.dtype) * (-t / (2 + t) + 1e-7)",
    lesson="A small number is added where nothing needs protection: tanh(0) is 0.",
)

backward_plus = mistake(
    "(1 - output * output)",
    "(1 + output * output)",
    lesson="The slope has a wrong sign in it. It is largest at 0 and falls off to both sides.",
)

backward_root = mistake(
    "(1 - output * output)",
    "np.sqrt(np.abs(1 - output * output)).astype(output.dtype)",
    lesson="A root too many: 1 - tanh(x)**2 is the slope itself.",
)


clipped_at_five = mistake(
    "t = np.expm1(-2 * np.abs(input))",
    "t = np.expm1(-2 * np.clip(np.abs(input), 0, 5))",
    lesson="Beyond 5 the curve stands still, at 0.9999. It goes on to 1.",
)

backward_square_outside = mistake(
    "grad_output * (1 - output * output)",
    "grad_output * (1 - output) ** 2",
    lesson="The square is taken of the wrong thing: it belongs to the output alone. Then the slope is the same on both sides of 0.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"forward": 2, "large_inputs": 1, "tiny_inputs": 1, "backward": 2}


def cases(draw):
    yield Case("forward", dict(input=draw.integers(3, low=-2, high=2)))
    yield Case("forward", dict(input=draw.integers(2, 4, low=-6, high=6)))
    yield Case("forward", dict(input=draw.uniform(3, 4, low=-0.1, high=0.1)))
    yield Case("forward", dict(input=draw.normal(2, 3, 4, 5, scale=2.0)))

    yield Case("large_inputs", dict(input=np.array([-1000.0, -1.0, 1.0, 1000.0])))
    yield Case("large_inputs", dict(input=draw.uniform(3, 5, low=-1000.0, high=1000.0)))
    yield Case("large_inputs", dict(input=draw.uniform(4, 6, low=-30.0, high=30.0)))

    yield Case("tiny_inputs", dict(input=draw.integers(2, 3, low=-9, high=9) * 1e-6))
    yield Case("tiny_inputs", dict(input=draw.normal(3, 4, scale=1e-4)))
    yield Case("tiny_inputs", dict(input=draw.normal(3, 4, scale=1e-8)))

    def backward(gradient, output):
        return Case("backward", dict(grad_output=gradient, output=output), entry="tanh_backward")

    yield backward(draw.integers(2, low=1, high=9), draw.integers(2, low=-1, high=1) / 2)
    yield backward(draw.integers(2, 3, low=-9, high=9), draw.integers(2, 3, low=-4, high=4) / 4)
    yield backward(draw.normal(2, 3, 4, 5), draw.uniform(2, 3, 4, 5, low=-1.0, high=1.0))
