"""sigmoid and sigmoid_backward: exp of what is never positive; checked against tanh, logarithms and masks."""

import numpy as np

from grader.author import Case, chaff, mistake, wheat


def sigmoid(input):
    # exp(-|x|) lies between 0 and 1, so nothing overflows. Multiplying 1 / (1 + exp(-x)) above and below by exp(x)
    # gives exp(x) / (1 + exp(x)), the form to use where x is negative.
    small = np.exp(-np.abs(input))
    return np.where(input >= 0, 1, small) / (1 + small)


def sigmoid_backward(grad_output, output):
    return grad_output * output * (1 - output)


@wheat("the formula as it stands: an infinite exp gives 1 / inf = 0, which is right")
def sigmoid_plain(input):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-input))


@wheat("a hyperbolic tangent, moved and scaled")
def sigmoid_tanh(input):
    return (0.5 * (1 + np.tanh(input.astype(np.float64) / 2))).astype(input.dtype)


@wheat("through its logarithm, -log(1 + exp(-x))")
def sigmoid_log(input):
    return np.exp(-np.logaddexp(0, -input))


@wheat("the two signs apart, by masks")
def sigmoid_masks(input):
    output = np.empty_like(input)
    positive = input >= 0
    output[positive] = 1 / (1 + np.exp(-input[positive]))
    grown = np.exp(input[~positive])
    output[~positive] = grown / (1 + grown)
    return output


@wheat("the difference of the output and its square", of="sigmoid_backward")
def backward_square(grad_output, output):
    return grad_output * (output - output**2)


@wheat("in float64 inside, element by element", of="sigmoid_backward")
def backward_loop(grad_output, output):
    gradient = np.empty_like(output)
    for index in np.ndindex(*output.shape):
        y = float(output[index])
        gradient[index] = float(grad_output[index]) * (1.0 - y) * y
    return gradient


# ------------------------------------------------------------------------------------------------------------ chaffs

overflowing = mistake(
    "small = np.exp(-np.abs(input))\n    return np.where(input >= 0, 1, small) / (1 + small)",
    "return np.exp(input) / (1 + np.exp(input))",
    lesson="For large inputs this is inf / inf, which is NaN. Rearrange it so that exp only ever sees negative numbers.",
)

sign_forgotten = mistake(
    "np.where(input >= 0, 1, small) / (1 + small)",
    "1 / (1 + small)",
    lesson="Taking the magnitude loses the sign: negative inputs give the values of positive ones.",
)

mirrored = mistake(
    "np.where(input >= 0, 1, small)",
    "np.where(input >= 0, small, 1)",
    lesson="The curve runs the wrong way, from 1 down to 0.",
)

negative_side_flipped = mistake(
    "np.where(input >= 0, 1, small) / (1 + small)",
    "np.where(input >= 0, 1, -1) / (1 + small)",
    lesson="On the negative side the curve is mirrored about 0. It is symmetric about 1/2: sigmoid(-x) = 1 - sigmoid(x).",
)

hard_sigmoid = mistake(
    "small = np.exp(-np.abs(input))\n    return np.where(input >= 0, 1, small) / (1 + small)",
    "return np.clip(input / 6 + 0.5, 0, 1).astype(input.dtype)",
    lesson="This is the hard sigmoid, three straight lines that look like it. The curve is smooth.",
)

hyperbolic = mistake(
    "small = np.exp(-np.abs(input))\n    return np.where(input >= 0, 1, small) / (1 + small)",
    "return np.tanh(input)",
    lesson="This is the hyperbolic tangent, from -1 to 1. The sigmoid goes from 0 to 1.",
)

clipped_at_ten = mistake(
    "    small = np.exp(-np.abs(input))",
    "    input = np.clip(input, -10, 10)\n    small = np.exp(-np.abs(input))",
    lesson="Clipping the input avoids the overflow, but so early that sigmoid(-12) and sigmoid(-10) become equal.",
)

clipped_output = mistake(
    "return np.where(input >= 0, 1, small) / (1 + small)",
    "return np.clip(np.where(input >= 0, 1, small) / (1 + small), 1e-6, 1 - 1e-6).astype(input.dtype)",
    lesson="The output is kept away from 0 and 1. Where a logarithm follows, that is its business: the sigmoid itself gets there.",
)

base_two = mistake(
    "np.exp(-np.abs(input))",
    "np.exp2(-np.abs(input))",
    lesson="The base of the power is not e.",
)

doubled_slope = mistake(
    "np.exp(-np.abs(input))",
    "np.exp(-2 * np.abs(input))",
    lesson="The curve is twice as steep: there is no factor of 2 in the sigmoid's exponent.",
)

rescaled_exponent = mistake(
    "small = np.exp(-np.abs(input))",
    "input = input - np.max(input)\n    small = np.exp(-np.abs(input))",
    lesson="You subtract the largest input, as for a softmax. There a common shift cancels; here it moves the curve.",
)

