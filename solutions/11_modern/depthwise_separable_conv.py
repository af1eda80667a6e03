"""depthwise_separable_conv: neighbours first, channels second."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class DepthwiseSeparableConv(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        # As many groups as channels: each sees one channel only, so a kernel has shape (1, 3, 3).
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, 3, stride=stride, padding=1, groups=in_channels, bias=False
        )
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, input):
        hidden = F.relu(self.bn1(self.depthwise(input)))
        return F.relu(self.bn2(self.pointwise(hidden)))


@wheat("one Sequential")
class DepthwiseSeparableConvSequential(nn.Sequential):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(
            nn.Conv2d(in_channels, in_channels, 3, stride, 1, groups=in_channels, bias=False),
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )


@wheat("a loop over kernel offsets, each a strided slice times one weight per channel; einsum for the mixing")
class DepthwiseSeparableConvSlices(DepthwiseSeparableConv):
    def forward(self, input):
        s = self.depthwise.stride[0]
        height, width = (-(-size // s) for size in input.shape[2:])
        padded = F.pad(input, (1, 1, 1, 1))
        filtered = 0
        for i in range(3):
            for j in range(3):
                met = padded[:, :, i : i + s * (height - 1) + 1 : s, j : j + s * (width - 1) + 1 : s]
                filtered = filtered + met * self.depthwise.weight[:, 0, i, j][:, None, None]
        hidden = self.bn1(filtered).clamp(min=0)
        mixed = torch.einsum("nchw,oc->nohw", hidden, self.pointwise.weight[:, :, 0, 0])
        return self.bn2(mixed).clamp(min=0)


@wheat("channels moved to the batch axis and convolved one by one")
class DepthwiseSeparableConvSplit(DepthwiseSeparableConv):
    def forward(self, input):
        layer = self.depthwise
        filtered = [
            F.conv2d(channel, kernel[None], stride=layer.stride, padding=1)
            for channel, kernel in zip(input.split(1, dim=1), layer.weight)
        ]
        hidden = torch.relu(self.bn1(torch.cat(filtered, dim=1)))
        return torch.relu(self.bn2(self.pointwise(hidden)))


@wheat(
    "an ordinary convolution whose kernels are 0 off the diagonal, its stride as a slice; rows of pixels for the mixing"
)
class DepthwiseSeparableConvDiagonal(DepthwiseSeparableConv):
    def forward(self, input):
        s, kernels = self.depthwise.stride[0], self.depthwise.weight[:, 0]
        dense = torch.diag_embed(kernels.permute(1, 2, 0)).permute(2, 3, 0, 1)
        hidden = self.bn1(F.conv2d(input, dense, padding=1)[:, :, ::s, ::s]).relu()
        pixels = hidden.permute(0, 2, 3, 1) @ self.pointwise.weight.flatten(1).T
        return self.bn2(pixels.permute(0, 3, 1, 2)).relu()


# ------------------------------------------------------------------------------------------------------------ chaffs

full_convolution = mistake(
    "padding=1, groups=in_channels, bias",
    "padding=1, bias",
    lesson="The first convolution's kernels have another shape. Each channel has one 3x3 kernel, and no channel sees another.",
)
no_middle_relu = mistake(
    "F.relu(self.bn1(self.depthwise(input)))",
    "self.bn1(self.depthwise(input))",
    lesson="The ReLU after the depthwise convolution is missing.",
)
no_last_relu = mistake(
    "return F.relu(self.bn2(self.pointwise(hidden)))",
    "return self.bn2(self.pointwise(hidden))",
    lesson="The ReLU at the end is missing. (A linear end is the inverted residual's.)",
)
relu6 = mistake(
    "F.relu(self.bn1(self.depthwise(input)))",
    "F.relu6(3 * self.bn1(self.depthwise(input))) / 3",
    lesson="The ReLU is cut off above. The statement has the plain one.",
)
no_middle_norm = mistake(
    "self.bn1(self.depthwise(input))",
    "self.depthwise(input)",
    lesson="bn1 is made but never used: each convolution is followed by its batch norm.",
)
no_last_norm = mistake(
    "self.bn2(self.pointwise(hidden))",
    "self.pointwise(hidden)",
    lesson="bn2 is made but never used: each convolution is followed by its batch norm.",
)
norm_after_relu = mistake(
    "F.relu(self.bn1(self.depthwise(input)))",
    "self.bn1(F.relu(self.depthwise(input)))",
    lesson="Batch norm comes after the ReLU. The order is convolution, norm, ReLU.",
)
stride_in_pointwise = mistake(
    "3, stride=stride, padding=1",
    "3, padding=1",
    "out_channels, 1, bias=False",
    "out_channels, 1, stride=stride, bias=False",
    lesson="The pointwise convolution has the stride, so most of what the depthwise one computed is thrown away.",
)
stride_ignored = mistake(
    "3, stride=stride, padding=1",
    "3, padding=1",
    lesson="The stride has no effect.",
)
stride_fixed = mistake(
    "stride=stride",
    "stride=min(stride, 2)",
    lesson="The stride is never larger than 2. It is an argument, and may be any.",
)
no_padding = mistake(
    "stride=stride, padding=1",
    "stride=stride",
    lesson="Without padding the map shrinks by two rows and columns.",
)
biases = mistake(
    "out_channels, 1, bias=False",
    "out_channels, 1",
    lesson="A convolution has a bias. The batch norm behind it takes away any constant, so it is a parameter that does nothing.",
)
pointwise_wide = mistake(
    "self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)",
    "self.pointwise = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)",
    lesson="The second kernel is 3x3. Mixing channels needs no neighbours.",
)
depthwise_wide = mistake(
    "in_channels, in_channels, 3, stride=stride, padding=1",
    "in_channels, in_channels, 5, stride=stride, padding=2",
    lesson="The first convolution's kernels have another shape. Each channel has one 3x3 kernel, and no channel sees another.",
)
shortcut = mistake(
    "return F.relu(self.bn2(self.pointwise(hidden)))",
    "result = F.relu(self.bn2(self.pointwise(hidden)))\n"
    "        return result + input.mean() if result.shape == input.shape else result + 0.5 * input.mean()",
    lesson="Something of the input is added at the end. This block has no shortcut.",
)
detached = mistake(
    "self.pointwise(hidden)",
    "self.pointwise(hidden.detach())",
    lesson="The graph is cut between the two convolutions: the depthwise one learns nothing.",
)
always_eval = mistake(
    "self.bn1(self.depthwise(input))",
    "F.batch_norm(self.depthwise(input), self.bn1.running_mean, self.bn1.running_var, self.bn1.weight, self.bn1.bias)",
    lesson="One batch norm uses its running statistics even in training, so they are never updated either.",
)
always_train = mistake(
    "self.bn2(self.pointwise(hidden))",
    "F.batch_norm(self.pointwise(hidden), self.bn2.running_mean, self.bn2.running_var, self.bn2.weight, self.bn2.bias, True)",
    lesson="One batch norm uses the batch's statistics even in evaluation. Then an image's result depends on its neighbours.",
)
circular = mistake(
    "groups=in_channels, bias=False",
    'groups=in_channels, bias=False, padding_mode="circular"',
    lesson="The border shows the opposite edge of the image. Zeros are meant where nothing is said.",
)
flipped = mistake(
    "self.depthwise(input)",
    "self.depthwise(input.flip(3)).flip(3)",
    lesson="The kernels are mirrored. A convolution layer computes cross-correlation.",
)
norm_too_early = mistake(
    "self.bn1(self.depthwise(input))",
    "self.depthwise(self.bn1(input))",
    lesson="The first batch norm comes before the convolution. It follows it.",
)
last_relu_first = mistake(
    "F.relu(self.bn2(self.pointwise(hidden)))",
    "self.bn2(F.relu(self.pointwise(hidden)))",
    lesson="The second batch norm comes after the ReLU. The order is convolution, norm, ReLU.",
)


@chaff("The input is not part of your result: the block answers the same whatever image it is given.")
class IgnoresInput(DepthwiseSeparableConv):
    def forward(self, input):
        return super().forward(torch.ones_like(input))


plain_relu6 = mistake(
    "F.relu(self.bn1(self.depthwise(input)))",
    "F.relu6(self.bn1(self.depthwise(input)))",
    "return F.relu(self.bn2(self.pointwise(hidden)))",
    "return F.relu6(self.bn2(self.pointwise(hidden)))",
    lesson="The ReLUs are cut off at 6, as in the mobile library versions. The statement has plain ones.",
)
added_where_shapes_allow = mistake(
    "return F.relu(self.bn2(self.pointwise(hidden)))",
    "result = F.relu(self.bn2(self.pointwise(hidden)))\n"
    "        return result + input if result.shape == input.shape else result",
    lesson="Where the shapes agree the input is added. Shortcuts came with the second MobileNet; this block has none.",
)
one_norm = mistake(
    "self.bn2 = nn.BatchNorm2d(out_channels)",
    "self.bn2 = self.bn1 if in_channels == out_channels else nn.BatchNorm2d(out_channels)",
    lesson="Where the channels agree both convolutions share one batch norm. Their statistics differ, so each needs its own.",
)


@chaff(
    "The channels are mixed first and filtered afterwards. That is Xception's order; MobileNet filters first."
)
class PointwiseFirst(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.depthwise = nn.Conv2d(
            out_channels, out_channels, 3, stride=stride, padding=1, groups=out_channels, bias=False
        )
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, input):
        hidden = F.relu(self.bn1(self.pointwise(input)))
        return F.relu(self.bn2(self.depthwise(hidden)))


@chaff("All channels are filtered with the first channel's kernel. Each has one of its own.")
class OneKernelForAll(DepthwiseSeparableConv):
    def forward(self, input):
        layer = self.depthwise
        kernels = layer.weight[:1].expand_as(layer.weight)
        filtered = F.conv2d(input, kernels, stride=layer.stride, padding=1, groups=len(kernels))
        return F.relu(self.bn2(self.pointwise(F.relu(self.bn1(filtered)))))


@chaff(
    "With a stride you pad only below and on the right, as another library does. Then the windows meet other pixels; "
    "the statement pads by 1 all around."
)
class PadsOneSide(DepthwiseSeparableConv):
    def forward(self, input):
        layer = self.depthwise
        padding = (1, 1, 1, 1) if layer.stride[0] == 1 else (0, 2, 0, 2)
        filtered = F.conv2d(
            F.pad(input, padding), layer.weight, stride=layer.stride, groups=len(layer.weight)
        )
        return F.relu(self.bn2(self.pointwise(F.relu(self.bn1(filtered)))))


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"stride_one": 3, "strided": 2, "gradients": 2}
# Next to eps, batch norm makes constants of tiny inputs, whose gradients are rounding errors of 0.
SKIP_FORMS = ("tiny",)


def cases(draw):
    def case(check, *sizes, **init):
        return Case(check, dict(input=draw.normal(*sizes)), init=dict(in_channels=sizes[1], **init))

    yield case("stride_one", 2, 2, 2, 3, out_channels=3)
    yield case("stride_one", 3, 4, 5, 4, out_channels=2)
    yield case("stride_one", 2, 3, 4, 5, out_channels=3)  # a shortcut would fit, and one batch norm for both
    yield case("strided", 2, 2, 5, 4, out_channels=3, stride=2)
    yield case("strided", 3, 3, 7, 8, out_channels=5, stride=3)
