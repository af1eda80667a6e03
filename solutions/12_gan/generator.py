"""generator: from one pixel with many channels to 8x8 pixels with one."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class Generator(nn.Module):
    def __init__(self, noise_size=16, channels=8):
        super().__init__()
        # Sizes: (1 - 1)*1 + 2 = 2, then (2 - 1)*2 + 4 - 2 = 4, then (4 - 1)*2 + 4 - 2 = 8.
        self.conv1 = nn.ConvTranspose2d(noise_size, 2 * channels, 2, bias=False)
        self.bn1 = nn.BatchNorm2d(2 * channels)
        self.conv2 = nn.ConvTranspose2d(2 * channels, channels, 4, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1)

    def forward(self, noise):
        image = noise[:, :, None, None]
        image = F.relu(self.bn1(self.conv1(image)))
        image = F.relu(self.bn2(self.conv2(image)))
        # Batch norm on the output would give every batch the same mean and spread; tanh only bounds the pixels.
        return torch.tanh(self.conv3(image))


@wheat("one Sequential behind an Unflatten")
class GeneratorSequential(nn.Sequential):
    def __init__(self, noise_size=16, channels=8):
        super().__init__(
            nn.Unflatten(1, (noise_size, 1, 1)),
            nn.ConvTranspose2d(noise_size, channels * 2, kernel_size=2, stride=1, bias=False),
            nn.BatchNorm2d(channels * 2),
            nn.ReLU(),
            nn.ConvTranspose2d(channels * 2, channels, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.ConvTranspose2d(channels, 1, kernel_size=4, stride=2, padding=1),
            nn.Tanh(),
        )


@wheat("the first layer as a matrix product: on one pixel a transposed convolution is a linear layer")
class GeneratorProduct(Generator):
    def forward(self, noise):
        kernel = self.conv1.weight
        image = (noise @ kernel.flatten(1)).reshape(len(noise), *kernel.shape[1:])
        image = self.bn2(self.conv2(self.bn1(image).clamp(min=0))).clamp(min=0)
        # tanh(x) = 2 sigmoid(2x) - 1
        return 2 * torch.sigmoid(2 * self.conv3(image)) - 1


@wheat("each transposed convolution as matrix product and fold")
class GeneratorFold(Generator):
    @staticmethod
    def grow(layer, image, size):
        columns = torch.einsum("nil,ik->nkl", image.flatten(2), layer.weight.flatten(1))
        folded = F.fold(columns, size, layer.kernel_size, padding=layer.padding[0], stride=layer.stride[0])
        return folded if layer.bias is None else folded + layer.bias[:, None, None]

    def forward(self, noise):
        image = noise.reshape(*noise.shape, 1, 1)
        image = torch.relu(self.bn1(self.grow(self.conv1, image, (2, 2))))
        image = torch.relu(self.bn2(self.grow(self.conv2, image, (4, 4))))
        return torch.tanh(self.grow(self.conv3, image, (8, 8)))


@wheat("zeros between the pixels, then an ordinary convolution with the mirrored kernel")
class GeneratorStuffed(Generator):
    @staticmethod
    def grow(layer, image):
        (s, _), (k, _), (p, _) = layer.stride, layer.kernel_size, layer.padding
        spread = image.new_zeros(*image.shape[:2], *((size - 1) * s + 1 for size in image.shape[2:]))
        spread[:, :, ::s, ::s] = image
        return F.conv2d(spread, layer.weight.flip(2, 3).transpose(0, 1), layer.bias, padding=k - 1 - p)

    def forward(self, noise):
        image = noise[..., None, None]
        image = self.bn1(self.grow(self.conv1, image)).relu()
        image = self.bn2(self.grow(self.conv2, image)).relu()
        return self.grow(self.conv3, image).tanh()


# ------------------------------------------------------------------------------------------------------------ chaffs

RANDOM = (
    "Chance has a say in your images: you draw noise of your own, or drop some numbers out. The noise is an argument, so that "
    "an image can be made again."
)
KERNELS = (
    "A kernel has another size. With a stride of 2 the copies of a 3x3 kernel overlap unevenly, and those of a 2x2 kernel not at "
    "all; the statement's is a multiple of the stride, and larger."
)

no_tanh = mistake(
    "return torch.tanh(self.conv3(image))",
    "return self.conv3(image)",
    lesson="The tanh at the end is missing: pixels can have any value.",
)

sigmoid_out = mistake(
    "torch.tanh(self.conv3(image))",
    "torch.sigmoid(self.conv3(image))",
    lesson="The output passes a sigmoid, so pixels lie between 0 and 1. Real images are scaled to -1 ... 1, and tanh gives that.",
)

relu_out = mistake(
    "torch.tanh(self.conv3(image))",
    "torch.tanh(F.relu(self.conv3(image)))",
    lesson="A ReLU before the tanh: no pixel can be darker than 0.",
)

no_first_relu = mistake(
    "F.relu(self.bn1(self.conv1(image)))",
    "self.bn1(self.conv1(image))",
    lesson="The ReLU after the first batch norm is missing.",
)

no_second_relu = mistake(
    "F.relu(self.bn2(self.conv2(image)))",
    "self.bn2(self.conv2(image))",
    lesson="The ReLU after the second batch norm is missing.",
)

leaky = mistake(
    "image = F.relu(self.bn1(self.conv1(image)))",
    "image = F.leaky_relu(self.bn1(self.conv1(image)), 0.2)",
    "image = F.relu(self.bn2(self.conv2(image)))",
    "image = F.leaky_relu(self.bn2(self.conv2(image)), 0.2)",
    lesson="Leaky ReLU is the discriminator's. DCGAN's generator has plain ReLUs.",
)

no_first_norm = mistake(
    "self.bn1(self.conv1(image))",
    "self.conv1(image)",
    lesson="The first batch norm is made, but never used.",
)

no_second_norm = mistake(
    "self.bn2(self.conv2(image))",
    "self.conv2(image)",
    lesson="The second batch norm is made, but never used.",
)

norm_after_relu = mistake(
    "F.relu(self.bn2(self.conv2(image)))",
    "self.bn2(F.relu(self.conv2(image)))",
    lesson="Batch norm comes after the ReLU. The order is convolution, norm, ReLU.",
)

norm_at_the_end = mistake(
    "self.conv3 = nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1)",
    "self.conv3 = nn.Sequential(\n"
    "            nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1), nn.BatchNorm2d(1)\n        )",
    lesson="The output is batch-normalised. Then every batch has the same brightness and contrast; DCGAN leaves the last layer out.",
)

biases_everywhere = mistake(
    "nn.ConvTranspose2d(noise_size, 2 * channels, 2, bias=False)",
    "nn.ConvTranspose2d(noise_size, 2 * channels, 2)",
    lesson="A layer that batch norm follows has a bias. The norm takes away any constant, so it is a parameter that does nothing.",
)

last_without_bias = mistake(
    "self.conv3 = nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1)",
    "self.conv3 = nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1, bias=False)",
    lesson="The last layer has no bias. No batch norm follows it, so the image's brightness has no parameter of its own.",
)

upsampled = mistake(
    "self.conv2 = nn.ConvTranspose2d(2 * channels, channels, 4, stride=2, padding=1, bias=False)",
    "self.conv2 = nn.Sequential(\n"
    "            nn.Upsample(scale_factor=2), nn.Conv2d(2 * channels, channels, 3, padding=1, bias=False)\n        )",
    lesson="Upsampling and a convolution give the right size too, but are another layer with another kernel.",
)

channels_kept = mistake(
    "self.conv1 = nn.ConvTranspose2d(noise_size, 2 * channels, 2, bias=False)",
    "self.conv1 = nn.ConvTranspose2d(noise_size, channels, 2, bias=False)",
    "self.bn1 = nn.BatchNorm2d(2 * channels)",
    "self.bn1 = nn.BatchNorm2d(channels)",
    "nn.ConvTranspose2d(2 * channels, channels, 4",
    "nn.ConvTranspose2d(channels, channels, 4",
    lesson="The number of channels does not shrink: it starts with 2 * channels and halves as the size doubles.",
)

noise_size_fixed = mistake(
    "nn.ConvTranspose2d(noise_size, 2 * channels",
    "nn.ConvTranspose2d(16, 2 * channels",
    lesson="The noise's size is fixed. It is an argument of the constructor.",
)

small_image = mistake(
    "self.conv1 = nn.ConvTranspose2d(noise_size, 2 * channels, 2, bias=False)",
    "self.conv1 = nn.ConvTranspose2d(noise_size, 2 * channels, 1, bias=False)",
    lesson="The first kernel is 1x1, so that the image comes out as 4x4.",
)

three_by_three = mistake(
    "self.conv3 = nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1)",
    "self.conv3 = nn.ConvTranspose2d(channels, 1, 3, stride=2, padding=1, output_padding=1)",
    lesson=KERNELS,
)

transposed_pixels = mistake(
    "torch.tanh(self.conv3(image))",
    "torch.tanh(self.conv3(image)).transpose(2, 3)",
    lesson="Rows and columns of the images are exchanged.",
)

detached_noise = mistake(
    "image = noise[:, :, None, None]",
    "image = noise.detach()[:, :, None, None]",
    lesson="The graph is cut at the noise: nobody could search for the noise that makes a given image.",
)

always_eval = mistake(
    "self.bn2(self.conv2(image))",
    "F.batch_norm(self.conv2(image), self.bn2.running_mean, self.bn2.running_var, self.bn2.weight, self.bn2.bias)",
    lesson="One batch norm uses its running statistics even in training, so they are never updated either.",
)

always_train = mistake(
    "self.bn1(self.conv1(image))",
    "F.batch_norm(self.conv1(image), self.bn1.running_mean, self.bn1.running_var, self.bn1.weight, self.bn1.bias, True)",
    lesson="One batch norm uses the batch's statistics even in evaluation. Then an image depends on the others of its batch.",
)

momentum_half = mistake(
    "self.bn2 = nn.BatchNorm2d(channels)",
    "self.bn2 = nn.BatchNorm2d(channels, momentum=0.5)",
    lesson="The running statistics move faster than PyTorch's default, which is meant where nothing is said.",
)

eps_large = mistake(
    "self.bn1 = nn.BatchNorm2d(2 * channels)",
    "self.bn1 = nn.BatchNorm2d(2 * channels, eps=0.8)",
    lesson="A batch norm has an eps of its own (0.8, copied from an old listing). The default is meant where nothing is said.",
)

scaled_noise = mistake(
    "image = noise[:, :, None, None]",
    "image = F.normalize(noise, dim=1)[:, :, None, None]",
    lesson="The noise is scaled to unit length before it enters. The statement takes it as it is.",
)


@chaff("The noise is not part of your result: every image is the same.")
class IgnoresNoise(Generator):
    def forward(self, noise):
        return super().forward(torch.ones_like(noise))


@chaff(RANDOM)
class OwnNoise(Generator):
    def forward(self, noise):
        return super().forward(torch.randn_like(noise))


@chaff("All images of a batch are made from the first row of the noise.")
class FirstNoise(Generator):
    def forward(self, noise):
        return super().forward(noise[:1].expand_as(noise) + 0 * noise)


cut_off = mistake(
    "torch.tanh(self.conv3(image))",
    "self.conv3(image).clamp(-1, 1)",
    lesson="Pixels are cut off at -1 and 1. Beyond the cut no gradient is left to bring them back; tanh bends smoothly.",
)
zero_to_one = mistake(
    "torch.tanh(self.conv3(image))",
    "(torch.tanh(self.conv3(image)) + 1) / 2",
    lesson="The tanh is shifted to 0 ... 1, fit for showing. Real images are scaled to -1 ... 1, and fakes must be too.",
)
cropped_corner = mistake(
    "self.conv3 = nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1)",
    "self.conv3 = nn.ConvTranspose2d(channels, 1, 4, stride=2)",
    "torch.tanh(self.conv3(image))",
    "torch.tanh(self.conv3(image)[:, :, :8, :8])",
    lesson="Of the image without padding you keep the upper left part. Padding takes a row and a column off every side.",
)
no_overlap = mistake(
    "self.conv2 = nn.ConvTranspose2d(2 * channels, channels, 4, stride=2, padding=1, bias=False)",
    "self.conv2 = nn.ConvTranspose2d(2 * channels, channels, 2, stride=2, bias=False)",
    lesson=KERNELS,
)
instance_norm = mistake(
    "self.bn2 = nn.BatchNorm2d(channels)",
    "self.bn2 = nn.InstanceNorm2d(channels, affine=True, track_running_stats=True)",
    lesson="Each image is normalised by its own mean and variance. Batch norm takes those of the whole batch.",
)


@chaff(
    "forward() puts the module in training mode. The mode is the caller's choice, and must be obeyed and left alone."
)
class ForcesTraining(Generator):
    def forward(self, noise):
        self.train()
        return super().forward(noise)


@chaff(RANDOM)
class WithDropout(Generator):
    def forward(self, noise):
        image = F.relu(self.bn1(self.conv1(noise[:, :, None, None])))
        image = F.dropout(F.relu(self.bn2(self.conv2(image))), 0.3, self.training)
        return torch.tanh(self.conv3(image))


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"images": 3, "gradients": 2}
# Next to eps, batch norm makes constants of tiny inputs; with zero noise every image is the same.
SKIP_FORMS = ("tiny", "zero")


def cases(draw):
    def case(batch, noise_size, channels):
        init = dict(noise_size=noise_size, channels=channels)
        return Case("images", dict(noise=draw.normal(batch, noise_size)), init=init)

    yield case(3, 1, 1)
    yield case(4, 3, 2)
    yield Case("images", dict(noise=draw.normal(2, 16)), init={})
    yield case(5, 7, 3)
