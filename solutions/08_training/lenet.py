"""lenet: twice convolve, rectify, pool; then flatten and classify."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class LeNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 3, padding=1)
        # Two poolings leave 2 x 2 of the 8 x 8 positions, each with 16 features.
        self.linear1 = nn.Linear(16 * 2 * 2, 32)
        self.linear2 = nn.Linear(32, num_classes)

    def forward(self, input):
        hidden = F.max_pool2d(F.relu(self.conv1(input)), 2)
        hidden = F.max_pool2d(F.relu(self.conv2(hidden)), 2)
        features = hidden.flatten(start_dim=1)
        hidden = F.relu(self.linear1(features))
        return self.linear2(hidden)


@wheat("one Sequential, with the pooling before the ReLU: the maximum and ReLU may change places")
class LeNetSequential(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5, padding=2),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Conv2d(6, 16, kernel_size=3, padding="same"),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64, 32),
            nn.ReLU(),
            nn.Linear(32, num_classes),
        )

    def forward(self, input):
        return self.net(input)


@wheat("pooling as the maximum over a reshaped image; classifier and features as two named parts")
class LeNetParts(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.classifier = nn.ModuleDict({"hidden": nn.Linear(64, 32), "out": nn.Linear(32, num_classes)})
        self.features = nn.ModuleList([nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 3, padding=1)])

    def forward(self, input):
        for layer in self.features:
            value = layer(input).clamp(min=0)
            n, c, h, w = value.shape
            input = value.reshape(n, c, h // 2, 2, w // 2, 2).amax(dim=(3, 5))
        hidden = torch.relu(self.classifier["hidden"](input.reshape(len(input), -1)))
        return self.classifier["out"](hidden)


@wheat(
    "every layer a matrix product: unfolded windows for the convolutions, the linear layer as a 2x2 convolution's kernel"
)
class LeNetProducts(LeNet):
    @staticmethod
    def convolve(layer, input):
        size, padding = layer.kernel_size[0], layer.padding[0]
        windows = F.unfold(input, size, padding=padding)
        output = torch.einsum("ok,nkl->nol", layer.weight.flatten(1), windows) + layer.bias[:, None]
        return output.unflatten(2, input.shape[2:])

    def forward(self, input):
        for layer in (self.conv1, self.conv2):
            value = torch.relu(self.convolve(layer, input))
            input = value.unfold(2, 2, 2).unfold(3, 2, 2).amax(dim=(4, 5))
        kernel = self.linear1.weight.unflatten(1, (16, 2, 2))
        hidden = torch.einsum("nchw,ochw->no", input, kernel) + self.linear1.bias
        return torch.relu(hidden) @ self.linear2.weight.T + self.linear2.bias


@wheat("bare parameters, in float64 inside; the first pooling by the largest of four strided quarters")
class LeNetBare(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        shapes = [(num_classes, 32), (32, 64), (16, 6, 3, 3), (6, 1, 5, 5)]
        self.kernels = nn.ParameterList(nn.Parameter(0.1 * torch.randn(shape)) for shape in shapes)
        self.shifts = nn.ParameterList(nn.Parameter(torch.zeros(shape[0])) for shape in shapes)

    def forward(self, input):
        value = input.double()
        weights = [(kernel.double(), shift.double()) for kernel, shift in zip(self.kernels, self.shifts)]
        for at, padding in ((3, 2), (2, 1)):
            value = F.conv2d(value, *weights[at], padding=padding)
            upper = torch.maximum(value[:, :, ::2, ::2], value[:, :, ::2, 1::2])
            lower = torch.maximum(value[:, :, 1::2, ::2], value[:, :, 1::2, 1::2])
            value = torch.maximum(upper, lower).relu()
        hidden = F.linear(value.reshape(-1, 64), *weights[1]).relu()
        return F.linear(hidden, *weights[0]).to(input.dtype)


# ------------------------------------------------------------------------------------------------------------ chaffs

softmax_at_the_end = mistake(
    "return self.linear2(hidden)",
    "return self.linear2(hidden).softmax(dim=1)",
    lesson="The result passed a softmax. Cross-entropy would apply it a second time; return logits.",
)

log_softmax_at_the_end = mistake(
    "return self.linear2(hidden)",
    "return self.linear2(hidden).log_softmax(dim=1)",
    lesson="The result passed a log-softmax. The statement asks for the logits themselves.",
)

relu_on_logits = mistake(
    "return self.linear2(hidden)",
    "return F.relu(self.linear2(hidden))",
    lesson="The logits pass a ReLU. They must be free to be negative.",
)

no_first_relu = mistake(
    "F.relu(self.conv1(input))",
    "self.conv1(input)",
    lesson="The ReLU after the first convolution is missing.",
)

no_second_relu = mistake(
    "F.relu(self.conv2(hidden))",
    "self.conv2(hidden)",
    lesson="The ReLU after the second convolution is missing.",
)

no_linear_relu = mistake(
    "hidden = F.relu(self.linear1(features))",
    "hidden = self.linear1(features)",
    lesson="There is no ReLU between the two linear layers, so together they are one.",
)

average_pooling = mistake(
    "F.max_pool2d(F.relu(self.conv1(input)), 2)",
    "F.avg_pool2d(F.relu(self.conv1(input)), 2)",
    "F.max_pool2d(F.relu(self.conv2(hidden)), 2)",
    "F.avg_pool2d(F.relu(self.conv2(hidden)), 2)",
    lesson="You pool by averaging, as the original did. This one takes the maximum.",
)

one_average = mistake(
    "F.max_pool2d(F.relu(self.conv2(hidden)), 2)",
    "F.avg_pool2d(F.relu(self.conv2(hidden)), 2)",
    lesson="The second pooling averages. It takes the maximum.",
)

tanh = mistake(
    "F.relu(self.conv1(input))",
    "torch.tanh(self.conv1(input))",
    "F.relu(self.conv2(hidden))",
    "torch.tanh(self.conv2(hidden))",
    "F.relu(self.linear1(features))",
    "torch.tanh(self.linear1(features))",
    lesson="The nonlinearity is tanh, as in 1998. Here it is ReLU.",
)

stride_for_pooling = mistake(
    "F.max_pool2d(F.relu(self.conv1(input)), 2)",
    "F.relu(self.conv1(input))[:, :, ::2, ::2]",
    lesson="Every second pixel is taken instead of the largest of four: three quarters of the answers are thrown away unseen.",
)

pool_at_the_end = mistake(
    "hidden = F.max_pool2d(F.relu(self.conv1(input)), 2)",
    "hidden = F.relu(self.conv1(input))",
    "F.max_pool2d(F.relu(self.conv2(hidden)), 2)",
    "F.max_pool2d(F.relu(self.conv2(hidden)), 4)",
    lesson="Both poolings come after the second convolution. The first belongs between the two.",
)

channels_last = mistake(
    "hidden.flatten(start_dim=1)",
    "hidden.permute(0, 2, 3, 1).flatten(start_dim=1)",
    lesson="You flatten position by position. The linear layer expects the features channel by channel.",
)

columns_first = mistake(
    "hidden.flatten(start_dim=1)",
    "hidden.transpose(2, 3).flatten(start_dim=1)",
    lesson="Within a channel you flatten column by column. Rows come first.",
)

mixed_batch = mistake(
    "hidden.flatten(start_dim=1)",
    "hidden.transpose(0, 1).reshape(len(hidden), -1)",
    lesson="The flattening mixes the images of the batch: each row must hold one image's features.",
)

no_padding_first = mistake(
    "nn.Conv2d(1, 6, 5, padding=2)",
    "nn.Conv2d(1, 6, 5)",
    "features = hidden.flatten(start_dim=1)",
    "features = F.pad(hidden, (0, 2 - hidden.shape[3], 0, 2 - hidden.shape[2])).flatten(start_dim=1)",
    lesson="The first convolution has no padding and loses the image's border. Padding 2 keeps 8x8.",
)

padding_one = mistake(
    "nn.Conv2d(1, 6, 5, padding=2)",
    "nn.Conv2d(1, 6, 5, padding=1)",
    "hidden = F.max_pool2d(F.relu(self.conv2(hidden)), 2)",
    "hidden = F.max_pool2d(F.relu(self.conv2(hidden)), 2, ceil_mode=True)",
    lesson="A 5x5 kernel needs a padding of 2 on every side to keep the size, not 1.",
)

ten_classes = mistake(
    "nn.Linear(32, num_classes)",
    "nn.Linear(32, 10)",
    lesson="There are always 10 classes, whatever num_classes says.",
)

no_bias = mistake(
    "nn.Conv2d(6, 16, 3, padding=1)",
    "nn.Conv2d(6, 16, 3, padding=1, bias=False)",
    lesson="The second convolution has no bias. Nothing normalises behind it, so its bias matters.",
)

wider_hidden = mistake(
    "nn.Linear(16 * 2 * 2, 32)",
    "nn.Linear(16 * 2 * 2, 84)",
    "nn.Linear(32, num_classes)",
    "nn.Linear(84, num_classes)",
    lesson="The hidden layer has 84 units, as the original's last one. This one has 32.",
)

dropout = mistake(
    "return self.linear2(hidden)",
    "return self.linear2(F.dropout(hidden, 0.5))",
    lesson="Dropout was not asked for, and this one drops even in evaluation: F.dropout does not know the module's mode.",
)

scaled_input = mistake(
    "self.conv1(input)",
    "self.conv1(input / 16)",
    lesson="The input is scaled inside the network. That is the caller's business; the statement does not ask for it.",
)

features_detached = mistake(
    "features = hidden.flatten(start_dim=1)",
    "features = hidden.detach().flatten(start_dim=1)",
    lesson="The values are right, but no gradient reaches the convolutions: detach() cuts them off from the graph.",
)

gradient_halved = mistake(
    "features = hidden.flatten(start_dim=1)",
    "features = (hidden * 0.5 + hidden.detach() * 0.5).flatten(start_dim=1)",
    lesson="The values are right, but half of the gradient of the convolutions is lost: half of the features are detached.",
)

fixed_layers = mistake(
    "self.linear1(features)",
    "F.linear(features, self.linear1.weight.data, self.linear1.bias)",
    lesson="The values are right, but the first linear layer's weight gets no gradient: .data cuts it off from the graph.",
)


@chaff("Every image of the batch gets the first image's logits.")
class FirstImage(LeNet):
    def forward(self, input):
        return super().forward(input[:1]).repeat(len(input), 1)


@chaff("Rows and columns of the image are exchanged on the way in.")
class Transposed(LeNet):
    def forward(self, input):
        return super().forward(input.transpose(2, 3))


@chaff("A batch of one image loses its batch axis: squeeze() removes every axis of size 1.")
class Squeezed(LeNet):
    def forward(self, input):
        return super().forward(input).squeeze()


@chaff("The result is the class, not the logits: what argmax gives has no gradient.")
class Classes(LeNet):
    def forward(self, input):
        return super().forward(input).argmax(dim=1)


overlapping_pooling = mistake(
    "F.max_pool2d(F.relu(self.conv1(input)), 2)",
    "F.max_pool2d(F.relu(self.conv1(input)), 3, stride=2, padding=1)",
    lesson="The first pooling's windows are 3x3 and overlap, as AlexNet's. Here they are 2x2 and lie side by side.",
)

more_channels = mistake(
    "nn.Conv2d(1, 6, 5, padding=2)",
    "nn.Conv2d(1, 8, 5, padding=2)",
    "nn.Conv2d(6, 16, 3, padding=1)",
    "nn.Conv2d(8, 16, 3, padding=1)",
    lesson="The first convolution has another number of channels than the statement's table says.",
)

normalised = mistake(
    "features = hidden.flatten(start_dim=1)",
    "features = F.layer_norm(hidden.flatten(start_dim=1), (64,))",
    lesson="The features are normalised. A later age's trick: the statement's network does not do it.",
)

circular_border = mistake(
    "nn.Conv2d(6, 16, 3, padding=1)",
    'nn.Conv2d(6, 16, 3, padding=1, padding_mode="circular")',
    lesson="The second convolution sees the opposite side of the image beyond its border. There are zeros.",
)

forced_float32 = mistake(
    "return self.linear2(hidden)",
    "return self.linear2(hidden).float()",
    lesson="The logits are float32 whatever came in. They have the input's dtype.",
)

centred_in_place = mistake(
    "        hidden = F.max_pool2d(F.relu(self.conv1(input)), 2)\n",
    "        hidden = F.max_pool2d(F.relu(self.conv1(input)), 2)\n        input.data -= input.data.mean()\n",
    lesson="The caller's images are changed. They are needed again, in the next epoch at the latest.",
)

last_bias_cut_off = mistake(
    "return self.linear2(hidden)",
    "return F.linear(hidden, self.linear2.weight, self.linear2.bias.detach())",
    lesson="The values are right, but the last layer's bias can never learn: detach() cuts it off from the graph.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"digits": 3, "other_classes": 1, "gradients": 2}


def cases(draw):
    yield Case("digits", dict(input=draw.integers(1, 1, 8, 8, low=0, high=4)), init={})
    yield Case("digits", dict(input=draw.normal(3, 1, 8, 8)), init={})
    yield Case("other_classes", dict(input=draw.normal(2, 1, 8, 8)), init=dict(num_classes=3))
    yield Case("other_classes", dict(input=draw.normal(4, 1, 8, 8)), init=dict(num_classes=1))
