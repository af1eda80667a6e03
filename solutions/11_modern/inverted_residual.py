"""inverted_residual: widen, filter, squeeze, and a shortcut between the narrow ends."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class InvertedResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, expansion=6):
        super().__init__()
        hidden = in_channels * expansion
        self.expand = None
        if expansion != 1:
            self.expand = nn.Conv2d(in_channels, hidden, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(hidden)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, stride=stride, padding=1, groups=hidden, bias=False)
        self.bn2 = nn.BatchNorm2d(hidden)
        self.project = nn.Conv2d(hidden, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        # There is no projection: where shapes differ the block simply has no shortcut.
        self.adds = stride == 1 and in_channels == out_channels

    def forward(self, input):
        wide = input
        if self.expand is not None:
            wide = F.relu6(self.bn1(self.expand(input)))
        wide = F.relu6(self.bn2(self.depthwise(wide)))
        narrow = self.bn3(self.project(wide))
        return input + narrow if self.adds else narrow


@wheat("one Sequential, built layer by layer as in torchvision")
class InvertedResidualSequential(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, expansion=6):
        super().__init__()
        hidden = int(round(in_channels * expansion))
        layers = []
        if expansion > 1:
            layers += [nn.Conv2d(in_channels, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6()]
        layers += [
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(),
            nn.Conv2d(hidden, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        ]
        self.conv = nn.Sequential(*layers)
        self.same = stride == 1 and in_channels == out_channels

    def forward(self, input):
        return input + self.conv(input) if self.same else self.conv(input)


@wheat("1x1 convolutions as products over channels, the stride as a slice, clamps for ReLU6")
class InvertedResidualProducts(InvertedResidual):
    @staticmethod
    def mix(layer, image):
        return torch.einsum("nchw,oc->nohw", image, layer.weight.flatten(1))

    def forward(self, input):
        wide = input
        if self.expand is not None:
            wide = self.bn1(self.mix(self.expand, input)).clamp(0, 6)
        s, kernels = self.depthwise.stride[0], self.depthwise.weight
        filtered = F.conv2d(wide, kernels, padding=1, groups=len(kernels))[:, :, ::s, ::s]
        result = self.bn3(self.mix(self.project, self.bn2(filtered).clamp(0, 6)))
        if result.shape == input.shape and self.adds:
            result = result + input
        return result


@wheat("linear layers on pixels as rows, the depthwise convolution as a sum over shifted images")
class InvertedResidualRows(InvertedResidual):
    @staticmethod
    def mix(layer, image):
        return (image.movedim(1, 3) @ layer.weight.flatten(1).T).movedim(3, 1)

    def forward(self, input):
        wide = input
        if self.expand is not None:
            wide = torch.minimum(self.bn1(self.mix(self.expand, input)).relu(), input.new_tensor(6.0))
        s, kernels = self.depthwise.stride[0], self.depthwise.weight[:, 0]
        windows = F.pad(wide, (1, 1, 1, 1)).unfold(2, 3, s).unfold(3, 3, s)
        wide = self.bn2((windows * kernels[:, None, None]).sum((4, 5)))
        wide = torch.minimum(wide.relu(), input.new_tensor(6.0))
        narrow = self.bn3(self.mix(self.project, wide))
        return narrow + input if self.adds else narrow


# ------------------------------------------------------------------------------------------------------------ chaffs

relu_at_end = mistake(
    "narrow = self.bn3(self.project(wide))",
    "narrow = F.relu6(self.bn3(self.project(wide)))",
    lesson="An activation follows the projection. The bottleneck is linear: a ReLU on few channels destroys what they carry.",
)
relu_after_addition = mistake(
    "return input + narrow if self.adds else narrow",
    "return F.relu(input + narrow) if self.adds else narrow",
    lesson="A ReLU follows the addition, as in a ResNet. Here nothing follows it.",
)
plain_relu = mistake(
    "F.relu6(self.bn1(self.expand(input)))",
    "F.relu(self.bn1(self.expand(input)))",
    "F.relu6(self.bn2(self.depthwise(wide)))",
    "F.relu(self.bn2(self.depthwise(wide)))",
    lesson="The activations are not cut off at 6.",
)
no_first_activation = mistake(
    "F.relu6(self.bn1(self.expand(input)))",
    "self.bn1(self.expand(input))",
    lesson="The activation after the expansion is missing.",
)
no_second_activation = mistake(
    "F.relu6(self.bn2(self.depthwise(wide)))",
    "self.bn2(self.depthwise(wide))",
    lesson="The activation after the depthwise convolution is missing.",
)
no_shortcut = mistake(
    "return input + narrow if self.adds else narrow",
    "return narrow",
    lesson="The input is never added.",
)
shortcut_ignores_stride = mistake(
    "self.adds = stride == 1 and in_channels == out_channels",
    "self.adds = in_channels == out_channels",
    lesson="With a stride the two ends differ in size: then there is no shortcut, whatever the channels.",
)
shortcut_ignores_channels = mistake(
    "self.adds = stride == 1 and in_channels == out_channels",
    "self.adds = stride == 1",
    lesson="With other channels the two ends differ: then there is no shortcut, whatever the stride.",
)
projected_shortcut = mistake(
    "        self.adds =",
    "        self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)\n        self.adds =",
    lesson="The shortcut has a convolution where shapes differ, as in a ResNet. Here there is none in that case.",
)
always_expands = mistake(
    "if expansion != 1:",
    "if True:",
    lesson="With an expansion of 1 there is nothing to expand: the first convolution is left out.",
)
expansion_fixed = mistake(
    "hidden = in_channels * expansion",
    "hidden = in_channels * 6",
    lesson="The expansion is fixed at 6. It is an argument of the constructor.",
)
expands_output = mistake(
    "hidden = in_channels * expansion",
    "hidden = out_channels * expansion if expansion != 1 else in_channels",
    lesson="The hidden width is counted from the output's channels. It follows from the input's.",
)
full_convolution = mistake(
    "padding=1, groups=hidden, bias",
    "padding=1, bias",
    lesson="The 3x3 convolution mixes all channels. Each has a kernel of its own; that is what makes the wide middle cheap.",
)
stride_in_expand = mistake(
    "nn.Conv2d(in_channels, hidden, 1, bias=False)",
    "nn.Conv2d(in_channels, hidden, 1, stride=stride, bias=False)",
    "3, stride=stride, padding=1",
    "3, stride=stride if expansion == 1 else 1, padding=1",
    lesson="The expansion has the stride: most pixels are then never looked at. It belongs to the depthwise convolution.",
)
stride_in_project = mistake(
    "3, stride=stride, padding=1",
    "3, padding=1",
    "nn.Conv2d(hidden, out_channels, 1, bias=False)",
    "nn.Conv2d(hidden, out_channels, 1, stride=stride, bias=False)",
    lesson="The projection has the stride, so most of what the depthwise one computed is thrown away.",
)
no_first_norm = mistake(
    "self.bn1(self.expand(input))",
    "self.expand(input)",
    lesson="The expansion's batch norm is never used.",
)
no_second_norm = mistake(
    "self.bn2(self.depthwise(wide))",
    "self.depthwise(wide)",
    lesson="The depthwise convolution's batch norm is never used.",
)
no_last_norm = mistake(
    "self.bn3(self.project(wide))",
    "self.project(wide)",
    lesson="The projection's batch norm is never used. Linear means without activation, not without norm.",
)
norm_after_activation = mistake(
    "F.relu6(self.bn2(self.depthwise(wide)))",
    "self.bn2(F.relu6(self.depthwise(wide)))",
    lesson="Batch norm comes after the activation. The order is convolution, norm, activation.",
)
biases = mistake(
    "nn.Conv2d(hidden, out_channels, 1, bias=False)",
    "nn.Conv2d(hidden, out_channels, 1)",
    lesson="A convolution has a bias. The batch norm behind it takes away any constant, so it is a parameter that does nothing.",
)
shortcut_detached = mistake(
    "return input + narrow if",
    "return input.detach() + narrow if",
    lesson="The values are right, but no gradient flows through the shortcut.",
)
averaged = mistake(
    "return input + narrow if",
    "return (input + narrow) / 2 if",
    lesson="You average the two paths. They are added.",
)
always_eval = mistake(
    "self.bn3(self.project(wide))",
    "F.batch_norm(self.project(wide), self.bn3.running_mean, self.bn3.running_var, self.bn3.weight, self.bn3.bias)",
    lesson="One batch norm uses its running statistics even in training, so they are never updated either.",
)
always_train = mistake(
    "self.bn2(self.depthwise(wide))",
    "F.batch_norm(self.depthwise(wide), self.bn2.running_mean, self.bn2.running_var, self.bn2.weight, self.bn2.bias, True)",
    lesson="One batch norm uses the batch's statistics even in evaluation. Then an image's result depends on its neighbours.",
)
hard_swish = mistake(
    "F.relu6(self.bn2(self.depthwise(wide)))",
    "F.hardswish(self.bn2(self.depthwise(wide)))",
    lesson="This is MobileNetV3's activation. The statement has ReLU6.",
)


@chaff(
    "The input is not part of your result, but for the shortcut: the block answers the same whatever image it is given."
)
class IgnoresInput(InvertedResidual):
    def forward(self, input):
        narrow = super().forward(torch.ones_like(input))
        return narrow - 1 + input if self.adds else narrow


uncut_after_expansion = mistake(
    "F.relu6(self.bn1(self.expand(input)))",
    "F.relu(self.bn1(self.expand(input)))",
    lesson="The first activation is not cut off at 6. Both are ReLU6.",
)
uncut_after_depthwise = mistake(
    "F.relu6(self.bn2(self.depthwise(wide)))",
    "F.relu(self.bn2(self.depthwise(wide)))",
    lesson="The second activation is not cut off at 6. Both are ReLU6.",
)
one_norm_for_the_wide = mistake(
    "        self.bn2 = nn.BatchNorm2d(hidden)",
    "        self.bn2 = self.bn1 if expansion != 1 else nn.BatchNorm2d(hidden)",
    lesson="Expansion and depthwise convolution share one batch norm. Their statistics differ, so each needs its own.",
)
width_in_eights = mistake(
    "hidden = in_channels * expansion",
    "hidden = max(8, (in_channels * expansion + 4) // 8 * 8) if expansion != 1 else in_channels",
    lesson="The hidden width is rounded to a multiple of 8, as libraries do for speed. Here it is exactly in_channels * expansion.",
)
shortcut_only_when_wide = mistake(
    "return input + narrow if self.adds else narrow",
    "return input + narrow if self.adds and self.expand is not None else narrow",
    lesson="Without an expansion you also leave out the shortcut. It depends on stride and channels alone.",
)


@chaff(
    "With a stride and equal channels you add every so-manieth pixel of the input. A block with a stride has no shortcut."
)
class SubsampledShortcut(InvertedResidual):
    def __init__(self, in_channels, out_channels, stride=1, expansion=6):
        super().__init__(in_channels, out_channels, stride, expansion)
        self.step = stride if in_channels == out_channels else 0

    def forward(self, input):
        result = super().forward(input)
        return result + input[:, :, :: self.step, :: self.step] if self.step > 1 else result


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"shortcut": 2, "other_shapes": 2, "no_expansion": 1, "six": 1, "gradients": 2}
# Next to eps, batch norm makes constants of tiny inputs, whose gradients are rounding errors of 0.
SKIP_FORMS = ("tiny",)


def cases(draw):
    def case(check, *sizes, scale=1.0, **init):
        return Case(
            check, dict(input=draw.normal(*sizes, scale=scale)), init=dict(in_channels=sizes[1], **init)
        )

    yield case("shortcut", 2, 2, 2, 3, out_channels=2, expansion=2)
    yield case("shortcut", 3, 3, 4, 5, out_channels=3, expansion=3)
    yield case("other_shapes", 2, 2, 3, 4, out_channels=3, expansion=2)
    yield case("other_shapes", 3, 2, 5, 4, out_channels=2, stride=2, expansion=3)
    yield case("other_shapes", 2, 2, 7, 6, out_channels=3, stride=3)
    yield case("no_expansion", 2, 3, 3, 4, out_channels=3, expansion=1)
    yield case("no_expansion", 2, 3, 5, 4, out_channels=2, stride=2, expansion=1)
    # One bright pixel in a hundred and more: after batch norm it lies far above 6.
    bright = draw.normal(3, 2, 9, 10, scale=0.125)
    bright[0, :, 4, 4] = 50
    yield Case("six", dict(input=bright), init=dict(in_channels=2, out_channels=3, expansion=3))
