"""self_attention2d: queries meet keys, and gather values."""

import math

import torch
from torch import nn

from grader.author import Case, chaff, mistake, wheat


class SelfAttention2d(nn.Module):
    def __init__(self, channels, key_channels):
        super().__init__()
        self.query = nn.Conv2d(channels, key_channels, 1, bias=False)
        self.key = nn.Conv2d(channels, key_channels, 1, bias=False)
        self.value = nn.Conv2d(channels, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, input):
        # Positions in one axis: (N, D, L), (N, D, L) and (N, C, L).
        q, k, v = (layer(input).flatten(2) for layer in (self.query, self.key, self.value))
        scores = torch.einsum("ndi,ndj->nij", q, k) / math.sqrt(q.shape[1])
        # Each position i shares one unit of attention among all positions j.
        weights = scores.softmax(dim=2)
        gathered = torch.einsum("nij,ncj->nci", weights, v)
        return input + self.gamma * gathered.reshape(input.shape)


@wheat("linear layers on positions as rows, batched matrix products")
class SelfAttention2dLinear(nn.Module):
    def __init__(self, channels, key_channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))
        self.query = nn.Linear(channels, key_channels, bias=False)
        self.key = nn.Linear(channels, key_channels, bias=False)
        self.value = nn.Linear(channels, channels, bias=False)

    def forward(self, input):
        rows = input.flatten(2).transpose(1, 2)
        q, k, v = self.query(rows) / self.query.out_features**0.5, self.key(rows), self.value(rows)
        gathered = torch.softmax(torch.bmm(q, k.transpose(1, 2)), dim=-1) @ v
        return input + self.gamma * gathered.transpose(1, 2).unflatten(2, input.shape[2:])


@wheat("the values mixed after the gathering, which is the same; the softmax written out")
class SelfAttention2dLate(SelfAttention2d):
    def forward(self, input):
        flat = input.flatten(2)
        mix = self.query.weight[:, :, 0, 0].T @ self.key.weight[:, :, 0, 0]
        scores = flat.transpose(1, 2) @ mix @ flat / self.query.out_channels**0.5
        powers = torch.exp(scores - scores.amax(dim=2, keepdim=True))
        gathered = flat @ (powers / powers.sum(dim=2, keepdim=True)).transpose(1, 2)
        return input + self.gamma * self.value(gathered.reshape(input.shape))


@wheat("one position after the other")
class SelfAttention2dLoop(SelfAttention2d):
    def forward(self, input):
        q, k, v = self.query(input).flatten(2), self.key(input).flatten(2), self.value(input).flatten(2)
        columns = []
        for position in range(q.shape[2]):
            scores = (q[:, :, position, None] * k).sum(dim=1) / math.sqrt(q.shape[1])
            columns.append((v * scores.softmax(dim=1)[:, None]).sum(dim=2))
        return torch.stack(columns, dim=2).reshape(input.shape) * self.gamma + input


@wheat("rows and columns stay axes of their own: weights with four axes of positions")
class SelfAttention2dAxes(SelfAttention2d):
    def forward(self, input):
        q, k, v = self.query(input), self.key(input), self.value(input)
        scores = torch.einsum("ndhw,ndyx->nhwyx", q, k) * q.shape[1] ** -0.5
        weights = torch.exp(scores - scores.logsumexp(dim=(3, 4), keepdim=True))
        return torch.addcmul(input, self.gamma, torch.einsum("nhwyx,ncyx->nchw", weights, v))


# ------------------------------------------------------------------------------------------------------------ chaffs

