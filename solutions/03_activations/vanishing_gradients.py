"""gradient_norms: built with autograd; checked against backpropagation by hand, nn.Linear and torch.func."""

import torch
from torch import nn

from grader.author import Case, Generator, chaff, mistake, wheat

WIDTH, BATCH = 16, 8
ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}


def drawn(depth, generator):
    """The batch and every layer's weights, in the order that the statement gives."""

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64, device=generator.device)

    return normal(BATCH, WIDTH), [normal(WIDTH, WIDTH) / 4 for _ in range(depth)]


def gradient_norms(depth, activation, residual, generator):
    hidden, weights = drawn(depth, generator)
    for weight in weights:
        weight.requires_grad_()
    for weight in weights:
        new = ACTIVATIONS[activation](hidden @ weight.T)
        hidden = hidden + new if residual else new
    loss = (hidden**2).mean()
    gradients = torch.autograd.grad(loss, weights)
    return torch.stack([gradient.norm() for gradient in gradients])


@wheat("backpropagation by hand: keep what each layer saw, then go back through them")
def gradient_norms_by_hand(depth, activation, residual, generator):
    slopes = {
        "sigmoid": lambda y: y * (1 - y),
        "tanh": lambda y: 1 - y * y,
        "relu": lambda y: (y > 0).double(),
    }
    hidden, weights = drawn(depth, generator)
    seen = []
    for weight in weights:
        new = ACTIVATIONS[activation](hidden @ weight.T)
        seen.append((hidden, new))
        hidden = hidden + new if residual else new
    gradient = 2 * hidden / hidden.numel()
    norms = torch.zeros(depth, dtype=torch.float64, device=hidden.device)
    for layer in reversed(range(depth)):
        before, new = seen[layer]
        through = gradient * slopes[activation](new)
        norms[layer] = (through.T @ before).square().sum().sqrt()
        back = through @ weights[layer]
        gradient = gradient + back if residual else back
    return norms


class _Layer(nn.Module):
    def __init__(self, weight, function, residual):
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH, bias=False, dtype=weight.dtype, device=weight.device)
        self.linear.weight.data.copy_(weight)
        self.function, self.residual = function, residual

    def forward(self, input):
        return self.residual * input + self.function(self.linear(input))


@wheat("modules and backward()")
def gradient_norms_modules(depth, activation, residual, generator):
    function = {"sigmoid": nn.Sigmoid(), "tanh": nn.Tanh(), "relu": nn.ReLU()}[activation]
    input, weights = drawn(depth, generator)
    network = nn.Sequential(*[_Layer(weight, function, float(residual)) for weight in weights])
    network(input).square().mean().backward()
    return torch.tensor(
        [float(torch.linalg.vector_norm(layer.linear.weight.grad)) for layer in network],
        dtype=torch.float64,
        device=input.device,
    )


@wheat("torch.func.grad over the stacked weights")
def gradient_norms_functional(depth, activation, residual, generator):
    input, weights = drawn(depth, generator)

    def loss(stack):
        hidden = input
        for layer in range(depth):
            new = ACTIVATIONS[activation](torch.einsum("ni,oi->no", hidden, stack[layer]))
            hidden = new + (hidden if residual else 0)
        return (hidden * hidden).sum() / hidden.numel()

    return torch.func.grad(loss)(torch.stack(weights)).flatten(1).norm(dim=1)


# ------------------------------------------------------------------------------------------------------------ chaffs

last_first = mistake(
    "for gradient in gradients])",
    "for gradient in reversed(gradients)])",
    lesson="The norms are listed from the last layer to the first, as backpropagation meets them. The first layer's comes first.",
)

residual_ignored = mistake(
    "hidden + new if residual else new",
    "new",
    lesson="The residual connections are missing: with them each layer adds to what it was given.",
)

residual_always = mistake(
    "hidden + new if residual else new",
    "hidden + new",
    lesson="There are residual connections even where none are asked for.",
)

addition_before_activation = mistake(
    "new = ACTIVATIONS[activation](hidden @ weight.T)\n        hidden = hidden + new if residual else new",
    "new = hidden @ weight.T\n        hidden = ACTIVATIONS[activation](hidden + new if residual else new)",
    lesson="The activation comes after the addition, so it stands in the shortcut's way. The shortcut passes it by.",
)

residual_once = mistake(
    "for weight in weights:\n        new =",
    "first = hidden\n    for weight in weights:\n        new =",
    "hidden + new if residual else new",
    "first + new if residual else new",
    lesson="Every layer adds the network's input. A residual connection adds the layer's own input.",
)

sigmoid_always = mistake(
    "ACTIVATIONS[activation](hidden",
    "torch.sigmoid(hidden",
    lesson="The activation that is asked for has no effect.",
)

no_activation = mistake(
    "ACTIVATIONS[activation](hidden @ weight.T)",
    "(hidden @ weight.T)",
    lesson="There is no activation, so all the layers together are one linear map.",
)

last_layer_linear = mistake(
    "    for weight in weights:\n        new = ACTIVATIONS[activation](hidden @ weight.T)",
    "    for weight in weights:\n        new = hidden @ weight.T\n"
    "        if weight is not weights[-1]:\n            new = ACTIVATIONS[activation](new)",
    lesson="The last layer has no activation. In this network every layer has.",
)

squared_norms = mistake(
    "gradient.norm() for",
    "gradient.norm() ** 2 for",
    lesson="These are squared norms: the root is missing.",
)

largest_elements = mistake(
    "gradient.norm() for",
    "gradient.abs().max() for",
    lesson="You return the largest element of each gradient. The norm is the root of the sum of all squares.",
)

