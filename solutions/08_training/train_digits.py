"""train_digits: a small convolutional network with batch norm, trained for a second."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, Statistic, chaff, mistake, wheat


def train_digits(images, labels, test_images, seed):
    torch.manual_seed(seed)
    # Both sets are scaled alike, by what is known of the scanner and not measured on either of them.
    images, test_images = images.float() / 16, test_images.float() / 16
    classes = int(labels.max()) + 1
    model = nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1),
        nn.BatchNorm2d(12),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(12, 24, 3, padding=1),
        nn.BatchNorm2d(24),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(24 * 2 * 2, classes),
    )
    batch = 128
    # Few images mean few batches an epoch: count steps, not epochs.
    steps_per_epoch = -(-len(images) // batch)
    epochs = max(9, -(-60 // steps_per_epoch))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02, weight_decay=1e-3, fused=True)
    # The rate rises, so that the first steps do no harm, and falls to nothing, so that the last ones settle.
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.02, total_steps=epochs * steps_per_epoch)
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(images))
        for chosen in order.split(batch):
            loss = F.cross_entropy(model(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        logits = model(test_images)
    return logits.argmax(dim=1)


def kernel_scores(images, labels, test_images):
    """Kernel ridge regression onto one-hot labels, in closed form: a score for each test image and class."""
    flat, test = images.double().flatten(1), test_images.double().flatten(1)
    width = 2 * 22.0**2  # digits of one class lie about this far apart

    def kernel(one, other):
        return torch.exp(-torch.cdist(one, other).square() / width)

    ridge = 1e-2 * torch.eye(len(flat), dtype=torch.float64)
    weights = torch.linalg.solve(kernel(flat, flat) + ridge, F.one_hot(labels).double())
    return kernel(test, flat) @ weights


@wheat("no network: kernel ridge regression, in closed form")
def train_digits_kernel(images, labels, test_images, seed):
    return kernel_scores(images, labels, test_images).argmax(dim=1)


@wheat("no training at all: the nearest images vote, their copies shifted by half a pixel among them")
def train_digits_neighbours(images, labels, test_images, seed):
    known, test = images.float(), test_images.float().flatten(1)
    copies = [known] + [(known + torch.roll(known, step, axis)) / 2 for step in (1, -1) for axis in (2, 3)]
    distances, nearest = torch.cdist(test, torch.cat(copies).flatten(1)).topk(4, largest=False)
    votes = F.one_hot(labels.repeat(len(copies))[nearest]) / (distances[..., None] ** 2 + 1e-3)
    return votes.sum(dim=1).argmax(dim=1)


# ------------------------------------------------------------------------------------------------------------ chaffs

not_shuffled = mistake(
    "torch.randperm(len(images))",
    "torch.arange(len(images))",
    "            schedule.step()\n",
    "",
    lesson="The batches come in the order of the data, which is sorted by class: the network only remembers the last classes.",
)

never_steps = mistake(
    "            optimizer.step()\n",
    "",
    lesson="The optimizer never steps: these are the predictions of random weights.",
)

too_short = mistake(
    "epochs = max(9, -(-60 // steps_per_epoch))",
    "epochs = 1",
    "0.02, total_steps",
    "0.001, total_steps",
    lesson="The training is far too short for its learning rate: the network has hardly left its initial weights.",
)

first_batch_only = mistake(
    "order = torch.randperm(len(images))",
    "order = torch.arange(len(images)) % 20",
    lesson="Every step sees the same few images at the beginning. They are all of the first class, or nearly.",
)

predicts_in_training_mode = mistake(
    "    model.eval()\n",
    "",
    lesson="The model predicts in training mode: dropout drops, and batch norm uses the test images' own statistics, so that "
    "predictions depend on each other.",
)


@chaff(
    "The training images are scaled and the test images are not: the model has never seen values that large."
)
def test_not_scaled(images, labels, test_images, seed):
    return kernel_scores(images, labels, 4 * test_images).argmax(dim=1)


@chaff("Images and labels are shuffled separately, so that nothing belongs together any more.")
def shuffled_apart(images, labels, test_images, seed):
    generator = torch.Generator().manual_seed(seed)
    mixed = labels[torch.randperm(len(labels), generator=generator)]
    return kernel_scores(images, mixed, test_images).argmax(dim=1)


@chaff("You return the least likely class.")
def smallest_score(images, labels, test_images, seed):
    return kernel_scores(images, labels, test_images).argmin(dim=1)


@chaff("argmax runs over the images instead of the classes.")
def over_the_batch(images, labels, test_images, seed):
    return kernel_scores(images, labels, test_images).argmax(dim=0)


@chaff("You return the scores of all classes. The predictions are classes: one whole number per image.")
def scores_returned(images, labels, test_images, seed):
    return kernel_scores(images, labels, test_images)


@chaff("The classes are returned as floating numbers. They are int64.")
def float_classes(images, labels, test_images, seed):
    return kernel_scores(images, labels, test_images).argmax(dim=1).float()


@chaff("The classes are counted from 1. The labels start at 0.")
def one_off(images, labels, test_images, seed):
    return kernel_scores(images, labels, test_images).argmax(dim=1) + 1


@chaff("The caller's images are scaled in place. The next one who uses them gets them divided by 16.")
def scaled_in_place(images, labels, test_images, seed):
    return kernel_scores(images.div_(16) * 16, labels, test_images.div_(16) * 16).argmax(dim=1)


@chaff("Each row is averaged before the model sees it, and with it goes most of what tells digits apart.")
def averaged_rows(images, labels, test_images, seed):
    blurred = (x.mean(3, keepdim=True).expand_as(x) for x in (images, test_images))
    known, test = blurred
    return kernel_scores(known, labels, test).argmax(dim=1)


@chaff("Only half of the classes can ever be predicted.")
def few_classes(images, labels, test_images, seed):
    count = (int(labels.max()) + 2) // 2
    return kernel_scores(images, labels, test_images)[:, :count].argmax(dim=1)


@chaff("The test images are turned upside down before the prediction.")
def upside_down(images, labels, test_images, seed):
    return kernel_scores(images, labels, test_images.flip(2)).argmax(dim=1)


@chaff("The test images are predicted in another order than they came in.")
def other_order(images, labels, test_images, seed):
    return kernel_scores(images, labels, test_images).argmax(dim=1).sort().values


@chaff("The predictions are those for the training images.")
def training_images(images, labels, test_images, seed):
    return kernel_scores(images, labels, images).argmax(dim=1)


@chaff("The seed is not used: nobody can repeat your result.")
def unseeded(images, labels, test_images, seed):
    scores = kernel_scores(images, labels, test_images)
    return (scores + 0.15 * torch.randn_like(scores[:1])).argmax(dim=1)


@chaff("The same class is predicted for every image.")
def most_frequent(images, labels, test_images, seed):
    return labels.mode().values.expand(len(test_images)).clone()


@chaff(
    "The test images are scaled by their own mean and spread: use the numbers found on the training images."
)
def test_by_its_own_statistics(images, labels, test_images, seed):
    moved = (test_images - test_images.mean()) / test_images.std() * images.std() + images.mean()
    return kernel_scores(images, labels, moved).argmax(dim=1)


@chaff("Each class is reduced to its mean image. People write a 9 in more than one way.")
def nearest_mean(images, labels, test_images, seed):
    flat, classes = images.flatten(1), int(labels.max()) + 1
    means = torch.stack([flat[labels == k].mean(0) for k in range(classes)])
    return torch.cdist(test_images.flatten(1), means).argmin(dim=1)


@chaff(
    "The model regresses the digit as if it were a quantity. A 3 does not lie between a 2 and a 4: classes have no order."
)
def label_as_a_number(images, labels, test_images, seed):
    scores = kernel_scores(images, labels, test_images)
    values = torch.arange(scores.shape[1], dtype=scores.dtype)
    return (scores @ values).round().long().clamp(0, scores.shape[1] - 1)


@chaff("The test images are predicted in batches, and the last, incomplete one is left out.")
def last_batch_left_out(images, labels, test_images, seed):
    batches = kernel_scores(images, labels, test_images).split(32)
    return torch.cat([scores.argmax(dim=1) for scores in batches if len(scores) == 32])


@chaff(
    "A prediction depends on the image before it in the batch: the scores are averaged along the wrong axis."
)
def neighbours_matter(images, labels, test_images, seed):
    scores = kernel_scores(images, labels, test_images)
    return (scores + 0.7 * scores.roll(1, dims=0)).argmax(dim=1)


@chaff("PyTorch's default dtype is changed and stays so, for everybody.")
def default_dtype_left(images, labels, test_images, seed):
    torch.set_default_dtype(torch.float64)
    return kernel_scores(images, labels, test_images).argmax(dim=1)


# ------------------------------------------------------------------------------------------------------------- cases

SEEDS = 8  # a call trains for a good part of a second
CHECKS = {"accuracy": 4, "few_examples": 1, "few_test_images": 2, "good_manners": 1}


def at_least(name, labels, least):
    """An accuracy from `least` to 1: bounds are 5.5 deviations wide on either side."""
    middle, half = (1 + least) / 2, (1 - least) / 2
    return Statistic(name, "accuracy", middle, 1.001 * half / 5.5, options={"labels": labels.tolist()})


def held_out(labels, least):
    """The hidden labels: how many of all are right, how many of each class, and whether some class is preferred."""
    one = [labels.copy() for _ in range(10)]
    for k in range(10):
        one[k][labels != k] = -1
    share = max((labels == k).mean() for k in range(10))
    each = 0.8 if least > 0.9 else 0.2
    return [
        at_least("the share of right predictions", labels, least),
        *[at_least(f"the share of right predictions among class {k}", one[k], each) for k in range(10)],
        Statistic("the share of the most frequent class", "largest_share", share, 2 * (1 - least) / 5.5),
        Statistic("the largest class", "maximum", 9.0, 0.01),
    ]


def cases(draw):
    import numpy as np
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = digits.images[:, None].astype(np.float64), digits.target.astype(np.int64)

    def case(check, train, test, least):
        train = train[np.argsort(labels[train], kind="stable")]
        return Case(
            check,
            dict(images=images[train], labels=labels[train], test_images=images[test], seed=draw.seed()),
            statistics=held_out(labels[test], least),
        )

    order = draw.uniform(len(labels)).argsort()
    yield case("accuracy", order[:1297], order[1297:], 0.97)
    # The first ten images of each class.
    few = np.concatenate([order[:1297][labels[order[:1297]] == k][:10] for k in range(10)])
    yield case("few_examples", few, order[1297:], 0.70)
    # Six classes under other names; held out are images of one of them.
    chosen = draw.uniform(10).argsort()
    names = np.full(10, -1)
    names[chosen[:6]] = np.arange(6)
    train, rest = order[:1000], order[1000:]
    train = train[names[labels[train]] >= 0]
    train = train[np.argsort(names[labels[train]], kind="stable")]
    shown = images[rest[names[labels[rest]] == 4]]
    # Two digits on one sheet: any prediction will do, but the copies of a sheet must get the same.
    known = rest[names[labels[rest]] >= 0]
    sheets = np.maximum(images[known[:60]], images[known[60:120]]).repeat(8, axis=0)
    # So many blank sheets that the test images' own mean and spread say nothing of the digits among them.
    blank = np.zeros((4000, 1, 8, 8))
    hidden = np.concatenate([np.full(len(shown), 4), np.full(len(sheets) + len(blank), -1)])
    alike = {"size": 8, "start": len(shown)}
    yield Case(
        "few_test_images",
        dict(
            images=images[train],
            labels=names[labels[train]],
            test_images=np.concatenate([shown, sheets, blank]),
            seed=draw.seed(),
        ),
        statistics=[
            at_least("the share of right predictions", hidden, 0.90),
            Statistic("the share of images whose copies differ", "unequal_groups", 0.0, 1e-6, options=alike),
        ],
    )
