"""squeeze_excitation: mean, two small layers, a factor for each channel."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, reduction=16):
        super().__init__()
        self.first = nn.Linear(channels, channels // reduction)
        self.second = nn.Linear(channels // reduction, channels)

    def forward(self, input):
        squeezed = input.mean(dim=(2, 3))
        factors = torch.sigmoid(self.second(F.relu(self.first(squeezed))))
        # One factor for each image and channel, the same at every position.
        return input * factors[:, :, None, None]


@wheat("1x1 convolutions on the pooled map, which keeps its four axes")
class SqueezeExcitationConv(nn.Module):
    def __init__(self, channels, reduction=16):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels // reduction, 1),
            nn.ReLU(),
            nn.Conv2d(channels // reduction, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, input):
        return self.gate(input) * input


@wheat("matrix products and einsum")
class SqueezeExcitationProducts(SqueezeExcitation):
    def forward(self, input):
        squeezed = input.flatten(2).sum(-1) / (input.shape[2] * input.shape[3])
        hidden = (squeezed @ self.first.weight.T + self.first.bias).clamp(min=0)
        logits = torch.einsum("nr,cr->nc", hidden, self.second.weight) + self.second.bias
        # sigmoid(x) = (1 + tanh(x / 2)) / 2
        return torch.einsum("nchw,nc->nchw", input, (1 + torch.tanh(logits / 2)) / 2)


@wheat("positions as the last axis; the mean is a product with a vector, the factors a diagonal matrix")
class SqueezeExcitationDiagonal(SqueezeExcitation):
    def forward(self, input):
        flat = input.flatten(2)
        share = torch.full_like(flat[0, 0], 1 / flat.shape[2])
        hidden = self.first(flat @ share)
        factors = torch.special.expit(self.second(torch.where(hidden > 0, hidden, 0 * hidden)))
        return (torch.diag_embed(factors) @ flat).reshape(input.shape)


# ------------------------------------------------------------------------------------------------------------ chaffs

no_relu = mistake(
    "F.relu(self.first(squeezed))",
    "self.first(squeezed)",
    lesson="There is no ReLU in the middle, so the two layers together are one linear map.",
)
no_sigmoid = mistake(
    "torch.sigmoid(self.second(F.relu(self.first(squeezed))))",
    "self.second(F.relu(self.first(squeezed)))",
    lesson="The factors are not passed through a sigmoid: they can be negative, or huge.",
)
softmax = mistake(
    "torch.sigmoid(self.second(F.relu(self.first(squeezed))))",
    "torch.softmax(self.second(F.relu(self.first(squeezed))), dim=1)",
    lesson="A softmax makes the channels compete for a sum of 1. Here each has a factor of its own: several may be let through.",
)
max_squeeze = mistake(
    "input.mean(dim=(2, 3))",
    "input.amax(dim=(2, 3))",
    lesson="A channel is described by its maximum. The mean is asked for.",
)
sum_squeeze = mistake(
    "input.mean(dim=(2, 3))",
    "input.sum(dim=(2, 3))",
    lesson="A channel is described by its sum, which grows with the size of the image. The mean is asked for.",
)
batch_mean = mistake(
    "input.mean(dim=(2, 3))",
    "input.mean(dim=(0, 2, 3)).expand(len(input), -1)",
    lesson="The mean also runs over the batch: all images get the same factors.",
)
mean_over_rows = mistake(
    "input.mean(dim=(2, 3))",
    "input.mean(dim=2).amax(dim=2)",
    lesson="Only one of the two spatial axes is averaged.",
)
factors_only = mistake(
    "return input * factors[:, :, None, None]",
    "return factors[:, :, None, None].expand_as(input)",
    lesson="You return the factors. They belong on the input.",
)
added = mistake(
    "input * factors",
    "input + factors",
    lesson="The factors are added to the input. They multiply it.",
)
residual = mistake(
    "return input * factors[:, :, None, None]",
    "return input + input * factors[:, :, None, None]",
    lesson="The input is added once more. Then no channel can be switched off.",
)
relu_swapped = mistake(
    "torch.sigmoid(self.second(F.relu(self.first(squeezed))))",
    "F.relu(self.second(torch.sigmoid(self.first(squeezed))))",
    lesson="ReLU and sigmoid are in each other's place.",
)
hard_sigmoid = mistake(
    "torch.sigmoid(",
    "F.hardsigmoid(",
    lesson="This is the piecewise linear sigmoid of mobile networks. The statement has the smooth one.",
)
no_reduction = mistake(
    "nn.Linear(channels, channels // reduction)",
    "nn.Linear(channels, channels)",
    "nn.Linear(channels // reduction, channels)",
    "nn.Linear(channels, channels)",
    lesson="The middle is as wide as the outside: reduction has no effect.",
)
reduction_fixed = mistake(
    "nn.Linear(channels, channels // reduction)",
    "nn.Linear(channels, max(channels // 16, 1))",
    "nn.Linear(channels // reduction, channels)",
    "nn.Linear(max(channels // 16, 1), channels)",
    lesson="The reduction is fixed at 16. It is an argument of the constructor.",
)
no_bias = mistake(
    "nn.Linear(channels, channels // reduction)",
    "nn.Linear(channels, channels // reduction, bias=False)",
    "nn.Linear(channels // reduction, channels)",
    "nn.Linear(channels // reduction, channels, bias=False)",
    lesson="The two layers have no biases.",
)
detached = mistake(
    "self.first(squeezed)",
    "self.first(squeezed.detach())",
    lesson="The factors are cut off from the input: the gradient misses one of the two ways in which the input counts.",
)
input_detached = mistake(
    "return input * factors",
    "return input.detach() * factors",
    lesson="The multiplied input is cut off from the graph: the gradient misses one of the two ways in which the input counts.",
)
gate_detached = mistake(
    "input * factors[",
    "input * factors.detach()[",
    lesson="The factors are cut off from the graph, so the two layers learn nothing.",
)
in_place = mistake(
    "return input * factors[:, :, None, None]",
    "with torch.no_grad():\n            input.mul_(1.0 + 1e-3)\n        return input * factors[:, :, None, None]",
    lesson="The input is changed in place. It belongs to the caller, who may need it for a shortcut.",
)
double_sigmoid = mistake(
    "torch.sigmoid(self.second(F.relu(self.first(squeezed))))",
    "torch.sigmoid(torch.sigmoid(self.second(F.relu(self.first(squeezed)))))",
    lesson="The sigmoid is applied twice: every factor lies between 0.5 and 0.73.",
)
squared = mistake(
    "input * factors[:, :, None, None]",
    "input * factors[:, :, None, None] * 2",
    lesson="The factors are doubled. A sigmoid lets at most the input through.",
)


@chaff("The input does not decide: the factors are the same whatever the image.")
class IgnoresInput(SqueezeExcitation):
    def forward(self, input):
        factors = torch.sigmoid(self.second(F.relu(self.first(torch.ones_like(input[:, :, 0, 0])))))
        return input * factors[:, :, None, None]


second_relu = mistake(
    "torch.sigmoid(self.second(F.relu(self.first(squeezed))))",
    "torch.sigmoid(F.relu(self.second(F.relu(self.first(squeezed)))))",
    lesson="A ReLU stands before the sigmoid, so no factor is below one half and no channel can be switched off.",
)
swish = mistake(
    "F.relu(self.first(squeezed))",
    "F.silu(self.first(squeezed))",
    lesson="The middle has SiLU, as in EfficientNet's version. The statement has ReLU.",
)
mean_of_squares = mistake(
    "input.mean(dim=(2, 3))",
    "input.sum(dim=(2, 3)) / input.shape[2] ** 2",
    lesson="The sum is divided by the square of the height. An image need not be a square.",
)
squeezed_batch = mistake(
    "input.mean(dim=(2, 3))",
    "F.adaptive_avg_pool2d(input, 1).squeeze()",
    lesson="squeeze() without an axis also removes the batch axis when there is a single image. Name the axes.",
)
at_least_eight = mistake(
    "nn.Linear(channels, channels // reduction)",
    "nn.Linear(channels, max(channels // reduction, 8))",
    "nn.Linear(channels // reduction, channels)",
    "nn.Linear(max(channels // reduction, 8), channels)",
    lesson="The middle is never narrower than 8, as in some listings. It has exactly channels // reduction units.",
)
relu_on_means = mistake(
    "F.relu(self.first(squeezed))",
    "F.relu(self.first(F.relu(squeezed)))",
    lesson="Negative means are cut off before the first layer. The mean goes in as it is.",
)


@chaff(
    "Means and maxima both pass the two layers and are added: that is CBAM's channel attention. This block describes by the mean alone."
)
class MeansAndMaxima(SqueezeExcitation):
    def forward(self, input):
        logits = sum(
            self.second(F.relu(self.first(one))) for one in (input.mean(dim=(2, 3)), input.amax(dim=(2, 3)))
        )
        return input * torch.sigmoid(logits)[:, :, None, None]


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"square": 1, "rectangular": 2, "gradients": 2}


def cases(draw):
    def case(check, *sizes, shift=0.5, **init):
        return Case(check, dict(input=draw.normal(*sizes, shift=shift)), init=dict(channels=sizes[1], **init))

    yield case("square", 1, 2, 2, 2, reduction=2)
    yield case("square", 2, 4, 3, 3, reduction=1)
    yield case("rectangular", 3, 6, 2, 5, reduction=2)
    yield case("rectangular", 2, 16, 4, 3)
    yield case("rectangular", 3, 12, 5, 4, reduction=3)
