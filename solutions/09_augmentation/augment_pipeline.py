"""augment_pipeline: transform the whole batch, then let a coin for each image choose between before and after."""

import math

import torch
import torch.nn.functional as F

from grader.author import Case, Generator, Statistic, chaff, mistake, wheat


def flip(input):
    return input.flip(3)


def translate(input, dy, dx):
    height, width = input.shape[2:]
    dy, dx = max(-height, min(dy, height)), max(-width, min(dx, width))
    return F.pad(input, (dx, -dx, dy, -dy))


def brightness(input, amount):
    return (input + amount).clamp(0, 1)


def invert(input):
    return 1 - input


STEPS = {"flip": flip, "translate": translate, "brightness": brightness, "invert": invert}


def augment_pipeline(input, steps, generator):
    output = input.clone()
    for name, probability, options in steps:
        if name not in STEPS:
            raise ValueError(f"there is no step {name!r}")
        changed = STEPS[name](output, **options)
        # rand gives numbers of [0, 1): below 1 always, below 0 never.
        coins = torch.rand(len(input), 1, 1, 1, generator=generator, device=input.device)
        output = torch.where(coins < probability, changed, output)
    return output


@wheat("image by image, step by step, with a Bernoulli draw for each")
def augment_pipeline_images(input, steps, generator):
    images = []
    for image in input:
        for name, probability, options in steps:
            happens = torch.empty(()).bernoulli_(probability, generator=generator).item() == 1
            if not happens:
                if name not in ("flip", "translate", "brightness", "invert"):
                    raise ValueError(name)
                continue
            if name == "flip":
                image = image[:, :, torch.arange(image.shape[2] - 1, -1, -1)]
            elif name == "translate":
                dy, dx = options["dy"], options["dx"]
                moved = torch.zeros_like(image)
                height, width = image.shape[1:]
                for y in range(max(dy, 0), min(height + dy, height)):
                    for x in range(max(dx, 0), min(width + dx, width)):
                        moved[:, y, x] = image[:, y - dy, x - dx]
                image = moved
            elif name == "brightness":
                image = torch.clamp(image + options["amount"], 0.0, 1.0)
            elif name == "invert":
                image = 1.0 - image
            else:
                raise ValueError(name)
        images.append(image)
    return torch.stack(images)


@wheat("all coins first; then each step changes only the images whose coin says so")
def augment_pipeline_subsets(input, steps, generator):
    kinds = {
        "flip": lambda x: x.flip(-1),
        "translate": lambda x, dy, dx: shifted(x, dy, dx),
        "brightness": lambda x, amount: torch.minimum(
            torch.maximum(x + amount, x.new_zeros(())), x.new_ones(())
        ),
        "invert": lambda x: -x + 1,
    }

    def shifted(x, dy, dx):
        rows = torch.arange(x.shape[2]) - dy
        columns = torch.arange(x.shape[3]) - dx
        inside = ((rows >= 0) & (rows < x.shape[2]))[:, None] & (columns >= 0) & (columns < x.shape[3])
        moved = x[:, :, rows.clamp(0, x.shape[2] - 1)][:, :, :, columns.clamp(0, x.shape[3] - 1)]
        return moved * inside

    unknown = [name for name, *_ in steps if name not in kinds]
    if unknown:
        raise ValueError(f"unknown: {unknown}")
    coins = torch.rand(len(steps), len(input), generator=generator, dtype=torch.float64)
    output = input
    for (name, probability, options), uniform in zip(steps, coins):
        chosen = (uniform < probability).nonzero()[:, 0]
        output = output.index_copy(0, chosen, kinds[name](output[chosen], **options))
    return output


@wheat("steps of probability 1 and 0 without a coin; a blend by a mask of ones and zeros")
def augment_pipeline_masks(input, steps, generator):
    def moved(images, dy, dx):
        height, width = images.shape[2:]
        down = torch.arange(height)[:, None] - torch.arange(height) == dy
        across = torch.arange(width)[:, None] - torch.arange(width) == dx
        down, across = (matrix.to(images) for matrix in (down, across))
        return torch.einsum("yh,nchw,xw->ncyx", down, images, across)

    for name, probability, options in steps:
        if name == "flip":
            changed = input[..., torch.arange(input.shape[-1] - 1, -1, -1)]
        elif name == "translate":
            changed = moved(input, **options)
        elif name == "brightness":
            changed = torch.clamp(options["amount"] + input, max=1.0).clamp(min=0.0)
        elif name == "invert":
            changed = torch.ones_like(input) - input
        else:
            raise ValueError(f"{name!r} is none of flip, translate, brightness, invert")
        if 0 < probability < 1:
            chances = torch.full((input.shape[0],), float(probability), device=input.device)
            mask = torch.bernoulli(chances, generator=generator).to(input.dtype)[:, None, None, None]
            changed = mask * changed + (1 - mask) * input
        input = changed if probability > 0 else input
    return input.clone()


