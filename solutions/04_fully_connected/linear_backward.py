"""linear_backward: two matrix products and a sum; checked against einsum, outer products and loops."""

import numpy as np

from grader.author import Case, chaff, mistake, wheat


def linear_backward(grad_output, input, weight):
    # Shapes lead the way: (N, O) (O, I) -> (N, I), and (O, N) (N, I) -> (O, I).
    grad_input = grad_output @ weight
    grad_weight = grad_output.T @ input
    grad_bias = grad_output.sum(axis=0)
    return grad_input, grad_weight, grad_bias


@wheat("the three sums as they stand, by einsum")
def linear_backward_einsum(grad_output, input, weight):
    return (
        np.einsum("no,oi->ni", grad_output, weight),
        np.einsum("no,ni->oi", grad_output, input),
        np.einsum("no->o", grad_output),
    )


@wheat("example by example: the weights collect one outer product each")
def linear_backward_outer(grad_output, input, weight):
    grad_input, grad_weight = np.zeros_like(input), np.zeros_like(weight)
    grad_bias = np.zeros(weight.shape[0], weight.dtype)
    for n in range(len(input)):
        grad_input[n] = weight.T.dot(grad_output[n])
        grad_weight += np.outer(grad_output[n], input[n])
        grad_bias += grad_output[n]
    return grad_input, grad_weight, grad_bias


@wheat("the bias as one more weight, of an input that is always 1; float64 inside")
def linear_backward_augmented(grad_output, input, weight):
    gradient = grad_output.astype(np.float64)
    wide = np.hstack([input, np.ones((len(input), 1))])
    both = (wide.T @ gradient).T
    results = (gradient @ weight, both[:, :-1], both[:, -1])
    return tuple(result.astype(input.dtype) for result in results)


# ------------------------------------------------------------------------------------------------------------ chaffs

weight_transposed = mistake(
    "grad_weight = grad_output.T @ input",
    "grad_weight = input.T @ grad_output",
    lesson="grad_weight is transposed. A gradient has the shape of what it belongs to: (O, I).",
)

weight_reshaped = mistake(
    "grad_weight = grad_output.T @ input",
    "grad_weight = (input.T @ grad_output).reshape(weight.shape)",
    lesson="grad_weight has the right shape and shuffled values: reshape() does not exchange axes.",
)

batch_averaged = mistake(
    "grad_weight = grad_output.T @ input",
    "grad_weight = grad_output.T @ input / len(input)",
    "grad_output.sum(axis=0)",
    "grad_output.mean(axis=0)",
    lesson="The parameters' gradients are averaged over the batch. If the loss is a mean, grad_output has the 1/N in it already.",
)

bias_mean = mistake(
    "grad_output.sum(axis=0)",
    "grad_output.mean(axis=0)",
    lesson="grad_bias is a mean. The bias entered once for every example, and all their gradients add up.",
)

bias_over_outputs = mistake(
    "grad_output.sum(axis=0)",
    "grad_output.sum(axis=1)",
    lesson="grad_bias is summed over the outputs. There is one bias per output; it is the batch that is summed over.",
)

bias_one_number = mistake(
    "grad_output.sum(axis=0)",
    "grad_output.sum()",
    lesson="grad_bias is a single number. There is one bias per output.",
)

bias_per_example = mistake(
    "grad_bias = grad_output.sum(axis=0)",
    "grad_bias = grad_output.copy()",
    lesson="grad_bias has a row for every example. The same bias served them all, so their gradients add up.",
)

bias_kept_axis = mistake(
    "grad_output.sum(axis=0)",
    "grad_output.sum(axis=0, keepdims=True)",
    lesson="grad_bias still has the batch axis, with size 1. It has the bias's shape, (O,).",
)

input_of_ones = mistake(
    "grad_input = grad_output @ weight",
    "grad_input = np.ones_like(grad_output) @ weight",
    lesson="grad_input does not depend on grad_output. The chain rule multiplies by what comes from above.",
)

input_elementwise = mistake(
    "grad_input = grad_output @ weight",
    "grad_input = grad_output.sum(axis=1, keepdims=True) * weight.sum(axis=0)",
    lesson="grad_input is a product of sums. It is a sum of products: every output's gradient goes back through its own weights.",
)