no_scaling = mistake(
    " / math.sqrt(q.shape[1])",
    "",
    lesson="The scores are not divided by the square root of key_channels: with many of them the softmax picks a single position.",
)
scaled_by_channels = mistake(
    "math.sqrt(q.shape[1])",
    "math.sqrt(v.shape[1])",
    lesson="The scores are scaled by the number of channels. What the product sums over are the key_channels.",
)
scaled_by_positions = mistake(
    "math.sqrt(q.shape[1])",
    "math.sqrt(q.shape[2])",
    lesson="The scores are scaled by the number of positions. What the product sums over are the key_channels.",
)
divided_fully = mistake(
    "/ math.sqrt(q.shape[1])",
    "/ q.shape[1]",
    lesson="The scores are divided by key_channels instead of its square root.",
)
multiplied = mistake(
    "/ math.sqrt(q.shape[1])",
    "* math.sqrt(q.shape[1])",
    lesson="The scores are multiplied by the root instead of divided.",
)
over_queries = mistake(
    "scores.softmax(dim=2)",
    "scores.softmax(dim=1)",
    lesson="The softmax runs over the positions that look, not over those looked at: a position's weights do not sum to 1.",
)
over_batch = mistake(
    "scores.softmax(dim=2)",
    "scores.softmax(dim=0)",
    lesson="The softmax runs over the images of the batch.",
)
over_everything = mistake(
    "scores.softmax(dim=2)",
    "scores.flatten(1).softmax(dim=1).view_as(scores)",
    lesson="The softmax runs over all pairs of positions. Each position shares out its own unit of attention.",
)
sigmoid = mistake(
    "scores.softmax(dim=2)",
    "scores.sigmoid()",
    lesson="The weights are sigmoids. Then they do not sum to 1, and the result grows with the image.",
)
no_softmax = mistake(
    "scores.softmax(dim=2)",
    "scores / scores.shape[2]",
    lesson="There is no softmax: weights can be negative.",
)
no_residual = mistake(
    "return input + self.gamma",
    "return self.gamma",
    lesson="The input is not added, so at first, with gamma 0, the block gives nothing at all.",
)
gamma_on_input = mistake(
    "return input + self.gamma * gathered.reshape(input.shape)",
    "return self.gamma * input + gathered.reshape(input.shape)",
    lesson="gamma multiplies the input instead of what was gathered.",
)
no_gamma = mistake(
    "self.gamma * gathered",
    "(1 + 0 * self.gamma) * gathered",
    lesson="gamma has no effect.",
)
blended = mistake(
    "return input + self.gamma * gathered.reshape(input.shape)",
    "return (1 - self.gamma) * input + self.gamma * gathered.reshape(input.shape)",
    lesson="You blend input and attention. The input stays whole, and attention is added to it.",
)
transposed_gather = mistake(
    '"nij,ncj->nci"',
    '"nji,ncj->nci"',
    lesson="The weights are used the wrong way round: each position sends its value along its own query's weights.",
)
keys_as_values = mistake(
    "(self.query, self.key, self.value)",
    "(self.query, self.query, self.value)",
    lesson="The queries also serve as keys, so that the key layer is never used and every score is symmetric.",
)
raw_values = mistake(
    '"nij,ncj->nci", weights, v)',
    '"nij,ncj->nci", weights, input.flatten(2)) + 0 * v',
    lesson="The input itself is gathered. The values come from a layer of their own.",
)
own_position_only = mistake(
    "weights = scores.softmax(dim=2)",
    "weights = scores.softmax(dim=2) * torch.eye(scores.shape[1], dtype=input.dtype, device=input.device)",
    lesson="Each position only takes its own value.",
)
with_bias = mistake(
    "self.key = nn.Conv2d(channels, key_channels, 1, bias=False)",
    "self.key = nn.Conv2d(channels, key_channels, 1)",
    lesson="A layer has a bias. The statement's have none.",
)
wide_keys = mistake(
    "self.query = nn.Conv2d(channels, key_channels, 1, bias=False)",
    "self.query = nn.Conv2d(channels, channels, 1, bias=False)",
    "self.key = nn.Conv2d(channels, key_channels, 1, bias=False)",
    "self.key = nn.Conv2d(channels, channels, 1, bias=False)",
    lesson="Queries and keys have as many channels as the input. key_channels says how many they have.",
)
columns_first = mistake(
    "gathered.reshape(input.shape)",
    "gathered.reshape(*input.shape[:2], input.shape[3], input.shape[2]).transpose(2, 3)",
    lesson="The positions come back in another order than they were laid out in: rows and columns are mixed up.",
)
channels_attend = mistake(
    'gathered = torch.einsum("nij,ncj->nci", weights, v)',
    "between = (v @ v.transpose(1, 2)).softmax(dim=2)\n        gathered = between @ v + 0 * weights.sum()",
    lesson="The channels attend to each other. It is the positions that should.",
)
weights_detached = mistake(
    "scores.softmax(dim=2)",
    "scores.softmax(dim=2).detach()",
    lesson="The weights are cut off from the graph: queries and keys learn nothing.",
)
value_detached = mistake(
    "weights, v)",
    "weights, v.detach())",
    lesson="The values are cut off from the graph, so their layer learns nothing.",
)
batch_mixed = mistake(
    "k, v = (layer(input)",
    "k, v = (layer(input.mean(dim=0, keepdim=True).expand_as(input))",
    lesson="The images of a batch are mixed. Each attends to itself alone.",
)
naive_softmax = mistake(
    "scores.softmax(dim=2)",
    "scores.exp() / scores.exp().sum(dim=2, keepdim=True)",
    lesson="exp overflows for a large score, and infinity by infinity is no number. What may be subtracted from all scores of a row?",
)


