"""small_resnet: residual blocks in stages, between a stem and a head."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class SmallResNet(nn.Module):
    class Block(nn.Module):
        def __init__(self, in_channels, out_channels, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(out_channels)
            self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(out_channels)
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

    def __init__(self, in_channels, num_classes, width=16, blocks=1):
        super().__init__()
        self.stem = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        # Halving the side quarters the positions, doubling the channels quadruples the products at each: every stage
        # costs the same.
        self.stages = nn.Sequential(
            self.stage(width, width, 1, blocks),
            self.stage(width, 2 * width, 2, blocks),
            self.stage(2 * width, 4 * width, 2, blocks),
        )
        self.head = nn.Linear(4 * width, num_classes)

    def stage(self, in_channels, out_channels, stride, blocks):
        first = self.Block(in_channels, out_channels, stride)
        rest = [self.Block(out_channels, out_channels, 1) for _ in range(blocks - 1)]
        return nn.Sequential(first, *rest)

    def forward(self, input):
        hidden = F.relu(self.norm(self.stem(input)))
        hidden = self.stages(hidden)
        features = hidden.mean(dim=(2, 3))
        return self.head(features)


@wheat("one flat Sequential of layers and of blocks that add, ended by AdaptiveAvgPool2d, Flatten and Linear")
class SmallResNetSequential(nn.Module):
    class Add(nn.Module):
        def __init__(self, before, after, stride):
            super().__init__()
            self.main = nn.Sequential(
                nn.Conv2d(before, after, 3, stride, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
                nn.Conv2d(after, after, 3, 1, 1, bias=False),
                nn.BatchNorm2d(after),
            )
            self.side = None
            if stride > 1 or before != after:
                self.side = nn.Sequential(
                    nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
                )

        def forward(self, input):
            return (self.main(input) + (input if self.side is None else self.side(input))).relu()

    def __init__(self, in_channels, num_classes, width=16, blocks=1):
        super().__init__()
        layers = [nn.Conv2d(in_channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        before = width
        for stage in range(3):
            for block in range(blocks):
                after = width * 2**stage
                layers.append(self.Add(before, after, 2 if stage and not block else 1))
                before = after
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, num_classes)]
        self.net = nn.Sequential(*layers)

    def forward(self, input):
        return self.net(input)


@wheat("the head first and the pooling after it: a linear layer and a mean may change places")
class SmallResNetHeadFirst(SmallResNet):
    def forward(self, input):
        hidden = self.stages(self.norm(self.stem(input)).clamp(min=0))
        return torch.einsum("nchw,kc->nkhw", hidden, self.head.weight).mean((2, 3)) + self.head.bias


@wheat("strides by slicing and 1x1 convolutions by einsum, in one loop over the blocks")
class SmallResNetSlices(SmallResNet):
    def forward(self, input):
        value = torch.relu(self.norm(self.stem(input)))
        for stage in self.stages:
            for block in stage:
                step = block.conv1.stride[0]
                kept = value
                if not isinstance(block.shortcut, nn.Identity):
                    mix, norm = block.shortcut
                    small = value[:, :, ::step, ::step]
                    kept = norm(torch.einsum("nchw,oc->nohw", small, mix.weight.flatten(1)))
                hidden = F.conv2d(value, block.conv1.weight, padding=1)[:, :, ::step, ::step]
                hidden = torch.relu(block.bn1(hidden))
                value = torch.relu(block.bn2(block.conv2(hidden)) + kept)
        return self.head(F.adaptive_avg_pool2d(value, 1).flatten(1))


@wheat("all layers in two flat lists, kernels and norms; blocks are read off by position")
class SmallResNetLists(nn.Module):
    def __init__(self, in_channels, num_classes, width=16, blocks=1):
        super().__init__()
        self.norms, self.kernels = nn.ModuleList(), nn.ModuleList()
        self.add(in_channels, width, 3, 1)
        self.plan = []
        before = width
        for stage, after in enumerate((width, 2 * width, 4 * width)):
            for block in range(blocks):
                step = 2 if stage > 0 and block == 0 else 1
                first = self.add(before, after, 3, step)
                second = self.add(after, after, 3, 1)
                side = self.add(before, after, 1, step) if step == 2 else None
                self.plan.append((first, second, side))
                before = after
        self.out = nn.Conv2d(before, num_classes, 1)
        self.out.weight = nn.Parameter(self.out.weight.detach().flatten(1))

    def add(self, before, after, size, step):
        self.kernels.append(nn.Conv2d(before, after, size, step, size // 2, bias=False))
        self.norms.append(nn.BatchNorm2d(after))
        return len(self.norms) - 1

    def normed(self, at, value):
        return self.norms[at](self.kernels[at](value))

    def forward(self, input):
        value = self.normed(0, input).relu()
        for first, second, side in self.plan:
            kept = value if side is None else self.normed(side, value)
            value = (self.normed(second, self.normed(first, value).relu()) + kept).relu()
        features = value.flatten(2).sum(2) / value[0, 0].numel()
        return torch.addmm(self.out.bias, features, self.out.weight.T)


# ------------------------------------------------------------------------------------------------------------ chaffs

softmax_at_the_end = mistake(
    "return self.head(features)",
    "return self.head(features).softmax(dim=1)",
    lesson="The result passed a softmax. Losses and argmax work on logits, and cross-entropy would apply it a second time.",
)

relu_on_logits = mistake(
    "return self.head(features)",
    "return F.relu(self.head(features))",
    lesson="The logits pass a ReLU. They must be free to be negative.",
)

max_pool_head = mistake(
    "hidden.mean(dim=(2, 3))",
    "hidden.amax(dim=(2, 3))",
    lesson="The head takes the largest value of each map. The statement asks for the mean.",
)

sum_pool_head = mistake(
    "hidden.mean(dim=(2, 3))",
    "hidden.sum(dim=(2, 3))",
    lesson="The head sums over the positions. Then features grow with the size of the image; take the mean.",
)

mean_of_rows = mistake(
    "hidden.mean(dim=(2, 3))",
    "hidden.mean(dim=3)[:, :, 0]",
    lesson="The head averages one row only. Every position belongs to the mean.",
)

center_pixel = mistake(
    "hidden.mean(dim=(2, 3))",
    "hidden[:, :, hidden.shape[2] // 2, hidden.shape[3] // 2]",
    lesson="The head looks at one position only. The mean over all positions is asked for.",
)

no_stem_relu = mistake(
    "hidden = F.relu(self.norm(self.stem(input)))",
    "hidden = self.norm(self.stem(input))",
    lesson="The stem's ReLU is missing.",
)

no_stem_norm = mistake(
    "hidden = F.relu(self.norm(self.stem(input)))",
    "hidden = F.relu(self.stem(input))",
    lesson="The stem's batch norm is made but never used.",
)

stem_norm_after_relu = mistake(
    "hidden = F.relu(self.norm(self.stem(input)))",
    "hidden = self.norm(F.relu(self.stem(input)))",
    lesson="In the stem, batch norm comes after the ReLU. The order is convolution, norm, ReLU.",
)

strided_stem = mistake(
    "nn.Conv2d(in_channels, width, 3, padding=1, bias=False)",
    "nn.Conv2d(in_channels, width, 3, stride=2, padding=1, bias=False)",
    lesson="The stem has a stride of 2. It keeps the size; only stages 2 and 3 halve it.",
)

stem_without_padding = mistake(
    "nn.Conv2d(in_channels, width, 3, padding=1, bias=False)",
    "nn.Conv2d(in_channels, width, 3, bias=False)",
    lesson="The stem's convolution has no padding, so the image loses its border.",
)

no_stride_at_all = mistake(
    "self.stage(width, 2 * width, 2, blocks)",
    "self.stage(width, 2 * width, 1, blocks)",
    "self.stage(2 * width, 4 * width, 2, blocks)",
    "self.stage(2 * width, 4 * width, 1, blocks)",
    lesson="No stage makes the image smaller. Stages 2 and 3 begin with a stride of 2.",
)

last_stage_not_strided = mistake(
    "self.stage(2 * width, 4 * width, 2, blocks)",
    "self.stage(2 * width, 4 * width, 1, blocks)",
    lesson="The third stage does not halve the size. Stages 2 and 3 both begin with a stride of 2.",
)

first_stage_strided = mistake(
    "self.stage(width, width, 1, blocks)",
    "self.stage(width, width, 2, blocks)",
    lesson="The first stage has a stride of 2, and so a projection nobody asked for. It keeps the stem's shape.",
)

every_block_strided = mistake(
    "[self.Block(out_channels, out_channels, 1) for _ in range(blocks - 1)]",
    "[self.Block(out_channels, out_channels, stride) for _ in range(blocks - 1)]",
    lesson="Every block of a stage has the stage's stride. Only its first one does.",
)

one_block_only = mistake(
    "return nn.Sequential(first, *rest)",
    "return nn.Sequential(first)",
    lesson="Each stage has one block, whatever `blocks` says.",
)

one_block_too_many = mistake(
    "range(blocks - 1)",
    "range(blocks)",
    lesson="Each stage has one block too many: the first counts too.",
)

shared_blocks = mistake(
    "        rest = [self.Block(out_channels, out_channels, 1) for _ in range(blocks - 1)]\n",
    "        rest = [self.Block(out_channels, out_channels, 1)] * (blocks - 1)\n",
    lesson="A stage repeats one block object: [block] * n holds the same layers n times, so they share their weights.",
)

width_not_doubled = mistake(
    "self.stage(2 * width, 4 * width, 2, blocks)",
    "self.stage(2 * width, 2 * width, 2, blocks)",
    "nn.Linear(4 * width, num_classes)",
    "nn.Linear(2 * width, num_classes)",
    lesson="The third stage does not widen. Each halving of the size doubles the channels.",
)

ten_classes = mistake(
    "nn.Linear(4 * width, num_classes)",
    "nn.Linear(4 * width, 10)",
    lesson="The head always has 10 classes, whatever num_classes says.",
)

head_without_bias = mistake(
    "nn.Linear(4 * width, num_classes)",
    "nn.Linear(4 * width, num_classes, bias=False)",
    lesson="The head has no bias. No batch norm follows it, so its bias matters.",
)

no_shortcut = mistake(
    "residual + self.shortcut(input)",
    "residual + 0 * self.shortcut(input)",
    lesson="The blocks never add their input: this is a plain network. The additions are what lets gradients reach the stem.",
)

no_block_relu = mistake(
    "hidden = F.relu(self.bn1(self.conv1(input)))",
    "hidden = self.bn1(self.conv1(input))",
    lesson="There is no ReLU between a block's two convolutions, so together they are one linear map.",
)

no_relu_after_addition = mistake(
    "return F.relu(residual + self.shortcut(input))",
    "return residual + self.shortcut(input)",
    lesson="The ReLU after a block's addition is missing.",
)

relu_before_addition = mistake(
    "F.relu(residual + self.shortcut(input))",
    "F.relu(residual) + self.shortcut(input)",
    lesson="A block's last ReLU comes before the addition. Then a residual can only ever add, never subtract.",
)

one_norm_for_both = mistake(
    "self.bn2(self.conv2(hidden))",
    "self.bn1(self.conv2(hidden))",
    lesson="Both convolutions of a block share one batch norm. Their statistics differ, so each needs its own.",
)

detached_stem = mistake(
    "hidden = self.stages(hidden)",
    "hidden = self.stages(hidden.detach())",
    lesson="The values are right, but no gradient reaches the stem: detach() cuts it off from the graph.",
)

frozen_head = mistake(
    "return self.head(features)",
    "with torch.no_grad():\n            constant = self.head.weight.clone()\n"
    "        return F.linear(features, constant, self.head.bias)",
    lesson="The values are right, but the head's weight can never learn: a copy made under no_grad() stands in for it.",
)

stem_always_trains = mistake(
    "self.norm(self.stem(input))",
    "F.batch_norm(self.stem(input), self.norm.running_mean, self.norm.running_var, self.norm.weight, self.norm.bias, True)",
    lesson="The stem's batch norm uses the batch's statistics even in evaluation. Then an image's result depends on its neighbours.",
)


@chaff("The batch is averaged away: every image gets the same logits.")
class BatchMean(SmallResNet):
    def forward(self, input):
        logits = super().forward(input)
        return logits.mean(0, keepdim=True).expand_as(logits)


pool_after_stem = mistake(
    "hidden = self.stages(hidden)",
    "hidden = self.stages(F.max_pool2d(hidden, 3, stride=2, padding=1))",
    lesson="A max pooling follows the stem, as in ResNets for large photographs. For small images the stem keeps the size.",
)

width_added = mistake(
    "self.stage(2 * width, 4 * width, 2, blocks)",
    "self.stage(2 * width, 3 * width, 2, blocks)",
    "nn.Linear(4 * width, num_classes)",
    "nn.Linear(3 * width, num_classes)",
    lesson="The third stage has 3 * width channels. Each halving of the size doubles the channels: width, 2 * width, 4 * width.",
)

fixed_window = mistake(
    "hidden.mean(dim=(2, 3))",
    "F.avg_pool2d(hidden, 2)[:, :, 0, 0]",
    lesson="The head averages a window of fixed size. The last map is as large as the image makes it; the mean is over all of it.",
)

dropout_in_the_head = mistake(
    "return self.head(features)",
    "return self.head(F.dropout(features, 0.2, self.training))",
    lesson="Dropout was not asked for: in training the same images give other logits each time.",
)

input_standardised = mistake(
    "self.norm(self.stem(input))",
    "self.norm(self.stem((input - input.mean()) / (input.std() + 1e-5)))",
    lesson="The batch is standardised on the way in, so that an image's result depends on its neighbours even in evaluation.",
)

identity_left_out = mistake(
    "return F.relu(residual + self.shortcut(input))",
    "kept = 0 if isinstance(self.shortcut, nn.Identity) else self.shortcut(input)\n"
    "            return F.relu(residual + kept)",
    lesson="Only projected shortcuts are added. Where the shapes agree the input is added as it is.",
)


@chaff(
    "Where a stage changes the shape, its first block has no shortcut at all. There a 1x1 convolution makes the shapes agree."
)
class NoProjections(SmallResNet):
    def __init__(self, in_channels, num_classes, width=16, blocks=1):
        super().__init__(in_channels, num_classes, width, blocks)
        for stage in list(self.stages)[1:]:
            stage[0].shortcut = None

    def forward(self, input):
        value = F.relu(self.norm(self.stem(input)))
        for stage in self.stages:
            for block in stage:
                kept = 0 if block.shortcut is None else value
                hidden = F.relu(block.bn1(block.conv1(value)))
                value = F.relu(block.bn2(block.conv2(hidden)) + kept)
        return self.head(value.mean(dim=(2, 3)))


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_block_each": 3, "more_blocks": 2, "gradients": 2}
# Next to eps, batch norm makes constants of tiny inputs, whose gradients are rounding errors of 0.
SKIP_FORMS = ("tiny",)


def cases(draw):
    def net(check, *sizes, **init):
        return Case(check, dict(input=draw.normal(*sizes)), init=init)

    yield net("one_block_each", 3, 1, 5, 6, in_channels=1, num_classes=3, width=1)
    # The width and the number of blocks that nobody names. So many ReLUs have too often an input next to zero.
    yield Case(
        "one_block_each",
        dict(input=draw.normal(2, 1, 4, 5)),
        dict(in_channels=1, num_classes=2),
        smooth=False,
    )
    yield net("one_block_each", 4, 2, 8, 7, in_channels=2, num_classes=5, width=2)
    yield net("more_blocks", 4, 1, 5, 8, in_channels=1, num_classes=10, width=2, blocks=3)
    yield net("more_blocks", 4, 3, 9, 8, in_channels=3, num_classes=4, width=2, blocks=2)