first_example_only = mistake(
    "grad_output.T @ input",
    "grad_output[:1].T @ input[:1]",
    lesson="grad_weight knows only the first example. The same weights served the whole batch.",
)

order = mistake(
    "return grad_input, grad_weight, grad_bias",
    "return grad_weight, grad_input, grad_bias",
    lesson="The results come in the wrong order: first the input's gradient, then the weight's, then the bias's.",
)

negative_gradients = mistake(
    "return grad_input, grad_weight, grad_bias",
    "return grad_input, -grad_weight, -grad_bias",
    lesson="The parameters' gradients have the wrong sign. Going downhill is the optimizer's business.",
)

forced_float64 = mistake(
    "grad_output.T @ input",
    "grad_output.T.astype(np.float64) @ input",
    lesson="grad_weight is always float64. The gradients have the input's dtype.",
)

forced_float32 = mistake(
    "grad_input = grad_output @ weight",
    "grad_input = grad_output.astype(np.float32) @ weight.astype(np.float32)",
    lesson="grad_input is always float32. The gradients have the input's dtype.",
)

updates_the_weight = mistake(
    "    return grad_input, grad_weight, grad_bias",
    "    weight -= 0.1 * grad_weight\n    return grad_input, grad_weight, grad_bias",
    lesson="The weight is changed. The backward pass only measures; the step is the optimizer's.",
)

gradient_scaled_in_place = mistake(
    "    grad_input = grad_output @ weight",
    "    grad_output /= 1 + len(input)\n    grad_input = grad_output @ weight * (1 + len(input))",
    lesson="The caller's grad_output is changed. An argument belongs to the caller: write to a new array.",
)


@chaff(
    "The results are rounded to a few decimals, which leaves nothing of small gradients. Rounding is for printing."
)
def rounded_results(grad_output, input, weight):
    return tuple(np.round(gradient, 3) for gradient in linear_backward(grad_output, input, weight))


# Written after the cases were fixed.

weight_squared = mistake(
    "grad_output.T @ input",
    "grad_output.T @ (grad_output @ weight)",
    lesson="grad_weight is made with grad_input. The weights met the input in the forward pass, so the input is the other factor.",
)

halved = mistake(
    "grad_input = grad_output @ weight",
    "grad_input = grad_output @ weight / 2",
    lesson="grad_input is half of what it should be. The output is linear in the input: no factor arises.",
)

positive_only = mistake(
    "grad_input = grad_output @ weight",
    "grad_input = (grad_output @ weight) * (input > 0)",
    lesson="Gradients are stopped where the input is not positive. That is ReLU's backward pass; this layer has no activation.",
)

shared_input = mistake(
    "grad_output.T @ input",
    "np.outer(grad_output.sum(axis=0), input.sum(axis=0))",
    lesson="The batch is summed over before multiplying, so that one example's gradient meets another's input. Multiply first.",
)

decayed = mistake(
    "grad_output.T @ input",
    "grad_output.T @ input + input.dtype.type(0.01) * weight",
    lesson="The weights themselves are in grad_weight: that is weight decay, which a regulariser or the optimizer adds.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_example": 1, "batch": 2}


def cases(draw):
    def case(check, batch, inputs, outputs, whole=False):
        make = draw.integers if whole else draw.normal
        sizes = dict(grad_output=(batch, outputs), input=(batch, inputs), weight=(outputs, inputs))
        return Case(check, {name: make(*size) for name, size in sizes.items()})

    yield case("one_example", 1, 3, 2, whole=True)
    yield case("one_example", 1, 2, 4, whole=True)
    yield case("one_example", 1, 5, 3)

    yield case("batch", 2, 3, 2, whole=True)
    yield case("batch", 3, 3, 3)
    yield case("batch", 7, 2, 4)
    yield case("batch", 4, 9, 5)


def bench(draw):
    sizes = dict(grad_output=draw.normal(64, 256), input=draw.normal(64, 512), weight=draw.normal(256, 512))
    return Case("values", sizes)


def cost(grad_output, input, weight):
    """Two matrix products and a sum."""
    batch, outputs = grad_output.shape
    written = input.size + weight.size + outputs
    return 4 * batch * weight.size + grad_output.size, grad_output.size + input.size + weight.size + written
