"""fine_tune: pretrain on many images of other classes, then a new head and a careful second training."""

import torch
import torch.nn.functional as F
from torch import nn

from grader.author import Case, Statistic, chaff, mistake, wheat


def fit(model, optimizer, images, labels, steps, batch=48):
    """Train for some steps on random batches, with rates that rise fast and then fall to nothing."""
    rates = [group["lr"] for group in optimizer.param_groups]
    model.train()
    for step in range(steps):
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * min(1.0, 4 * (step + 1) / steps, 4 / 3 * (steps - step) / steps)
        chosen = torch.randint(len(images), (batch,))
        loss = F.cross_entropy(model(images[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def network(classes):
    # Small, and halved at once by the stride: on images of 8 by 8 that is enough, and fast.
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(32 * 4, classes),
    )


def fine_tune(source_images, source_labels, images, labels, test_images, seed):
    torch.manual_seed(seed)
    # All three sets are scaled alike.
    source, few, test = (x.float() / 16 for x in (source_images, images, test_images))
    # Pretraining: thousands of images in which the light varies and the digit does not teach what to ignore.
    model = network(int(source_labels.max()) + 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.015, weight_decay=1e-3, fused=True)
    fit(model, optimizer, source, source_labels, 60)
    # A new head for the new classes. It starts from nothing, the body does not: each gets its own rate.
    body, head = model[:-1], nn.Linear(32 * 4, int(labels.max()) + 1)
    model = nn.Sequential(body, head)
    groups = [{"params": body.parameters(), "lr": 0.001}, {"params": head.parameters(), "lr": 0.03}]
    fit(model, torch.optim.AdamW(groups, weight_decay=1e-3, fused=True), few, labels, 20)
    model.eval()
    with torch.no_grad():
        logits = model(test)
    return logits.argmax(dim=1)


@wheat("feature extraction: the body is frozen, in evaluation mode, and only a linear head is trained")
def fine_tune_features(source_images, source_labels, images, labels, test_images, seed):
    torch.manual_seed(seed)
    mean, std = source_images.mean(), source_images.std()
    source, few, test = ((x - mean).float() / std.float() for x in (source_images, images, test_images))
    model = network(int(source_labels.max()) + 1)
    fit(model, torch.optim.Adam(model.parameters(), lr=0.015, fused=True), source, source_labels, 60)
    body = model[:-1].eval()
    with torch.no_grad():
        features, unknown = body(few), body(test)
    head = nn.Linear(features.shape[1], int(labels.max()) + 1)
    fit(head, torch.optim.AdamW(head.parameters(), lr=0.02, fused=True), features, labels, 40)
    return head(unknown).argmax(dim=1)


@wheat("no second training: nearest mean among the pretrained body's features, compared by angle")
def fine_tune_prototypes(source_images, source_labels, images, labels, test_images, seed):
    torch.manual_seed(seed)
    source, few, test = (x.float() / 16 for x in (source_images, images, test_images))
    model = network(int(source_labels.max()) + 1)
    fit(model, torch.optim.Adam(model.parameters(), lr=0.015, fused=True), source, source_labels, 90)
    body = model[:-1].eval()
    with torch.no_grad():
        known, unknown = (F.normalize(body(x), dim=1) for x in (few, test))
    belongs = F.one_hot(labels).float()
    means = F.normalize(belongs.T @ known, dim=1)
    return (unknown @ means.T).argmax(dim=1)


@wheat(
    "no network: the source classes tell how images of one class differ; distances to means, whitened by that"
)
def fine_tune_whitened(source_images, source_labels, images, labels, test_images, seed):
    source, few, test = (x.double().flatten(1) for x in (source_images, images, test_images))

    def means(points, names):
        count = int(names.max()) + 1
        return torch.stack([points[names == name].mean(dim=0) for name in range(count)])

    within = source - means(source, source_labels)[source_labels]
    covariance = within.T @ within / len(within) + 2.0 * torch.eye(64, dtype=torch.float64)
    root = torch.linalg.cholesky(covariance)

    def whiten(points):
        return torch.linalg.solve_triangular(root, points.T, upper=False).T

    return torch.cdist(whiten(test), means(whiten(few), labels)).argmin(dim=1)


@wheat("the light's directions found on the source set and projected out; nearest mean in what is left")
def fine_tune_projected(source_images, source_labels, images, labels, test_images, seed):
    source, few, test = (x.double().flatten(1) for x in (source_images, images, test_images))
    within = source.clone()
    for name in source_labels.unique():
        within[source_labels == name] -= source[source_labels == name].mean(dim=0)
    # The light is smooth and strong: it fills the few directions in which images of one class differ most.
    _, directions = torch.linalg.eigh(within.T @ within)
    kept = directions[:, :-6]
    classes = torch.arange(int(labels.max()) + 1)
    means = torch.stack([few[labels == name].mean(dim=0) for name in classes])
    return torch.cdist(test @ kept, means @ kept).argmin(dim=1)


# ------------------------------------------------------------------------------------------------------------ chaffs

PRETRAIN = "    fit(model, optimizer, source, source_labels, 60)\n"
TRANSFER = "    fit(model, torch.optim.AdamW(groups, weight_decay=1e-3, fused=True), few, labels, 20)\n"
GUESSING = (
    "This is no better than guessing, or than a network trained from scratch on so few images. Look in turn whether the body "
    "you predict with is the pretrained one, whether it forgets (how large is its rate?), and whether the new head learns "
    "from labels that belong to the images."
)

from_scratch = mistake(
    PRETRAIN,
    "",
    '"lr": 0.001}',
    '"lr": 0.01}',
    lesson=GUESSING,
)

body_lost = mistake(
    "body, head = model[:-1], nn",
    "body, head = network(5)[:-1], nn",
    '"lr": 0.001}',
    '"lr": 0.01}',
    lesson=GUESSING,
)

random_features = mistake(
    PRETRAIN,
    "",
    '"lr": 0.001}',
    '"lr": 0.0}',
    lesson=GUESSING,
)

head_not_trained = mistake(TRANSFER, "", lesson=GUESSING)

old_head = mistake(
    "logits = model(test)",
    "logits = old(test)",
    "    body, head = model",
    "    old = model\n    body, head = model",
    TRANSFER,
    "",
    lesson=GUESSING,
)

labels_shuffled = mistake(
    "few, labels, 20)",
    "few, labels[torch.randperm(len(labels))], 20)",
    lesson=GUESSING,
)

source_labels_shuffled = mistake(
    "source, source_labels, 60)",
    "source, source_labels[torch.randperm(len(source_labels))], 60)",
    lesson=GUESSING,
)

everything_forgotten = mistake(
    '"lr": 0.001}',
    '"lr": 3.0}',
    lesson=GUESSING,
)

pretraining_too_short = mistake(
    "lr=0.015",
    "lr=1e-5",
    PRETRAIN,
    "    fit(model, optimizer, source, source_labels, 5)\n",
    '"lr": 0.001}',
    '"lr": 0.0}',
    lesson=GUESSING,
)

smallest = mistake(
    "logits.argmax(dim=1)",
    "logits.argmin(dim=1)",
    lesson=GUESSING,
)

logits_returned = mistake(
    "return logits.argmax(dim=1)",
    "return logits",
    lesson="You return the logits. The predictions are classes: one whole number per image.",
)

over_the_batch = mistake(
    "logits.argmax(dim=1)",
    "logits.argmax(dim=0)",
    lesson="argmax runs over the images instead of the classes.",
)

digits_returned = mistake(
    "return logits.argmax(dim=1)",
    "return logits.argmax(dim=1) + 5",
    lesson="You return other names than the labels': they count from 0.",
)

float_classes = mistake(
    "return logits.argmax(dim=1)",
    "return logits.argmax(dim=1).float()",
    lesson="The classes are returned as floating numbers. They are int64.",
)

scaled_in_place = mistake(
    "(x.float() / 16 for x in",
    "(x.div_(16).float() for x in",
    lesson="The caller's images are scaled in place. The next one who uses them gets them divided by 16.",
)

unseeded = mistake(
    "    torch.manual_seed(seed)\n",
    "    torch.seed()\n",
    lesson="The seed is not used: nobody can repeat your result.",
)

predicts_the_few = mistake(
    "logits = model(test)",
    "logits = model(few)",
    lesson="The predictions are for the training images.",
)

joint_classes = mistake(
    "    body, head = model",
    "    joint = network(5)\n"
    "    both = torch.cat([source[:50], few]), torch.cat([source_labels[:50] % 5, labels])\n"
    "    fit(joint, torch.optim.AdamW(joint.parameters(), lr=0.01), *both, 40)\n"
    "    body, head = model",
    "logits = model(test)",
    "logits = joint.eval()(test)",
    lesson=GUESSING,
)

# written after the cases were fixed

order_lost = mistake(
    "logits = model(test)",
    "logits = model(test[torch.randperm(len(test))])",
    lesson=GUESSING,
)

body_reset = mistake(
    "    body, head = model",
    "    for layer in model:\n"
    '        if hasattr(layer, "reset_parameters"):\n'
    "            layer.reset_parameters()\n"
    "    body, head = model",
    lesson=GUESSING,
)

a_column = mistake(
    "return logits.argmax(dim=1)",
    "return logits.argmax(dim=1, keepdim=True)",
    lesson="The predictions stand in a column, (T, 1). One axis is asked for: (T,).",
)

short_integers = mistake(
    "return logits.argmax(dim=1)",
    "return logits.argmax(dim=1).int()",
    lesson="The classes are int32. PyTorch's class indices are int64.",
)

test_centred_in_place = mistake(
    "    # All three sets",
    "    test_images -= test_images.mean()\n    # All three sets",
    lesson="The caller's test images are changed in place. The next one who uses them gets others.",
)

second_stage_unseeded = mistake(
    "    body, head = model",
    "    torch.seed()\n    body, head = model",
    lesson="The seed is not used: nobody can repeat your result.",
)


@chaff(GUESSING)
def nearest_pixel(source_images, source_labels, images, labels, test_images, seed):
    return labels[torch.cdist(test_images.flatten(1), images.flatten(1)).argmin(dim=1)]


@chaff(GUESSING)
def nearest_mean(source_images, source_labels, images, labels, test_images, seed):
    means = torch.stack([images[labels == name].mean(0).flatten() for name in range(int(labels.max()) + 1)])
    return torch.cdist(test_images.flatten(1), means).argmin(dim=1)


@chaff(GUESSING)
def always_the_first(source_images, source_labels, images, labels, test_images, seed):
    return torch.zeros(len(test_images), dtype=torch.int64)


# ------------------------------------------------------------------------------------------------------------- cases

SEEDS = 5  # a call takes tenths of a second
CHECKS = {"accuracy": 4, "other_classes": 2, "good_manners": 1}


def lit(draw, digits, strength=16.0):
    """The digits under smooth light: cosines of low frequency along both axes, drawn for each image."""
    import numpy as np

    places = (np.arange(8) + 0.5) * np.pi / 8
    waves = [np.outer(np.cos(places * i), np.cos(places * j)) for i in range(3) for j in range(3 - i)]
    light = np.einsum("nk,khw->nhw", draw.normal(len(digits), len(waves), scale=strength), np.stack(waves))
    return (digits + light)[:, None]


def cases(draw):
    import numpy as np
    from sklearn.datasets import load_digits

    data = load_digits()
    digits, named = data.images.astype(np.float64), data.target.astype(np.int64)
    order = draw.uniform(len(named)).argsort()
    source = order[named[order] < 5]

    def case(check, wanted, lights, least):
        """`wanted` are digits of 5 to 9; the k-th of them is class k."""
        names = {digit: name for name, digit in enumerate(wanted)}
        target = order[np.isin(named[order], wanted)]
        few = np.sort(np.concatenate([target[named[target] == digit][:5] for digit in wanted]))
        held_out = np.setdiff1d(target, few)
        seen = np.concatenate([source] * lights)
        labels = np.array([names[digit] for digit in named[held_out]])
        middle = (1 + least) / 2
        share = Statistic(
            "the share of right predictions",
            "accuracy",
            middle,
            (1 - least) / 11,
            options={"labels": labels.tolist()},
        )
        top = len(wanted) - 1
        highest = Statistic("the largest class predicted", "maximum", top / 2, (top + 1) / 11)
        arguments = dict(
            source_images=lit(draw, digits[seen]),
            source_labels=named[seen],
            images=lit(draw, digits[few]),
            labels=np.array([names[digit] for digit in named[few]]),
            test_images=lit(draw, digits[held_out]),
            seed=draw.seed(),
        )
        return Case(check, arguments, statistics=[share, highest])

    yield case("accuracy", [5, 6, 7, 8, 9], 4, 0.40)
    left_out = draw.size(5, 9)
    wanted = [digit for digit in (9, 7, 5, 6, 8) if digit != left_out]
    yield case("other_classes", wanted, 4, 0.45)