@chaff("The input passes through unchanged: nothing is gathered.")
class PassesOn(SelfAttention2d):
    def forward(self, input):
        return input + 0 * super().forward(input)


gate = mistake(
    "input + self.gamma * gathered",
    "input + torch.tanh(self.gamma) * gathered",
    lesson="gamma passes a tanh, as in some later gates. It multiplies as it is, and may exceed 1.",
)
rows_taken_for_columns = mistake(
    'gathered = torch.einsum("nij,ncj->nci", weights, v)',
    'gathered = torch.einsum("nij,ncj->nic", weights, v)',
    lesson="What was gathered has positions before channels, and reshape() does not exchange axes: the numbers land in wrong places.",
)
queries_reshaped = mistake(
    'torch.einsum("ndi,ndj->nij", q, k)',
    "q.reshape(len(q), -1, q.shape[1]) @ k",
    lesson="The queries are reshaped to put positions first. That regroups the numbers; exchanging axes takes a transpose.",
)
one_maximum = mistake(
    "weights = scores.softmax(dim=2)",
    "powers = (scores - scores.amax()).exp()\n        weights = powers / powers.sum(dim=2, keepdim=True)",
    lesson="One maximum is taken off all scores. A row that lies far below it vanishes to 0 by 0; each row has its own maximum.",
)
not_itself = mistake(
    "weights = scores.softmax(dim=2)",
    "itself = torch.eye(scores.shape[1], dtype=torch.bool, device=input.device)\n"
    "        weights = scores.masked_fill(itself, -1e9).softmax(dim=2)",
    lesson="A position may not look at itself. j runs over all positions, i included.",
)
only_earlier = mistake(
    "weights = scores.softmax(dim=2)",
    "weights = scores.masked_fill(torch.ones_like(scores).triu(1) > 0, -1e9).softmax(dim=2)",
    lesson="A position sees only those before it, as in a language model. An image has no such order: all positions are seen.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"small": 2, "rectangular": 3, "gradients": 2, "large_scores": 1}


def cases(draw):
    def case(check, *sizes, key_channels, scale=1.0, **options):
        init = dict(channels=sizes[1], key_channels=key_channels)
        return Case(check, dict(input=draw.normal(*sizes, scale=scale)), init=init, **options)

    yield case("small", 1, 2, 1, 2, key_channels=1)
    yield case("small", 2, 2, 2, 2, key_channels=3)
    yield case("rectangular", 2, 3, 2, 4, key_channels=2)
    yield case("rectangular", 3, 4, 5, 3, key_channels=2)
    yield case("rectangular", 2, 6, 3, 4, key_channels=3)
    yield case("large_scores", 2, 3, 2, 3, key_channels=2, scale=60.0, gradients=False)