mean_squares = mistake(
    "gradient.norm() for",
    "gradient.square().mean().sqrt() for",
    lesson="You average the squares before the root. The norm adds them up.",
)

spectral_norm = mistake(
    "gradient.norm() for",
    "torch.linalg.matrix_norm(gradient, 2) for",
    lesson="This is the spectral norm, the largest singular value. Asked for is the root of the sum of all squares.",
)

summed_loss = mistake(
    "(hidden**2).mean()",
    "(hidden**2).sum()",
    lesson="The loss is a sum, which makes every gradient larger by the number of elements. It is a mean.",
)

loss_of_values = mistake(
    "(hidden**2).mean()",
    "hidden.mean()",
    lesson="The loss is the mean of the outputs. It is the mean of their squares.",
)

loss_per_image = mistake(
    "(hidden**2).mean()",
    "(hidden**2).sum(dim=1).mean()",
    lesson="The squares are added up over the units and averaged over the batch only. The mean runs over all elements.",
)

weights_unscaled = mistake(
    "normal(WIDTH, WIDTH) / 4 for",
    "normal(WIDTH, WIDTH) for",
    lesson="The weights are four times too large. Each unit adds up 16 products, and dividing by the root of 16 keeps its variance.",
)

weights_as_variance = mistake(
    "normal(WIDTH, WIDTH) / 4 for",
    "normal(WIDTH, WIDTH) / 16 for",
    lesson="The weights are divided by the width. Their variance is 1/16, so their standard deviation is its root.",
)

weights_first = mistake(
    "return normal(BATCH, WIDTH), [normal(WIDTH, WIDTH) / 4 for _ in range(depth)]",
    "weights = [normal(WIDTH, WIDTH) / 4 for _ in range(depth)]\n    return normal(BATCH, WIDTH), weights",
    lesson="The weights are drawn before the input. The order of the draws decides the numbers, and the statement fixes it.",
)

one_weight_for_all = mistake(
    "[normal(WIDTH, WIDTH) / 4 for _ in range(depth)]",
    "[weight.clone() for weight in [normal(WIDTH, WIDTH) / 4] * depth]",
    lesson="All layers have equal weights. Each draws its own.",
)

not_transposed = mistake(
    "hidden @ weight.T",
    "hidden @ weight",
    lesson="The weights enter untransposed. A row of W holds one unit's weights, so it is h W^T.",
)

single_precision = mistake(
    "dtype=torch.float64, device",
    "device",
    lesson="The numbers are drawn in float32. Tiny gradients are the point here: draw and compute in float64.",
)

gradients_of_activations = mistake(
    "    for weight in weights:\n        new = ACTIVATIONS",
    "    layers = []\n    for weight in weights:\n        new = ACTIVATIONS",
    "hidden = hidden + new if residual else new",
    "hidden = hidden + new if residual else new\n        layers.append(hidden)",
    "torch.autograd.grad(loss, weights)",
    "torch.autograd.grad(loss, layers)",
    lesson="These are the gradients of the layers' outputs. Asked for are those of the weights.",
)

as_a_list = mistake(
    "torch.stack([gradient.norm() for gradient in gradients])",
    "[float(gradient.norm()) for gradient in gradients]",
    lesson="You return a list of numbers. A tensor of shape (depth,) is asked for.",
)


@chaff(
    "You draw with a generator of your own. It is an argument, so that the experiment can be repeated with other numbers."
)
def own_generator(depth, activation, residual, generator):
    return gradient_norms(depth, activation, residual, torch.Generator().manual_seed(0))


# Written after the cases were fixed.

cut_between_layers = mistake(
    "hidden = hidden + new if residual else new",
    "hidden = hidden.detach() + new if residual else new",
    lesson="The shortcut is detached, so gradients cannot take it. That path is what residual connections are for.",
)

outermost_only = mistake(
    "gradient.norm() for",
    "gradient.diagonal().norm() for",
    lesson="Only the diagonal of each gradient enters its norm. All 256 elements do.",
)

relative_to_the_last = mistake(
    "return torch.stack([gradient.norm() for gradient in gradients])",
    "norms = torch.stack([gradient.norm() for gradient in gradients])\n    return norms / norms[-1]",
    lesson="The norms are divided by the last layer's. They are asked for as they are.",
)

halved_residual = mistake(
    "hidden + new if residual else new",
    "(hidden + new) / 2 if residual else new",
    lesson="The sum with the shortcut is halved. Then the shortcut multiplies by 1/2 at every layer, and gradients vanish again.",
)

gradients_clipped = mistake(
    "gradient.norm() for",
    "gradient.clamp(-0.01, 0.01).norm() for",
    lesson="The gradients are clipped before they are measured.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"plain": 2, "residual": 2, "deep": 1}
# There are no arrays among the arguments: nothing to transpose, to scale, or to give in another dtype.
SKIP_FORMS = ("float64", "transposed", "strided", "large", "tiny", "negative", "zero")


def cases(draw):
    def case(check, depth, activation, residual):
        arguments = dict(depth=depth, activation=activation, residual=residual)
        return Case(check, arguments | dict(generator=Generator(draw.seed())), reduction=64)

    yield case("plain", 1, "sigmoid", False)
    yield case("plain", 2, "tanh", False)
    yield case("plain", 3, "relu", False)
    yield case("plain", 4, "sigmoid", False)

    yield case("residual", 1, "relu", True)
    yield case("residual", 2, "sigmoid", True)
    yield case("residual", 3, "tanh", True)
    yield case("residual", 5, "relu", True)

    yield case("deep", 12, "sigmoid", False)
    yield case("deep", 30, "relu", False)
    yield case("deep", 20, "tanh", True)
