"""relu and relu_backward: a maximum, and a mask; checked against selection, magnitudes and loops."""

import numpy as np

from grader.author import Case, mistake, wheat


def relu(input):
    return np.maximum(input, 0)


def relu_backward(grad_output, input):
    # The chain rule: the gradient from above times the slope, which is 1 (True) or 0 (False).
    return grad_output * (input > 0)


@wheat("by selection")
def relu_where(input):
    return np.where(input > 0, input, input.dtype.type(0))


@wheat("half the sum of a number and its magnitude")
def relu_magnitude(input):
    return (input + np.abs(input)) / 2


@wheat("a copy whose negative entries are set to zero")
def relu_copy(input):
    output = input.copy()
    output[output < 0] = 0
    return output


@wheat("element by element", of="relu_backward")
def backward_loop(grad_output, input):
    gradient = np.empty_like(grad_output)
    for index in np.ndindex(*input.shape):
        gradient[index] = grad_output[index] if input[index] > 0 else 0.0
    return gradient


@wheat("Heaviside's step function, with the value 0 at 0", of="relu_backward")
def backward_step(grad_output, input):
    return np.multiply(grad_output, np.heaviside(input, 0), dtype=input.dtype)


@wheat("a copy of the gradient with the closed gates set to zero", of="relu_backward")
def backward_copy(grad_output, input):
    gradient = np.array(grad_output)
    gradient[relu(input) == 0] = 0
    return gradient


# ------------------------------------------------------------------------------------------------------------ chaffs

leaky = mistake(
    "np.maximum(input, 0)",
    "np.maximum(input, 0.01 * input)",
    lesson="A small slope on the negative side is leaky ReLU's. ReLU lets nothing negative through.",
)

capped = mistake(
    "np.maximum(input, 0)",
    "np.clip(input, 0, 6)",
    lesson="Large values are cut off, as ReLU6 does. ReLU has no upper bound.",
)

magnitude = mistake(
    "np.maximum(input, 0)",
    "np.abs(input)",
    lesson="Negative values become positive. They become 0.",
)

wrong_side = mistake(
    "np.maximum(input, 0)",
    "np.minimum(input, 0)",
    lesson="The negative side is kept. ReLU keeps the positive one.",
)

one_maximum = mistake(
    "np.maximum(input, 0)",
    "np.full_like(input, max(np.max(input), 0))",
    lesson="np.max is the largest element of a whole array. Needed is the larger of two numbers at every place.",
)

gate_only = mistake(
    "np.maximum(input, 0)",
    "(input > 0).astype(input.dtype)",
    lesson="You return where the input is positive, which is the slope. The value there is the input itself.",
)

softplus = mistake(
    "np.maximum(input, 0)",
    "np.logaddexp(input, 0)",
    lesson="This is softplus, a smooth relative. ReLU has a corner at 0.",
)

in_place = mistake(
    "return np.maximum(input, 0)",
    "input[input < 0] = 0\n    return input",
    lesson="The caller's input is changed. An argument belongs to the caller, and the backward pass still needs it.",
)

forced_float64 = mistake(
    "np.maximum(input, 0)",
    "np.maximum(input, np.zeros(input.shape))",
    lesson="The result is always float64. It has the input's dtype.",
)

slope_one_at_zero = mistake(
    "(input > 0)",
    "(input >= 0)",
    lesson="At exactly 0 you let the gradient through. By convention the slope there is 0.",
)

slope_half_at_zero = mistake(
    "(input > 0)",
    "((np.sign(input) + 1) / 2)",
    lesson="At exactly 0 half of the gradient passes. By convention the slope there is 0.",
)

backward_gates_the_gradient = mistake(
    "grad_output * (input > 0)",
    "grad_output * (grad_output > 0)",
    lesson="You let positive gradients pass. The gate is open where the input was positive, whatever the gradient's sign.",
)

backward_both_gates = mistake(
    "grad_output * (input > 0)",
    "grad_output * (input > 0) * (grad_output > 0)",
    lesson="Negative gradients are lost. Only the input's sign decides.",
)

backward_times_the_input = mistake(
    "grad_output * (input > 0)",
    "grad_output * np.maximum(input, 0)",
    lesson="The gradient is multiplied by ReLU's value. It is multiplied by its slope.",
)

backward_slope_only = mistake(
    "grad_output * (input > 0)",
    "(input > 0).astype(input.dtype)",
    lesson="You return the slope alone. The chain rule multiplies it by the gradient from above.",
)

backward_passes_all = mistake(
    "grad_output * (input > 0)",
    "grad_output.copy()",
    lesson="The gradient passes everywhere. Where the input was negative a small change of it changes nothing.",
)

backward_in_place = mistake(
    "return grad_output * (input > 0)",
    "grad_output[input <= 0] = 0\n    return grad_output",
    lesson="The caller's gradient is changed. An argument belongs to the caller: write to a new array.",
)

backward_forced_float64 = mistake(
    "grad_output * (input > 0)",
    "np.where(input > 0, grad_output, 0).astype(float)",
    lesson="The result is always float64. It has the input's dtype.",
)


# Written after the cases were fixed.

threshold_one = mistake(
    "np.maximum(input, 0)",
    "np.where(input > 1, input, input.dtype.type(0))",
    lesson="Values between 0 and 1 are lost. The threshold is 0.",
)

dead_zone = mistake(
    "np.maximum(input, 0)",
    "np.where(input > 1e-4, input, input.dtype.type(0))",
    lesson="Tiny positive values are lost. However small, a positive value passes.",
)

squared = mistake(
    "np.maximum(input, 0)",
    "np.maximum(input, 0) ** 2",
    lesson="The positive side is squared. It passes as it is.",
)

backward_leaky = mistake(
    "(input > 0)",
    "np.where(input > 0, input.dtype.type(1), input.dtype.type(0.01))",
    lesson="A little of the gradient passes on the negative side, as in leaky ReLU. There the slope is 0.",
)

backward_any_positive = mistake(
    "(input > 0)",
    "(input > 0).any(axis=-1, keepdims=True)",
    lesson="One positive input opens the gate for its whole row. Every element has its own gate.",
)


backward_gate_at_one = mistake(
    "(input > 0)",
    "(input > 1)",
    lesson="The slope is 1 above 1 only. The kink of ReLU is at 0.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"forward": 1, "backward": 2}


def cases(draw):
    yield Case("forward", dict(input=np.array([-2.0, 0.0, 3.0])))
    yield Case("forward", dict(input=draw.integers(2, 4, low=-9, high=9)))
    yield Case("forward", dict(input=draw.normal(3, 5, scale=1e-5)))
    yield Case("forward", dict(input=draw.normal(2, 3, 4, 5, scale=4.0)))

    def backward(gradient, input):
        return Case("backward", dict(grad_output=gradient, input=input), entry="relu_backward")

    three = np.array([-2.0, 0.0, 3.0])
    yield backward(draw.integers(3, low=1, high=9), three)
    yield backward(-draw.integers(2, 3, low=1, high=9), draw.integers(2, 3, low=-1, high=1))
    yield backward(draw.normal(3, 5), draw.normal(3, 5, scale=1e-5))
    yield backward(draw.normal(2, 3, 4, 5), draw.normal(2, 3, 4, 5))