# ------------------------------------------------------------------------------------------------------------ chaffs

one_coin_per_step = mistake(
    "torch.rand(len(input), 1, 1, 1, generator=generator, device=input.device)",
    "torch.rand(1, 1, 1, 1, generator=generator, device=input.device)",
    lesson="One coin decides for the whole batch. Each image has its own.",
)

one_coin_per_image = mistake(
    "    for name, probability, options in steps:\n",
    "    coins = torch.rand(len(input), 1, 1, 1, generator=generator, device=input.device)\n"
    "    for name, probability, options in steps:\n",
    "        coins = torch.rand(len(input), 1, 1, 1, generator=generator, device=input.device)\n        output",
    "        output",
    lesson="One coin per image decides for all steps, so they always come together. Each step has its own.",
)

one_coin_per_pixel = mistake(
    "torch.rand(len(input), 1, 1, 1, generator",
    "torch.rand(input.shape, generator",
    lesson="A coin is tossed for every pixel, so images come out half changed. Each image has one coin per step.",
)

always = mistake(
    "coins < probability",
    "coins < math.ceil(probability)",
    lesson="Every step happens, whatever its probability, unless that is 0.",
)

turned_round = mistake(
    "coins < probability",
    "coins > probability",
    lesson="The probabilities are turned round: a step with p = 0.3 happens seven times in ten.",
)

fifty_fifty = mistake(
    "coins < probability",
    "coins < (0.5 if 0 < probability < 1 else probability)",
    lesson="Every step that is left to chance happens half of the time. Each has its own probability.",
)

backwards = mistake(
    "in steps:",
    "in reversed(steps):",
    lesson="The steps are applied from last to first.",
)

first_step_only = mistake(
    "in steps:",
    "in steps[:1]:",
    lesson="Only the first step is done.",
)

each_from_the_input = mistake(
    "STEPS[name](output, **options)",
    "STEPS[name](input, **options)",
    lesson="Each step starts again from the input, and what the steps before did is lost.",
)

one_of_them = mistake(
    "    for name, probability, options in steps:\n",
    "    done = torch.zeros(len(input), 1, 1, 1, dtype=torch.bool)\n    for name, probability, options in steps:\n",
    "        output = torch.where(coins < probability, changed, output)\n",
    "        chosen = (coins < probability) & ~done\n        done |= chosen\n        output = torch.where(chosen, changed, output)\n",
    lesson="An image that one step has changed is spared by the following ones. Steps happen independently of each other.",
)

same_each_time = mistake(
    "    output = input.clone()\n",
    "    output = input.clone()\n    generator = torch.Generator().manual_seed(0)\n",
    lesson="Every call makes the same choices, because your code seeds a generator. Draw from the one you are given as it is.",
)

global_generator = mistake(
    "generator=generator, ",
    "",
    lesson="You draw from PyTorch's global generator. Then nobody can repeat your result by seeding the one they gave you.",
)

flips_rows = mistake(
    "        changed = STEPS",
    '        steps_of = {**STEPS, "flip": lambda x: x.flip(2)}\n        changed = steps_of',
    lesson="flip turns the image upside down. It exchanges left and right.",
)

translate_wraps = mistake(
    "        changed = STEPS",
    '        steps_of = {**STEPS, "translate": lambda x, dy, dx: torch.roll(x, (dy, dx), (2, 3))}\n        changed = steps_of',
    lesson="What translate moves out of the frame comes in again on the other side. Zeros move in.",
)

translate_exchanged = mistake(
    "        changed = STEPS",
    '        steps_of = {**STEPS, "translate": lambda x, dy, dx: translate(x, dx, dy)}\n        changed = steps_of',
    lesson="translate exchanges dy and dx: dy moves the content down.",
)

brightness_not_cut = mistake(
    "        changed = STEPS",
    '        steps_of = {**STEPS, "brightness": lambda x, amount: x + amount}\n        changed = steps_of',
    lesson="After brightness, values lie outside [0, 1]. They are cut off.",
)

