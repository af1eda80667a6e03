"""spatial_attention: two maps that describe the positions, one convolution, a weight for each position."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class SpatialAttention(nn.Module):
    def __init__(self, kernel_size=7):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, input):
        mean = input.mean(dim=1, keepdim=True)
        maximum = input.amax(dim=1, keepdim=True)
        weights = torch.sigmoid(self.conv(torch.cat([mean, maximum], dim=1)))
        # (N, 1, H, W): the same weight for all channels of a position.
        return input * weights


@wheat("the two maps convolved one by one with their halves of the kernel, and added")
class SpatialAttentionHalves(SpatialAttention):
    def forward(self, input):
        kernel, padding = self.conv.weight, self.conv.padding
        described = [input.sum(1, keepdim=True) / input.shape[1], input.max(dim=1, keepdim=True).values]
        logits = sum(F.conv2d(one, kernel[:, [k]], padding=padding) for k, one in enumerate(described))
        return input * torch.sigmoid(logits)


@wheat("windows of the stacked maps by unfold, contracted with the kernel")
class SpatialAttentionUnfold(nn.Module):
    def __init__(self, kernel_size=7):
        super().__init__()
        self.size = kernel_size
        self.kernel = nn.Parameter(torch.randn(1, 2, kernel_size, kernel_size) * 0.01)

    def forward(self, input):
        maps = torch.stack([input.mean(1), input.amax(1)], dim=1)
        columns = F.unfold(maps, self.size, padding=self.size // 2)
        logits = torch.einsum("k,nkl->nl", self.kernel.flatten(), columns).view(-1, 1, *input.shape[2:])
        return torch.sigmoid(logits) * input


@wheat("a loop over kernel offsets: the padded maps, shifted, times one number per map")
class SpatialAttentionShifts(SpatialAttention):
    def forward(self, input):
        size, (height, width) = self.conv.kernel_size[0], input.shape[2:]
        maps = torch.stack([input.mean(dim=1), input.max(dim=1)[0]])
        padded = F.pad(maps, (size // 2,) * 4)
        logits = sum(
            padded[k, :, i : i + height, j : j + width] * self.conv.weight[0, k, i, j]
            for k in range(2)
            for i in range(size)
            for j in range(size)
        )
        return input * torch.special.expit(logits)[:, None]


# ------------------------------------------------------------------------------------------------------------ chaffs

maximum_first = mistake(
    "[mean, maximum]",
    "[maximum, mean]",
    lesson="The two maps are in the wrong order: the mean comes first.",
)
mean_only = mistake(
    "[mean, maximum]",
    "[mean, mean]",
    lesson="The maximum over the channels is not used.",
)
maximum_only = mistake(
    "[mean, maximum]",
    "[maximum, maximum]",
    lesson="The mean over the channels is not used.",
)
minimum = mistake(
    "input.amax(dim=1, keepdim=True)",
    "input.amin(dim=1, keepdim=True)",
    lesson="The second map is the minimum. It should be the maximum.",
)
total = mistake(
    "input.mean(dim=1, keepdim=True)",
    "input.sum(dim=1, keepdim=True)",
    lesson="The first map is the sum over the channels. It should be the mean.",
)
absolute = mistake(
    "input.amax(dim=1, keepdim=True)",
    "input.abs().amax(dim=1, keepdim=True)",
    lesson="The maximum is taken of absolute values. A strongly negative channel is not the largest.",
)
spatial_maps = mistake(
    "mean = input.mean(dim=1, keepdim=True)",
    "mean = input.mean(dim=(1, 2, 3), keepdim=True).expand(-1, 1, *input.shape[2:])",
    lesson="The mean also runs over the positions: then no place differs from another.",
)
no_sigmoid = mistake(
    "torch.sigmoid(self.conv(torch.cat([mean, maximum], dim=1)))",
    "self.conv(torch.cat([mean, maximum], dim=1))",
    lesson="The sigmoid is missing: weights can be negative, or huge.",
)
softmax = mistake(
    "torch.sigmoid(self.conv(torch.cat([mean, maximum], dim=1)))",
    "self.conv(torch.cat([mean, maximum], dim=1)).flatten(2).softmax(-1).view(-1, 1, *input.shape[2:])",
    lesson="A softmax makes the positions compete for a sum of 1. Here each has a weight of its own.",
)
with_bias = mistake(
    ", bias=False)",
    ")",
    lesson="The convolution has a bias. The statement's has none.",
)
no_padding = mistake(
    "padding=kernel_size // 2, ",
    "",
    lesson="Without padding the map of weights is smaller than the input.",
)
padding_fixed = mistake(
    "padding=kernel_size // 2",
    "padding=3",
    lesson="The padding fits a kernel of 7 only. It follows from kernel_size.",
)
size_fixed = mistake(
    "nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2",
    "nn.Conv2d(2, 1, 7, padding=3",
    lesson="The kernel's size is fixed at 7. It is an argument of the constructor.",
)
reflected = mistake(
    "padding=kernel_size // 2, bias",
    'padding=kernel_size // 2, padding_mode="replicate", bias',
    lesson="The border repeats the outermost values. Zeros are meant where nothing is said.",
)
weights_only = mistake(
    "return input * weights",
    "return weights",
    lesson="You return the map of weights. It belongs on the input.",
)
residual = mistake(
    "return input * weights",
    "return input + input * weights",
    lesson="The input is added once more. Then no place can be switched off.",
)
added = mistake(
    "return input * weights",
    "return input + weights",
    lesson="The weights are added to the input. They multiply it.",
)
double_sigmoid = mistake(
    "torch.sigmoid(self.conv(torch.cat([mean, maximum], dim=1)))",
    "torch.sigmoid(torch.sigmoid(self.conv(torch.cat([mean, maximum], dim=1))))",
    lesson="The sigmoid is applied twice: every weight lies between 0.5 and 0.73.",
)
detached = mistake(
    "torch.cat([mean, maximum], dim=1)",
    "torch.cat([mean, maximum], dim=1).detach()",
    lesson="The weights are cut off from the input: the gradient misses one of the two ways in which the input counts.",
)
maximum_detached = mistake(
    "[mean, maximum]",
    "[mean, maximum.detach()]",
    lesson="The maximum is cut off from the graph: its share of the gradient is missing.",
)
relu_first = mistake(
    "torch.sigmoid(self.conv(",
    "torch.sigmoid(F.relu(self.conv(",
    "[mean, maximum], dim=1)))",
    "[mean, maximum], dim=1))))",
    lesson="A ReLU comes before the sigmoid: no weight can be below one half.",
)
swapped_axes = mistake(
    "return input * weights",
    "return input * weights.mean(dim=3, keepdim=True)",
    lesson="The weights are averaged along the rows: each position has a weight of its own.",
)


@chaff("The image does not decide: the weights are the same whatever it shows.")
class IgnoresInput(SpatialAttention):
    def forward(self, input):
        ones = (
            torch.ones_like(input[:, :2])
            if input.shape[1] > 1
            else torch.ones_like(input).expand(-1, 2, -1, -1)
        )
        return input * torch.sigmoid(self.conv(ones))


batch_folded_in = mistake(
    "torch.cat([mean, maximum], dim=1)",
    "torch.cat([mean, maximum], dim=0).view(-1, 2, *input.shape[2:])",
    lesson="The two maps are joined along the batch and cut apart again, so that images are mixed. It comes out right for one image only.",
)
which_instead_of_how_much = mistake(
    "input.amax(dim=1, keepdim=True)",
    "input.max(dim=1, keepdim=True).indices.to(input.dtype)",
    lesson="You use where the maximum is, the channel's number. Its value is asked for.",
)
mirrored = mistake(
    "self.conv(torch.cat([mean, maximum], dim=1))",
    "F.conv2d(torch.cat([mean, maximum], dim=1), self.conv.weight.flip(2, 3), padding=self.conv.padding)",
    lesson="The kernel is mirrored. A convolution layer computes cross-correlation.",
)
largest_is_one = mistake(
    "return input * weights",
    "return input * (weights / weights.amax(dim=(2, 3), keepdim=True))",
    lesson="The weights are scaled so that the best position has 1. They are sigmoids, and may all be small.",
)
kernel_turned = mistake(
    "self.conv(torch.cat([mean, maximum], dim=1))",
    "self.conv(torch.cat([mean, maximum], dim=1).transpose(2, 3)).transpose(2, 3)",
    lesson="Rows and columns are exchanged for the convolution, so that the kernel lies on its side.",
)
in_place = mistake(
    "return input * weights",
    "with torch.no_grad():\n            result = input.mul_(weights)\n        return result",
    lesson="The input is overwritten. It belongs to the caller, who may need it for a shortcut.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"small_kernels": 2, "kernel_of_seven": 2, "gradients": 2}


def cases(draw):
    def case(check, *sizes, **init):
        return Case(check, dict(input=draw.distinct(*sizes)), init=init)

    yield case("small_kernels", 1, 2, 2, 2, kernel_size=1)
    yield case("small_kernels", 2, 3, 4, 3, kernel_size=3)
    yield case("small_kernels", 3, 4, 5, 7, kernel_size=5)
    yield case("kernel_of_seven", 2, 3, 5, 4)
    yield case("kernel_of_seven", 2, 4, 8, 9, kernel_size=7)
