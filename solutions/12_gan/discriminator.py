"""discriminator: from 8x8 pixels to one logit."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class Discriminator(nn.Module):
    def __init__(self, channels=8):
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels, 4, stride=2, padding=1)
        self.conv2 = nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(2 * channels)
        self.conv3 = nn.Conv2d(2 * channels, 1, 2)

    def forward(self, input):
        # No batch norm on the first layer: the brightness of an image is evidence too.
        hidden = F.leaky_relu(self.conv1(input), 0.2)
        hidden = F.leaky_relu(self.bn2(self.conv2(hidden)), 0.2)
        return self.conv3(hidden).flatten(1)


@wheat("one Sequential, flattened at its end")
class DiscriminatorSequential(nn.Sequential):
    def __init__(self, channels=8):
        super().__init__(
            nn.Conv2d(1, channels, kernel_size=4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, channels * 2, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(channels * 2),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels * 2, 1, kernel_size=2),
            nn.Flatten(),
        )


@wheat("the last convolution as the sum of all products: its kernel is as large as the map")
class DiscriminatorProduct(Discriminator):
    def forward(self, input):
        hidden = self.conv1(input)
        hidden = self.bn2(self.conv2(torch.where(hidden > 0, hidden, 0.2 * hidden)))
        hidden = hidden.clamp(min=0) + 0.2 * hidden.clamp(max=0)
        return hidden.flatten(1) @ self.conv3.weight.flatten(1).T + self.conv3.bias


@wheat("convolutions by unfold and einsum")
class DiscriminatorUnfold(Discriminator):
    @staticmethod
    def halve(layer, image):
        columns = F.unfold(image, 4, padding=1, stride=2)
        result = torch.einsum("ok,nkl->nol", layer.weight.flatten(1), columns)
        result = result if layer.bias is None else result + layer.bias[:, None]
        return result.unflatten(2, (image.shape[2] // 2, image.shape[3] // 2))

    def forward(self, input):
        hidden = torch.maximum(image := self.halve(self.conv1, input), 0.2 * image)
        hidden = torch.maximum(image := self.bn2(self.halve(self.conv2, hidden)), 0.2 * image)
        return self.conv3(hidden)[:, :, 0, 0]


@wheat("leaky ReLU as a mean of x and |x|; the last layer as a product over the map, summed")
class DiscriminatorMeans(nn.Module):
    def __init__(self, channels=8):
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels, 4, 2, 1)
        self.conv2 = nn.Conv2d(channels, 2 * channels, 4, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(2 * channels)
        self.last = nn.Conv2d(2 * channels, 1, 2)

    def forward(self, input):
        image = self.conv1(input)
        image = self.norm(self.conv2(0.6 * image + 0.4 * image.abs()))
        met = (0.6 * image + 0.4 * image.abs()) * self.last.weight
        return met.sum(dim=(1, 2, 3))[:, None] + self.last.bias


# ------------------------------------------------------------------------------------------------------------ chaffs

PATCHES = "Each pixel of the last map gets a logit by one set of weights. One number for the image is asked for, from a 2x2 kernel."

sigmoid_out = mistake(
    "return self.conv3(hidden).flatten(1)",
    "return torch.sigmoid(self.conv3(hidden).flatten(1))",
    lesson="You return probabilities. The sigmoid is part of the loss; here it would be applied twice.",
)

plain_relu = mistake(
    "F.leaky_relu(self.conv1(input), 0.2)",
    "F.relu(self.conv1(input))",
    "F.leaky_relu(self.bn2(self.conv2(hidden)), 0.2)",
    "F.relu(self.bn2(self.conv2(hidden)))",
    lesson="Your ReLUs do not leak: where they are 0 no gradient reaches the generator.",
)

default_slope = mistake(
    "F.leaky_relu(self.conv1(input), 0.2)",
    "F.leaky_relu(self.conv1(input))",
    "F.leaky_relu(self.bn2(self.conv2(hidden)), 0.2)",
    "F.leaky_relu(self.bn2(self.conv2(hidden)))",
    lesson="The slope is PyTorch's default of 0.01. DCGAN's is 0.2.",
)

no_first_activation = mistake(
    "F.leaky_relu(self.conv1(input), 0.2)",
    "self.conv1(input)",
    lesson="There is no activation between the first two convolutions, so together they are one linear map.",
)

no_second_activation = mistake(
    "F.leaky_relu(self.bn2(self.conv2(hidden)), 0.2)",
    "self.bn2(self.conv2(hidden))",
    lesson="There is no activation after the second convolution.",
)

activated_output = mistake(
    "return self.conv3(hidden).flatten(1)",
    "return F.leaky_relu(self.conv3(hidden).flatten(1), 0.2)",
    lesson="An activation follows the last layer. A logit can be anything, negative values included.",
)

tanh_output = mistake(
    "return self.conv3(hidden).flatten(1)",
    "return torch.tanh(self.conv3(hidden).flatten(1))",
    lesson="The output passes a tanh: a logit is not bounded. The tanh at the end is the generator's.",
)

no_norm = mistake(
    "self.bn2(self.conv2(hidden))",
    "self.conv2(hidden)",
    lesson="The batch norm is made, but never used.",
)

norm_after_activation = mistake(
    "F.leaky_relu(self.bn2(self.conv2(hidden)), 0.2)",
    "self.bn2(F.leaky_relu(self.conv2(hidden), 0.2))",
    lesson="Batch norm comes after the activation. The order is convolution, norm, activation.",
)

norm_first = mistake(
    "self.conv1 = nn.Conv2d(1, channels, 4, stride=2, padding=1)",
    "self.conv1 = nn.Sequential(\n"
    "            nn.Conv2d(1, channels, 4, stride=2, padding=1), nn.BatchNorm2d(channels)\n        )",
    lesson="The first layer is batch-normalised as well. DCGAN leaves the discriminator's first layer out.",
)

bias_before_norm = mistake(
    "nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1, bias=False)",
    "nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1)",
    lesson="The convolution before batch norm has a bias. The norm takes away any constant, so it is a parameter that does nothing.",
)

first_without_bias = mistake(
    "nn.Conv2d(1, channels, 4, stride=2, padding=1)",
    "nn.Conv2d(1, channels, 4, stride=2, padding=1, bias=False)",
    lesson="The first convolution has no bias, and no batch norm follows it that would bring one.",
)

pooled = mistake(
    "self.conv1 = nn.Conv2d(1, channels, 4, stride=2, padding=1)",
    'self.conv1 = nn.Sequential(nn.Conv2d(1, channels, 4, padding="same"), nn.MaxPool2d(2))',
    lesson="You halve the image by max pooling. DCGAN uses convolutions with a stride.",
)

global_mean = mistake(
    "self.conv3 = nn.Conv2d(2 * channels, 1, 2)",
    "self.conv3 = nn.Conv2d(2 * channels, 1, 1)",
    "return self.conv3(hidden).flatten(1)",
    "return self.conv3(hidden).mean((2, 3))",
    lesson=PATCHES,
)

four_logits = mistake(
    "self.conv3 = nn.Conv2d(2 * channels, 1, 2)",
    "self.conv3 = nn.Conv2d(2 * channels, 1, 1)",
    lesson=PATCHES,
)

not_flattened = mistake(
    ".flatten(1)",
    "",
    lesson="The result still has the two axes of the 1x1 map: (N, 1, 1, 1) instead of (N, 1).",
)

squeezed = mistake(
    ".flatten(1)",
    ".flatten()",
    lesson="The result has one axis, (N,). (N, 1) is asked for: against targets of another rank a loss would broadcast.",
)

channels_not_doubled = mistake(
    "nn.Conv2d(channels, 2 * channels, 4",
    "nn.Conv2d(channels, channels, 4",
    "nn.BatchNorm2d(2 * channels)",
    "nn.BatchNorm2d(channels)",
    "nn.Conv2d(2 * channels, 1, 2)",
    "nn.Conv2d(channels, 1, 2)",
    lesson="The number of channels stays the same. It doubles as the size halves.",
)

detached_input = mistake(
    "self.conv1(input)",
    "self.conv1(input.detach())",
    lesson="No gradient reaches the image, so a generator could learn nothing from this discriminator.",
)

always_train = mistake(
    "self.bn2(self.conv2(hidden))",
    "F.batch_norm(self.conv2(hidden), self.bn2.running_mean, self.bn2.running_var, self.bn2.weight, self.bn2.bias, True)",
    lesson="The batch norm uses the batch's statistics even in evaluation. Then an image's logit depends on the others of its batch.",
)

always_eval = mistake(
    "self.bn2(self.conv2(hidden))",
    "F.batch_norm(self.conv2(hidden), self.bn2.running_mean, self.bn2.running_var, self.bn2.weight, self.bn2.bias)",
    lesson="The batch norm uses its running statistics even in training, so they are never updated either.",
)

momentum_half = mistake(
    "nn.BatchNorm2d(2 * channels)",
    "nn.BatchNorm2d(2 * channels, momentum=0.5)",
    lesson="The running statistics move faster than PyTorch's default, which is meant where nothing is said.",
)

negated = mistake(
    "return self.conv3(hidden).flatten(1)",
    "return -self.conv3(hidden).flatten(1)",
    lesson="The sign of the logit is turned: large means real.",
)

rescaled_input = mistake(
    "self.conv1(input)",
    "self.conv1(input * 2 - 1)",
    lesson="The image is scaled on the way in. It comes scaled already.",
)

minibatch_mean = mistake(
    "return self.conv3(hidden).flatten(1)",
    "logits = self.conv3(hidden).flatten(1)\n        return logits - logits.mean()",
    lesson="The batch's mean logit is taken off, so that an image's logit depends on the others of its batch.",
)


@chaff("The image is not part of your result: every image gets the same logit.")
class IgnoresInput(Discriminator):
    def forward(self, input):
        return super().forward(torch.zeros_like(input))


@chaff(
    "Dropout was added. It may help a discriminator, but it is not in the statement, and makes its answers random."
)
class WithDropout(Discriminator):
    def forward(self, input):
        return super().forward(F.dropout(input, 0.3, self.training))


log_probability = mistake(
    "return self.conv3(hidden).flatten(1)",
    "return F.logsigmoid(self.conv3(hidden).flatten(1))",
    lesson="You return the logarithm of the probability. That is a part of the loss; a logit is asked for.",
)
logit_cut_off = mistake(
    "return self.conv3(hidden).flatten(1)",
    "return self.conv3(hidden).flatten(1).clamp(-10, 10)",
    lesson="Logits are cut off. Beyond the cut no gradient reaches the generator; the loss can take any logit.",
)
half_leaky = mistake(
    "F.leaky_relu(self.bn2(self.conv2(hidden)), 0.2)",
    "F.relu(self.bn2(self.conv2(hidden)))",
    lesson="The second ReLU does not leak. Both do, so that a gradient gets through everywhere.",
)
instance_norm = mistake(
    "nn.BatchNorm2d(2 * channels)",
    "nn.InstanceNorm2d(2 * channels, affine=True, track_running_stats=True)",
    lesson="Each image is normalised by its own mean and variance. Batch norm takes those of the whole batch.",
)
reflected = mistake(
    "self.conv1 = nn.Conv2d(1, channels, 4, stride=2, padding=1)",
    'self.conv1 = nn.Conv2d(1, channels, 4, stride=2, padding=1, padding_mode="reflect")',
    lesson="The border mirrors the image. Zeros are meant where nothing is said.",
)
standardised = mistake(
    "self.conv1(input)",
    "self.conv1((input - input.mean((2, 3), keepdim=True)) / (input.std((2, 3), keepdim=True) + 1e-5))",
    lesson="Each image is standardised on the way in. Brightness and contrast are evidence too.",
)
channels_last = mistake(
    "return self.conv3(hidden).flatten(1)",
    "return hidden.permute(0, 2, 3, 1).flatten(1) @ self.conv3.weight.flatten(1).T + self.conv3.bias",
    lesson="The numbers of the map are laid out channels last, the kernel's channels first: they meet in the wrong order.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"logits": 3, "gradients": 2}
# Next to eps, batch norm makes constants of tiny inputs, whose gradients are rounding errors of 0.
SKIP_FORMS = ("tiny", "zero")


def cases(draw):
    for batch, channels in ((2, 1), (3, 2), (4, 5)):
        yield Case("logits", dict(input=draw.normal(batch, 1, 8, 8)), init=dict(channels=channels))
    # One bright image among many dark ones: its logit is large.
    images = draw.normal(100, 1, 8, 8)
    images[0] *= 100
    yield Case("logits", dict(input=images), init=dict(channels=2))
    yield Case("logits", dict(input=draw.uniform(3, 1, 8, 8, low=-1.0)), init={})