cut_at_the_end = mistake(
    "        changed = STEPS",
    '        steps_of = {**STEPS, "brightness": lambda x, amount: x + amount}\n        changed = steps_of',
    "    return output",
    "    return output.clamp(0, 1)",
    lesson="Values are cut off once, after the last step. brightness does it at once, before the next step sees them.",
)

inverts_the_sign = mistake(
    "        changed = STEPS",
    '        steps_of = {**STEPS, "invert": lambda x: -x}\n        changed = steps_of',
    lesson="invert turns the sign. In [0, 1] the opposite of x is 1 - x.",
)

inverts_about_maximum = mistake(
    "        changed = STEPS",
    '        steps_of = {**STEPS, "invert": lambda x: x.max() - x}\n        changed = steps_of',
    lesson="invert subtracts from the largest value of the batch. White is 1, whatever the images hold.",
)

in_place = mistake(
    "    output = input.clone()\n",
    "    output = input\n",
    "    return output",
    "    input.data.copy_(output.detach())\n    return output",
    lesson="The caller's images are changed: in the next epoch, augmented images would be augmented again.",
)

detached = mistake(
    "    return output",
    "    return output.detach()",
    lesson="The values are right, but detach() cuts the result off from the graph: no gradient reaches the input.",
)

batch_shuffled = mistake(
    "    return output",
    "    return output[torch.randperm(len(output), generator=generator)]",
    lesson="The images come out in another order, and no longer belong to their labels.",
)

steps_shuffled = mistake(
    "in steps:",
    "in [steps[i] for i in torch.randperm(len(steps), generator=generator).tolist()]:",
    lesson="The steps come in a random order. They are applied in the order given; the chance is in whether they happen.",
)

float32 = mistake(
    "    return output",
    "    return output.float()",
    lesson="The result is float32 whatever came in. It has the input's dtype.",
)


@chaff("Steps that chance leaves out make images vanish: the batch gets smaller.")
def drops_images(input, steps, generator):
    for name, probability, options in steps:
        coins = torch.rand(len(input), generator=generator)
        input = STEPS[name](input[coins < probability], **options) if 0 < probability < 1 else input
    return input


@chaff("Unchanged images and changed ones are both returned: the batch grows with every step.")
def appends(input, steps, generator):
    output = augment_pipeline(input, steps, generator)
    return torch.cat([input, output]) if steps else output


one_coin_per_channel = mistake(
    "torch.rand(len(input), 1, 1, 1, generator",
    "torch.rand(*input.shape[:2], 1, 1, generator",
    lesson="A coin is tossed for every channel, and the colours come apart. Each image has one coin per step.",
)

exact_share = mistake(
    "        coins = torch.rand(len(input), 1, 1, 1, generator=generator, device=input.device)\n",
    "        order = torch.randperm(len(input), generator=generator, device=input.device)\n"
    "        coins = (order / len(input)).reshape(-1, 1, 1, 1)\n",
    lesson="Exactly a share p of the batch is changed, so that one image's luck is another's loss. Each image has a coin of its own.",
)

only_after_the_one_before = mistake(
    "    for name, probability, options in steps:\n",
    "    still = torch.ones(len(input), 1, 1, 1, dtype=torch.bool)\n    for name, probability, options in steps:\n",
    "        output = torch.where(coins < probability, changed, output)\n",
    "        still = still & (coins < probability) if 0 < probability < 1 else still\n"
    "        output = torch.where(still if probability > 0 else still & False, changed, output)\n",
    lesson="A step happens only where the ones before it did. Steps happen independently of each other.",
)

uses_up_steps = mistake(
    "    for name, probability, options in steps:\n",
    "    while steps:\n        name, probability, options = steps.pop(0)\n",
    lesson="The list of steps is emptied on the way, so that a second call does nothing. It belongs to the caller.",
)

options_taken_out = mistake(
    "        changed = STEPS[name](output, **options)\n",
    "        taken = {key: options.pop(key) for key in list(options)}\n        changed = STEPS[name](output, **taken)\n",
    lesson="The options of the steps are taken out of their dicts, so that a second call finds none. They belong to the caller.",
)