forced_float64 = mistake(
    "np.where(input >= 0, 1, small)",
    "np.where(input >= 0, np.float64(1), small)",
    lesson="The result is always float64. It has the input's dtype.",
)

in_place = mistake(
    "return np.where(input >= 0, 1, small) / (1 + small)",
    "input[...] = np.where(input >= 0, 1, small) / (1 + small)\n    return input",
    lesson="The caller's input is overwritten. An argument belongs to the caller: write to a new array.",
)

overflow_raises = mistake(
    "    small = np.exp(-np.abs(input))",
    '    np.seterr(over="raise")\n    small = np.exp(-np.abs(input))',
    lesson="np.seterr changes how the whole program treats overflow. `with np.errstate(...)` does so for a few lines.",
)

backward_from_the_input = mistake(
    "return grad_output * output * (1 - output)",
    "again = sigmoid(output)\n    return grad_output * again * (1 - again)",
    lesson="The sigmoid is applied twice: what you are given is its output already.",
)

backward_slope_only = mistake(
    "grad_output * output * (1 - output)",
    "output * (1 - output)",
    lesson="You return the slope alone. The chain rule multiplies it by the gradient from above.",
)

backward_no_output = mistake(
    "grad_output * output * (1 - output)",
    "grad_output * (1 - output)",
    lesson="A factor is missing: the slope is the output times one minus the output.",
)

backward_of_tanh = mistake(
    "output * (1 - output)",
    "(1 - output**2)",
    lesson="This is the hyperbolic tangent's slope.",
)

backward_sign = mistake(
    "(1 - output)",
    "(output - 1)",
    lesson="The slope has the wrong sign. The sigmoid rises everywhere.",
)

backward_in_place = mistake(
    "return grad_output * output * (1 - output)",
    "grad_output *= output * (1 - output)\n    return grad_output",
    lesson="The caller's gradient is changed. An argument belongs to the caller: write to a new array.",
)


@chaff("Some digits are lost on the way: a step is computed in half precision.")
def half_precision(input):
    return sigmoid(input.astype(np.float16)).astype(input.dtype)


# Written after the cases were fixed.

epsilon_below = mistake(
    "/ (1 + small)",
    "/ (1 + small + 1e-4)",
    lesson="A small number is added to the denominator, which is never less than 1: there is nothing to protect, and every value "
    "is a little off.",
)

saturated_to_zero = mistake(
    "small = np.exp(-np.abs(input))",
    "small = np.where(np.abs(input) > 15, input.dtype.type(0), np.exp(-np.abs(input)))",
    lesson="Beyond 15 you return exactly 0 or 1. exp(-20) is small and not nothing.",
)

softsign = mistake(
    "small = np.exp(-np.abs(input))\n    return np.where(input >= 0, 1, small) / (1 + small)",
    "return 0.5 * (1 + input / (1 + np.abs(input)))",
    lesson="This curve looks alike, but reaches its ends far too slowly. The sigmoid is made of an exponential.",
)

backward_quarter = mistake(
    "output * (1 - output)",
    "0.25",
    lesson="1/4 is the slope at 0, the largest there is. It depends on where on the curve you are.",
)

backward_squared = mistake(
    "output * (1 - output)",
    "output**2 * (1 - output)",
    lesson="A factor too many: the output enters the slope once.",
)


clipped_at_twenty = mistake(
    "    small = np.exp(-np.abs(input))",
    "    input = np.clip(input, -20, 20)\n    small = np.exp(-np.abs(input))",
    lesson="Clipping the input at 20 avoids the overflow, but sigmoid(-30) and sigmoid(-20) become equal. They differ by a factor "
    "of 20000.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"forward": 2, "large_inputs": 2, "backward": 2}


def cases(draw):
    yield Case("forward", dict(input=draw.integers(3, low=-2, high=2)))
    yield Case("forward", dict(input=draw.integers(2, 4, low=-9, high=9)))
    yield Case("forward", dict(input=draw.normal(2, 3, 4, 5, scale=3.0)))

    yield Case("large_inputs", dict(input=np.array([-1000.0, -1.0, 1.0, 1000.0])))
    yield Case("large_inputs", dict(input=np.array([-30.0, -24.0, -20.0, -18.0])))
    yield Case("large_inputs", dict(input=draw.uniform(3, 5, low=-1000.0, high=1000.0)))
    yield Case("large_inputs", dict(input=draw.uniform(4, 6, low=-40.0, high=40.0)))

    def backward(gradient, output):
        return Case("backward", dict(grad_output=gradient, output=output), entry="sigmoid_backward")

    yield backward(draw.integers(2, low=1, high=9), draw.integers(2, low=1, high=3) / 4)
    yield backward(draw.integers(2, 3, low=-9, high=9), draw.integers(2, 3, low=0, high=8) / 8)
    yield backward(draw.normal(2, 3, 4, 5), draw.uniform(2, 3, 4, 5))
