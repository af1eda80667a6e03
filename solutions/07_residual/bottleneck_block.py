"""bottleneck_block: squeeze, convolve, widen, and a shortcut around all three."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class BottleneckBlock(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        wide = channels * self.expansion
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, wide, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(wide)
        # The shortcut is compared with the wide output, not with the narrow map inside.
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != wide:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, wide, 1, stride=stride, bias=False), nn.BatchNorm2d(wide)
            )

    def forward(self, input):
        hidden = F.relu(self.bn1(self.conv1(input)))
        hidden = F.relu(self.bn2(self.conv2(hidden)))
        residual = self.bn3(self.conv3(hidden))
        return F.relu(residual + self.shortcut(input))


@wheat("one Sequential for each path, built by a helper; the shortcut registered first")
class BottleneckBlockSequential(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()

        def normed(before, after, kernel, step=1):
            padding = kernel // 2
            convolution = nn.Conv2d(before, after, kernel, stride=step, padding=padding, bias=False)
            return [convolution, nn.BatchNorm2d(after)]

        same = stride == 1 and in_channels == 4 * channels
        self.around = nn.Sequential(*([] if same else normed(in_channels, 4 * channels, 1, stride)))
        self.through = nn.Sequential(
            *normed(in_channels, channels, 1),
            nn.ReLU(),
            *normed(channels, channels, 3, stride),
            nn.ReLU(),
            *normed(channels, 4 * channels, 1),
        )

    def forward(self, input):
        return torch.relu(self.around(input) + self.through(input))


@wheat("1x1 convolutions as matrix products over the channels, the 3x3 one through unfold")
class BottleneckBlockProducts(BottleneckBlock):
    @staticmethod
    def mix(kernel, image):
        return torch.einsum("nchw,oc->nohw", image, kernel.weight[:, :, 0, 0])

    @staticmethod
    def spatial(kernel, image):
        step = kernel.stride[0]
        height, width = ((size - 1) // step + 1 for size in image.shape[2:])
        columns = F.unfold(image, 3, padding=1, stride=step)
        return (kernel.weight.flatten(1) @ columns).unflatten(2, (height, width))

    def forward(self, input):
        hidden = self.bn1(self.mix(self.conv1, input)).clamp(min=0)
        hidden = self.bn2(self.spatial(self.conv2, hidden)).clamp(min=0)
        residual = self.bn3(self.mix(self.conv3, hidden))
        kept = input
        if not isinstance(self.shortcut, nn.Identity):
            mix, norm = self.shortcut
            step = mix.stride[0]
            kept = norm(self.mix(mix, input[:, :, ::step, ::step]))
        return (residual + kept).clamp(min=0)


@wheat(
    "layers in lists; the stride of the 3x3 convolution applied by taking every stride-th value of its output"
)
class BottleneckBlockLists(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.stride = stride
        widths = [in_channels, channels, channels, 4 * channels]
        self.project = stride != 1 or in_channels != widths[-1]
        self.norms, self.kernels = nn.ModuleList(), nn.ModuleList()
        for before, after, size in zip(widths, widths[1:], (1, 3, 1)):
            self.kernels.append(nn.Conv2d(before, after, size, padding=size // 2, bias=False))
            self.norms.append(nn.BatchNorm2d(after))
        if self.project:
            self.kernels.append(nn.Conv2d(in_channels, widths[-1], 1, bias=False))
            self.norms.append(nn.BatchNorm2d(widths[-1]))

    def forward(self, input):
        s, value = self.stride, input
        for at in range(3):
            value = self.kernels[at](value)
            value = self.norms[at](value[:, :, ::s, ::s] if at == 1 else value)
            value = value if at == 2 else F.relu(value)
        kept = self.norms[3](self.kernels[3](input)[:, :, ::s, ::s]) if self.project else input
        return F.relu(value + kept)


@wheat("bare kernels; both 1x1 convolutions as linear layers on images with their channels last")
class BottleneckBlockLast(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        wide, self.stride = 4 * channels, stride
        self.widen = nn.Parameter(torch.randn(wide, channels, 1, 1))
        self.squeeze = nn.Parameter(torch.randn(channels, in_channels, 1, 1))
        self.spatial = nn.Parameter(torch.randn(channels, channels, 3, 3))
        sizes = [channels, channels, wide]
        self.project = None
        if stride != 1 or in_channels != wide:
            self.project = nn.Parameter(torch.randn(wide, in_channels, 1, 1))
            sizes.append(wide)
        self.norms = nn.ModuleList(map(nn.BatchNorm2d, sizes))

    @staticmethod
    def pointwise(image, kernel):
        return F.linear(image.movedim(1, -1), kernel.flatten(1)).movedim(-1, 1)

    def forward(self, input):
        squeezed = self.norms[0](self.pointwise(input, self.squeeze)).relu()
        seen = F.conv2d(squeezed, self.spatial, stride=self.stride, padding=1)
        output = self.norms[2](self.pointwise(self.norms[1](seen).relu(), self.widen))
        if self.project is None:
            return (output + input).relu()
        kept = input[..., :: self.stride, :: self.stride]
        return (output + self.norms[3](self.pointwise(kept, self.project))).relu()


# ------------------------------------------------------------------------------------------------------------ chaffs

stride_in_first = mistake(
    "self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)",
    "self.conv1 = nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False)",
    "channels, channels, 3, stride=stride, padding=1",
    "channels, channels, 3, padding=1",
    lesson="The stride sits in the first 1x1 convolution, as in the paper: most pixels are then never looked at. The statement "
    "gives it to the 3x3 one.",
)

stride_in_last = mistake(
    "self.conv3 = nn.Conv2d(channels, wide, 1, bias=False)",
    "self.conv3 = nn.Conv2d(channels, wide, 1, stride=stride, bias=False)",
    "channels, channels, 3, stride=stride, padding=1",
    "channels, channels, 3, padding=1",
    lesson="The stride sits in the last convolution. The statement gives it to the 3x3 one.",
)

no_shortcut = mistake(
    "residual + self.shortcut(input)",
    "residual + 0 * self.shortcut(input)",
    lesson="The input is never added: this is a plain block. The addition is what lets gradients pass around the layers.",
)

no_first_relu = mistake(
    "hidden = F.relu(self.bn1(self.conv1(input)))",
    "hidden = self.bn1(self.conv1(input))",
    lesson="The ReLU after the first convolution is missing.",
)

no_second_relu = mistake(
    "hidden = F.relu(self.bn2(self.conv2(hidden)))",
    "hidden = self.bn2(self.conv2(hidden))",
    lesson="The ReLU after the 3x3 convolution is missing.",
)

no_last_relu = mistake(
    "return F.relu(residual + self.shortcut(input))",
    "return residual + self.shortcut(input)",
    lesson="The ReLU after the addition is missing.",
)

relu_before_addition = mistake(
    "F.relu(residual + self.shortcut(input))",
    "F.relu(residual) + self.shortcut(input)",
    lesson="The last ReLU comes before the addition. Then a residual can only ever add, never subtract.",
)

extra_relu = mistake(
    "residual = self.bn3(self.conv3(hidden))",
    "residual = F.relu(self.bn3(self.conv3(hidden)))",
    lesson="The residual passes a ReLU of its own before the addition. Then it can only add to the shortcut, never take away.",
)

relu_on_shortcut = mistake(
    "residual + self.shortcut(input)",
    "residual + F.relu(self.shortcut(input))",
    lesson="The shortcut passes a ReLU. It should carry the input unchanged, negative values included.",
)

no_second_norm = mistake(
    "self.bn2(self.conv2(hidden))",
    "self.conv2(hidden)",
    lesson="bn2 is made but never used: each convolution is followed by its batch norm.",
)

no_last_norm = mistake(
    "self.bn3(self.conv3(hidden))",
    "self.conv3(hidden)",
    lesson="bn3 is made but never used: the last convolution has a batch norm too, before the addition.",
)

norm_after_relu = mistake(
    "hidden = F.relu(self.bn2(self.conv2(hidden)))",
    "hidden = self.bn2(F.relu(self.conv2(hidden)))",
    lesson="Batch norm comes after the ReLU. In this block the order is convolution, norm, ReLU.",
)

one_norm_for_both = mistake(
    "self.bn2(self.conv2(hidden))",
    "self.bn1(self.conv2(hidden))",
    lesson="The first two convolutions share one batch norm. Their statistics differ, so each needs its own.",
)

identity_too_often = mistake(
    "if stride != 1 or in_channels != wide:",
    "if stride != 1 or in_channels != channels:",
    lesson="You compare in_channels with the narrow width. What the shortcut is added to has 4 * channels.",
)

projection_for_channels_only = mistake(
    "if stride != 1 or in_channels != wide:",
    "if in_channels != wide:",
    lesson="With equal channels and a stride of 2 the sizes of the two paths differ: the projection is needed there as well.",
)

expansion_two = mistake(
    "    expansion = 4\n",
    "    expansion = 2\n",
    lesson="The output has twice the narrow width. The expansion is 4.",
)

no_widening = mistake(
    "wide = channels * self.expansion",
    "wide = channels",
    lesson="The last convolution does not widen. The output has 4 times the narrow width.",
)

no_narrowing = mistake(
    "        wide = channels * self.expansion\n",
    "        wide = channels\n        channels = channels // self.expansion\n",
    lesson="You take `channels` for the output's width. It is the narrow one; the output has 4 times as many.",
)

shortcut_not_normalised = mistake(
    "self.shortcut(input))",
    "(self.shortcut if isinstance(self.shortcut, nn.Identity) else self.shortcut[0])(input))",
    lesson="The projected shortcut is added without its batch norm.",
)

shortcut_of_hidden = mistake(
    "        hidden = F.relu(self.bn2",
    "        kept = hidden.mean(1, keepdim=True)\n        hidden = F.relu(self.bn2",
    "residual + self.shortcut(input)",
    "residual + (kept if isinstance(self.shortcut, nn.Identity) else self.shortcut(input))",
    lesson="You add a hidden activation, not the block's input. The shortcut leads around all three convolutions.",
)

detached_shortcut = mistake(
    "residual + self.shortcut(input)",
    "residual + self.shortcut(input.detach())",
    lesson="The values are right, but no gradient flows through the shortcut, which is what the block is for.",
)

detached_residual = mistake(
    "residual + self.shortcut(input)",
    "residual.detach() + self.shortcut(input)",
    lesson="The values are right, but no gradient reaches the convolutions: the residual is cut off from the graph.",
)

convolutions_with_bias = mistake(
    "self.conv3 = nn.Conv2d(channels, wide, 1, bias=False)",
    "self.conv3 = nn.Conv2d(channels, wide, 1)",
    lesson="A convolution has a bias. The batch norm behind it takes away any constant, so a bias is a parameter that does nothing.",
)

two_wide_kernels = mistake(
    "self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)",
    "self.conv1 = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)",
    lesson="The first kernel is 3x3. Only the middle one is: squeezing channels needs no neighbours.",
)

always_eval = mistake(
    "residual = self.bn3(self.conv3(hidden))",
    "residual = F.batch_norm(self.conv3(hidden), self.bn3.running_mean, self.bn3.running_var, self.bn3.weight, self.bn3.bias)",
    lesson="One batch norm uses its running statistics even in training, so they are never updated either.",
)

always_train = mistake(
    "hidden = F.relu(self.bn1(self.conv1(input)))",
    "hidden = F.relu(F.batch_norm(self.conv1(input), self.bn1.running_mean, self.bn1.running_var, self.bn1.weight, "
    "self.bn1.bias, True))",
    lesson="One batch norm uses the batch's statistics even in evaluation. Then an image's result depends on its neighbours.",
)

scaled_sum = mistake(
    "return F.relu(residual + self.shortcut(input))",
    "return F.relu((residual + self.shortcut(input)) / 2)",
    lesson="You average the two paths. They are added.",
)

middle_twice = mistake(
    "residual = self.bn3(self.conv3(hidden))",
    "if self.conv2.stride == (1, 1):\n            hidden = F.relu(self.bn2(self.conv2(hidden)))\n"
    "        residual = self.bn3(self.conv3(hidden))",
    lesson="The 3x3 convolution is applied twice where the stride is 1.",
)


@chaff("The input is not part of your result: the block answers the same whatever image it is given.")
class IgnoresInput(BottleneckBlock):
    def forward(self, input):
        return super().forward(torch.ones_like(input))


padding_in_the_squeeze = mistake(
    "self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)",
    "self.conv1 = nn.Conv2d(in_channels, channels, 1, padding=1, bias=False)",
    "channels, channels, 3, stride=stride, padding=1",
    "channels, channels, 3, stride=stride",
    lesson="The 1x1 convolution has the padding in place of the 3x3 one. The sizes agree, but the border passes batch norm and "
    "counts in its statistics.",
)

depthwise_middle = mistake(
    "channels, channels, 3, stride=stride, padding=1, bias=False)",
    "channels, channels, 3, stride=stride, padding=1, bias=False, groups=channels)",
    lesson="The 3x3 convolution treats each channel by itself, as in MobileNet. Here it mixes all of them.",
)

averaged_shortcut = mistake(
    "return F.relu(residual + self.shortcut(input))",
    "kept = input\n"
    "        if not isinstance(self.shortcut, nn.Identity):\n"
    "            kept = F.avg_pool2d(input, self.conv2.stride, ceil_mode=True)\n"
    "            kept = self.shortcut[1](F.conv2d(kept, self.shortcut[0].weight))\n"
    "        return F.relu(residual + kept)",
    lesson="The shortcut averages neighbours where it should take a stride. Some later networks do; the statement's convolution has "
    "the block's stride.",
)

relu_six = mistake(
    "return F.relu(residual + self.shortcut(input))",
    "return F.relu6(residual + self.shortcut(input))",
    lesson="The last ReLU stops at 6, as in networks for phones. A ReLU has no upper end.",
)

stride_is_two = mistake(
    "super().__init__()\n",
    "super().__init__()\n        stride = 1 if stride == 1 else 2\n",
    lesson="Every stride above 1 is taken for 2. The caller says how large it is.",
)

wide_in_the_middle = mistake(
    "self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)",
    "channels = wide\n        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)",
    lesson="The 3x3 convolution works on the wide map. What makes a bottleneck is that it sees the narrow one.",
)

added_in_place = mistake(
    "return F.relu(residual + self.shortcut(input))",
    "kept = self.shortcut(input)\n        kept.data += residual.data\n"
    "        return F.relu(kept + (residual - residual.detach()))",
    lesson="The sum is written into the shortcut's tensor. Where the shortcut is the identity, that is the caller's own input.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"identity_shortcut": 2, "projection": 2, "stride": 2, "gradients": 2}
# Next to eps, batch norm makes constants of tiny inputs, whose gradients are rounding errors of 0.
SKIP_FORMS = ("tiny",)


def cases(draw):
    def block(check, *sizes, **init):
        return Case(check, dict(input=draw.normal(*sizes)), init=init)

    yield block("identity_shortcut", 2, 4, 2, 3, in_channels=4, channels=1)
    yield block("identity_shortcut", 3, 8, 4, 5, in_channels=8, channels=2)
    yield block("projection", 2, 2, 3, 2, in_channels=2, channels=1)
    yield block("projection", 3, 3, 4, 5, in_channels=3, channels=3)
    yield block("stride", 2, 3, 5, 4, in_channels=3, channels=2, stride=2)
    yield block("stride", 2, 8, 7, 6, in_channels=8, channels=2, stride=3)