gaps_are_white = mistake(
    "        changed = STEPS",
    "        def white(x, dy, dx):\n"
    "            return translate(x, dy, dx) + 1 - translate(torch.ones_like(x), dy, dx)\n\n"
    '        changed = {**STEPS, "translate": white}',
    lesson="What translate leaves free becomes white. Zeros move in.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"without_chance": 3, "each_step": 3, "combinations": 3, "two_calls": 1, "gradients": 1}
GRADIENTS = ("input",)
SKIP_FORMS = ("large", "negative")  # images have values in [0, 1]


def combinations(images, steps):
    """How often each subset of the steps should be what has happened to an image."""
    values = torch.tensor(images)
    found = []
    for subset in range(2 ** len(steps)):
        output, share, done = values, 1.0, []
        for index, (name, probability, options) in enumerate(steps):
            happens = bool(subset >> index & 1)
            output = STEPS[name](output, **options) if happens else output
            share *= probability if happens else 1 - probability
            done += [f"step {index + 1}"] * happens
        deviation = math.sqrt(share * (1 - share) / len(images))
        label = f"the share of images after {' and '.join(done) or 'no step'}"
        found.append(Statistic(label, "share_like", share, deviation, options={"like": output.tolist()}))
    return found


def cases(draw):
    def pictures(*sizes):
        # Sixteenths within [1/16, 7/16]: all different from their inverses, and a little brightness cuts nothing off.
        return draw.integers(*sizes, low=1, high=7) / 16

    def distinct(count, height, width):
        import numpy as np

        return np.stack(
            [(draw.distinct(2, height, width, spacing=1.0) + 2 * height * width) / 64 for _ in range(count)]
        )

    def case(check, images, pipeline, **more):
        return Case(check, dict(input=images, steps=pipeline, generator=Generator(draw.seed())), **more)

    move = ("translate", 1.0, {"dy": 1, "dx": -1})
    brighten = ("brightness", 1.0, {"amount": 0.7})
    yield case("without_chance", pictures(1, 1, 2, 3), [("flip", 1.0, {})])
    yield case("without_chance", pictures(1, 1, 2, 3), [("flip", 0.0, {}), ("invert", 1.0, {})])
    yield case("without_chance", pictures(2, 2, 3, 4), [move, ("flip", 1.0, {})])
    yield case("without_chance", pictures(2, 2, 3, 4), [("invert", 1.0, {}), move])
    yield case("without_chance", draw.uniform(2, 2, 4, 3), [brighten, ("invert", 1.0, {})])
    yield case("without_chance", draw.uniform(2, 1, 3, 5), [("brightness", 1.0, {"amount": -0.4}), brighten])
    yield case("without_chance", draw.uniform(3, 2, 2, 4), [])
    yield case(
        "without_chance", draw.uniform(2, 3, 4, 5), [("invert", 1.0, {}), brighten, move, ("flip", 1.0, {})]
    )

    for name, probability, options in (
        ("flip", 0.3, {}),
        ("translate", 0.8, {"dy": 0, "dx": 1}),
        ("brightness", 0.25, {"amount": 0.5}),
        ("invert", 0.6, {}),
    ):
        images = distinct(400, 1, 3)
        steps = [(name, probability, options)]
        yield case("each_step", images, steps, statistics=combinations(images, steps))
    # One image, many coins: whoever changes a fixed share of the batch has nothing to share out.
    coins, amount = 100, 1 / 256
    yield case(
        "each_step",
        draw.integers(1, 1, 1, 1, low=1, high=1) / 4,
        [("brightness", 0.5, {"amount": amount})] * coins,
        statistics=[
            Statistic(
                "the brightness after 100 steps",
                "value",
                0.25 + coins / 2 * amount,
                math.sqrt(coins) / 2 * amount,
            )
        ],
    )
    for steps in (
        [("flip", 0.4, {}), ("invert", 0.7, {})],
        [("translate", 0.5, {"dy": 1, "dx": 0}), ("brightness", 0.3, {"amount": 0.25}), ("flip", 0.5, {})],
    ):
        images = distinct(500, 2, 2)
        yield case("combinations", images, steps, statistics=combinations(images, steps))

    count = 500
    root = 1 / math.sqrt(count)
    yield case(
        "two_calls",
        (draw.integers(1, 1, 1, 1, low=1, high=1) / 4).repeat(count, axis=0),
        [("invert", 0.5, {})],
        steps=2,
        statistics=[
            Statistic(
                "the correlation of two calls",
                "correlation",
                0.0,
                root,
                "output of step 2",
                {"with": "output of step 1"},
            ),
            Statistic("the correlation of neighbours", "lag_correlation", 0.0, root, "output of step 2"),
        ],
    )
