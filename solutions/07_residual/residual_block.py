"""residual_block: two convolutions, and a shortcut around them."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        # Addition needs equal shapes: where the main path changes them, a 1x1 convolution changes the shortcut alike.
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, input):
        hidden = F.relu(self.bn1(self.conv1(input)))
        residual = self.bn2(self.conv2(hidden))
        return F.relu(residual + self.shortcut(input))


@wheat("one Sequential for the main path, the shortcut registered first under another name")
class ResidualBlockSequential(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.project = None
        if stride > 1 or in_channels != out_channels:
            self.project = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        self.main = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, input):
        kept = input if self.project is None else self.project(input)
        return torch.relu(self.main(input) + kept)


@wheat("bare parameters and functional calls: no layer objects at all")
class ResidualBlockFunctional(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.first = nn.Parameter(torch.empty(out_channels, in_channels, 3, 3))
        self.second = nn.Parameter(torch.empty(out_channels, out_channels, 3, 3))
        self.norms = nn.ModuleList(nn.BatchNorm2d(out_channels) for _ in range(2))
        for kernel in (self.first, self.second):
            nn.init.kaiming_normal_(kernel, nonlinearity="relu")
        self.matched = stride == 1 and in_channels == out_channels
        if not self.matched:
            self.third = nn.Parameter(torch.empty(out_channels, in_channels, 1, 1))
            nn.init.kaiming_normal_(self.third)
            self.norms.append(nn.BatchNorm2d(out_channels))

    def forward(self, input):
        hidden = self.norms[0](F.conv2d(input, self.first, stride=self.stride, padding=1)).clamp(min=0)
        residual = self.norms[1](F.conv2d(hidden, self.second, padding=1))
        kept = input if self.matched else self.norms[2](F.conv2d(input, self.third, stride=self.stride))
        return (residual + kept).clamp(min=0)


@wheat("the shortcut subsamples first and then mixes channels, which is the same 1x1 convolution")
class ResidualBlockSubsample(ResidualBlock):
    def forward(self, input):
        kept = input
        if not isinstance(self.shortcut, nn.Identity):
            mix, norm = self.shortcut
            step = mix.stride[0]
            kept = norm(torch.einsum("nchw,oc->nohw", input[:, :, ::step, ::step], mix.weight[:, :, 0, 0]))
        return F.relu(kept + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(input))))))


@wheat(
    "the convolution and batch norm as loops over parts; where the shapes agree, nothing is registered for the shortcut"
)
class ResidualBlockBranches(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        main = [(in_channels, 3, stride), (out_channels, 3, 1)]
        side = [] if (stride, in_channels) == (1, out_channels) else [(in_channels, 1, stride)]
        self.branches = nn.ModuleDict()
        for name, branch in (("b_side", side), ("a_main", main)):
            self.branches[name] = nn.ModuleList(
                nn.ModuleDict(
                    {
                        "norm": nn.BatchNorm2d(out_channels),
                        "mix": nn.Conv2d(before, out_channels, size, step, size // 2, bias=False),
                    }
                )
                for before, size, step in branch
            )

    def forward(self, input):
        totals = input.new_zeros(())
        for branch in self.branches.values():
            value = input
            for at, part in enumerate(branch):
                value = part["norm"](part["mix"](F.relu(value) if at else value))
            totals = totals + value
        return torch.maximum(totals, torch.zeros_like(totals))


# ------------------------------------------------------------------------------------------------------------ chaffs

no_shortcut = mistake(
    "residual + self.shortcut(input)",
    "residual + 0 * self.shortcut(input)",
    lesson="The input is never added: this is a plain block. The addition is what lets gradients pass around the layers.",
)

relu_before_addition = mistake(
    "F.relu(residual + self.shortcut(input))",
    "F.relu(residual) + self.shortcut(input)",
    lesson="The last ReLU comes before the addition. Then a residual can only ever add, never subtract.",
)

no_last_relu = mistake(
    "return F.relu(residual + self.shortcut(input))",
    "return residual + self.shortcut(input)",
    lesson="The ReLU after the addition is missing.",
)

no_first_relu = mistake(
    "F.relu(self.bn1(self.conv1(input)))",
    "self.bn1(self.conv1(input))",
    lesson="There is no ReLU between the two convolutions, so together they are one linear map.",
)

extra_relu = mistake(
    "residual = self.bn2(self.conv2(hidden))",
    "residual = F.relu(self.bn2(self.conv2(hidden)))",
    lesson="The residual passes a ReLU before it is added. Then it can only add to the shortcut, never take away.",
)

relu_on_shortcut = mistake(
    "residual + self.shortcut(input)",
    "residual + F.relu(self.shortcut(input))",
    lesson="The shortcut passes a ReLU. It should carry the input unchanged, negative values included.",
)

no_first_norm = mistake(
    "F.relu(self.bn1(self.conv1(input)))",
    "F.relu(self.conv1(input))",
    lesson="bn1 is made but never used: each convolution is followed by its batch norm.",
)

norm_after_relu = mistake(
    "F.relu(self.bn1(self.conv1(input)))",
    "self.bn1(F.relu(self.conv1(input)))",
    lesson="Batch norm comes after the ReLU. In this block the order is convolution, norm, ReLU.",
)

one_norm_for_both = mistake(
    "self.bn2(self.conv2(hidden))",
    "self.bn1(self.conv2(hidden))",
    lesson="Both convolutions share one batch norm. Their statistics differ, so each needs its own.",
)

first_conv_twice = mistake(
    "self.bn2(self.conv2(hidden))",
    "self.bn2(self.conv2(F.relu(self.bn1(self.conv2(hidden)))))",
    lesson="The second convolution is applied twice. The main path has two convolutions in all.",
)

shortcut_of_hidden = mistake(
    "residual + self.shortcut(input)",
    "residual + (hidden if isinstance(self.shortcut, nn.Identity) else self.shortcut(input))",
    lesson="You add the hidden activation, not the block's input. The shortcut leads around both convolutions.",
)

shortcut_not_normalised = mistake(
    "self.shortcut(input))",
    "(self.shortcut if isinstance(self.shortcut, nn.Identity) else self.shortcut[0])(input))",
    lesson="The projected shortcut is added without its batch norm.",
)

stride_in_second = mistake(
    "self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)",
    "self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)",
    "self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)",
    "self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)",
    lesson="The second convolution has the stride. The statement gives it to the first, so that the second works on the small map.",
)

always_eval = mistake(
    "residual = self.bn2(self.conv2(hidden))",
    "residual = F.batch_norm(self.conv2(hidden), self.bn2.running_mean, self.bn2.running_var, self.bn2.weight, self.bn2.bias)",
    lesson="One batch norm uses its running statistics even in training, so they are never updated either.",
)

always_train = mistake(
    "hidden = F.relu(self.bn1(self.conv1(input)))",
    "hidden = F.relu(F.batch_norm(self.conv1(input), self.bn1.running_mean, self.bn1.running_var, self.bn1.weight, "
    "self.bn1.bias, True))",
    lesson="One batch norm uses the batch's statistics even in evaluation, and goes on updating its running ones. "
    "Then an image's result depends on its neighbours.",
)

detached_shortcut = mistake(
    "residual + self.shortcut(input)",
    "residual + self.shortcut(input.detach())",
    lesson="The values are right, but no gradient flows through the shortcut, which is what the block is for.",
)

shortcut_only_for_channels = mistake(
    "if stride != 1 or in_channels != out_channels:",
    "if in_channels != out_channels:",
    lesson="With equal channels and a stride of 2 the shapes of the two paths differ too: the projection is needed there as well.",
)

convolutions_with_bias = mistake(
    "stride=stride, padding=1, bias=False)",
    "stride=stride, padding=1)",
    lesson="conv1 has a bias. The batch norm behind it takes away any constant, so a bias is a parameter that does nothing.",
)

scaled_shortcut = mistake(
    "return F.relu(residual + self.shortcut(input))",
    "return F.relu((residual + self.shortcut(input)) / 2)",
    lesson="You average the two paths. They are added.",
)


@chaff("The input is not part of your result: the block answers the same whatever image it is given.")
class IgnoresInput(ResidualBlock):
    def forward(self, input):
        return super().forward(torch.ones_like(input))


always_projects = mistake(
    "if stride != 1 or in_channels != out_channels:",
    "if True:",
    lesson="The shortcut is projected even where the shapes agree. There it is the identity, with no parameters at all.",
)

wide_projection = mistake(
    "nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),\n",
    "nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),\n",
    lesson="The shortcut's kernel is 3x3. It is only to make the shapes agree, which a 1x1 kernel does.",
)

added_in_place = mistake(
    "return F.relu(residual + self.shortcut(input))",
    "kept = self.shortcut(input)\n        kept.data += residual.data\n"
    "        return F.relu(kept + (residual - residual.detach()))",
    lesson="The sum is written into the shortcut's tensor. Where the shortcut is the identity, that is the caller's own input.",
)

norm_shared_with_shortcut = mistake(
    "                nn.BatchNorm2d(out_channels),\n",
    "                self.bn2,\n",
    lesson="The shortcut shares its batch norm with the main path. Their statistics differ, so each needs its own.",
)

stride_is_two = mistake(
    "super().__init__()\n",
    "super().__init__()\n        stride = 1 if stride == 1 else 2\n",
    lesson="Every stride above 1 is taken for 2. The caller says how large it is.",
)

norm_without_scale = mistake(
    "self.bn1 = nn.BatchNorm2d(out_channels)",
    "self.bn1 = nn.BatchNorm2d(out_channels, affine=False)",
    lesson="bn1 has no scale and shift of its own. Without them every channel is held at mean 0 and variance 1 for good.",
)


@chaff(
    "Norm and ReLU come before each convolution: that is the later, pre-activation block. This one has them behind."
)
class Preactivation(ResidualBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.bn1 = nn.BatchNorm2d(in_channels)

    def forward(self, input):
        hidden = self.conv1(F.relu(self.bn1(input)))
        return self.conv2(F.relu(self.bn2(hidden))) + self.shortcut(input)


@chaff(
    "The shortcut leaves out pixels and fills the new channels with zeros. The statement asks for a convolution that learns."
)
class ZeroFilledShortcut(ResidualBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.shortcut, self.stride = nn.Identity(), stride

    def forward(self, input):
        residual = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(input)))))
        kept = input[:, :, :: self.stride, :: self.stride]
        return F.relu(residual + F.pad(kept, (0, 0, 0, 0, 0, residual.shape[1] - kept.shape[1])))


shortcut_first_with_shared_norm = mistake(
    "                nn.BatchNorm2d(out_channels),\n",
    "                self.bn2,\n",
    "        residual = self.bn2(self.conv2(hidden))\n        return F.relu(residual + self.shortcut(input))",
    "        kept = self.shortcut(input)\n        return F.relu(kept + self.bn2(self.conv2(hidden)))",
    lesson="The shortcut shares its batch norm with the main path. Their statistics differ, so each needs its own.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"identity_shortcut": 2, "projection": 2, "gradients": 2}


def cases(draw):
    yield Case(
        "identity_shortcut", dict(input=draw.normal(2, 1, 2, 3)), init=dict(in_channels=1, out_channels=1)
    )
    yield Case(
        "identity_shortcut", dict(input=draw.normal(3, 4, 5, 6)), init=dict(in_channels=4, out_channels=4)
    )
    yield Case("projection", dict(input=draw.normal(2, 2, 3, 4)), init=dict(in_channels=2, out_channels=3))
    yield Case(
        "projection", dict(input=draw.normal(3, 3, 5, 4)), init=dict(in_channels=3, out_channels=3, stride=2)
    )
    yield Case(
        "projection", dict(input=draw.normal(2, 3, 7, 6)), init=dict(in_channels=3, out_channels=5, stride=3)
    )
