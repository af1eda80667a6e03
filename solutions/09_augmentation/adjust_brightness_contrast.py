"""adjust_brightness_contrast: stretch about the image's mean, shift, cut off."""

import torch

from grader.author import Case, chaff, mistake, wheat


def per_image(value):
    """One number for all images stays as it is; one for each gets axes to be broadcast along."""
    return value.reshape(-1, 1, 1, 1) if isinstance(value, torch.Tensor) else value


def adjust_brightness_contrast(input, brightness=0.0, contrast=1.0):
    mean = input.mean(dim=(1, 2, 3), keepdim=True)
    stretched = (input - mean) * per_image(contrast) + mean
    return (stretched + per_image(brightness)).clamp(0, 1)


@wheat("image by image, with the mean from a sum")
def adjust_loop(input, brightness=0.0, contrast=1.0):
    outputs = []
    for n in range(len(input)):
        b = brightness[n] if torch.is_tensor(brightness) else brightness
        c = contrast[n] if torch.is_tensor(contrast) else contrast
        mean = input[n].sum() / input[n].numel()
        value = c * input[n] + (1 - c) * mean + b
        outputs.append(torch.minimum(torch.maximum(value, torch.zeros_like(value)), torch.ones_like(value)))
    return torch.stack(outputs)


@wheat("a blend of the image with its mean, as lerp; rows of flattened images, in float64")
def adjust_lerp(input, brightness=0.0, contrast=1.0):
    rows = input.double().flatten(1)
    shift = torch.as_tensor(brightness, dtype=torch.float64, device=input.device).reshape(-1, 1)
    weight = torch.as_tensor(contrast, dtype=torch.float64, device=input.device).reshape(-1, 1)
    mean = rows.mean(1, keepdim=True).expand_as(rows)
    blended = torch.lerp(mean, rows, weight.expand_as(rows))
    return (blended + shift).clamp(min=0).clamp(max=1).reshape(input.shape).to(input.dtype)


@wheat("brightness first, then stretched about the mean that it has moved along; cut off by two ReLUs")
def adjust_moved_mean(input, brightness=0.0, contrast=1.0):
    def spread(value):
        value = torch.as_tensor(value, dtype=input.dtype, device=input.device)
        return value.expand(len(input))[:, None, None, None]

    lit = input + spread(brightness)
    mean = torch.stack([image.mean() for image in lit])[:, None, None, None]
    value = torch.addcmul(mean, lit - mean, spread(contrast))
    return torch.relu(value) - torch.relu(value - 1)


# ------------------------------------------------------------------------------------------------------------ chaffs

not_clamped = mistake(
    ".clamp(0, 1)",
    "",
    lesson="Values leave [0, 1]. What falls outside is set to the nearer end.",
)


clamped_to_255 = mistake(
    ".clamp(0, 1)",
    ".clamp(0, 255)",
    lesson="Values above 1 are not cut off. These images have values from 0 to 1, not to 255.",
)

clamped_too_early = mistake(
    "return (stretched + per_image(brightness)).clamp(0, 1)",
    "return (stretched.clamp(0, 1) + per_image(brightness)).clamp(0, 1)",
    lesson="You cut off twice. A value that contrast pushes out may be brought back by brightness; cut off at the end only.",
)

wraps = mistake(
    ".clamp(0, 1)",
    ".remainder(1.0)",
    lesson="Values that leave [0, 1] come in again at the other end: the brightest pixels turn dark.",
)

rescaled = mistake(
    "    return (stretched + per_image(brightness)).clamp(0, 1)",
    "    output = stretched + per_image(brightness)\n    low, high = output.amin(), output.amax()\n"
    "    return output if low >= 0 and high <= 1 else (output - low) / (high - low)",
    lesson="An image that leaves [0, 1] is squeezed into it as a whole. Only the values outside are cut off.",
)

mean_of_batch = mistake(
    "input.mean(dim=(1, 2, 3), keepdim=True)",
    "input.mean()",
    lesson="One mean is taken for the whole batch. Each image is stretched about its own: neighbours must not matter.",
)

mean_per_channel = mistake(
    "input.mean(dim=(1, 2, 3), keepdim=True)",
    "input.mean(dim=(2, 3), keepdim=True)",
    lesson="Each channel is stretched about a mean of its own, which changes the colours. There is one mean per image.",
)

about_zero = mistake(
    "(input - mean) * per_image(contrast) + mean",
    "input * per_image(contrast)",
    lesson="Values are stretched about 0, which brightens the image too. Contrast stretches about the mean.",
)

about_half = mistake(
    "input.mean(dim=(1, 2, 3), keepdim=True)",
    "0.5",
    lesson="Values are stretched about 0.5, whatever the image. Its own mean is to stay where it is.",
)

mean_forgotten = mistake(
    "(input - mean) * per_image(contrast) + mean",
    "(input - mean) * per_image(contrast)",
    lesson="The mean is taken off and never put back.",
)

brightness_stretched = mistake(
    "    stretched = (input - mean) * per_image(contrast) + mean\n    return (stretched + per_image(brightness)).clamp(0, 1)",
    "    stretched = (input + per_image(brightness) - mean) * per_image(contrast) + mean\n    return stretched.clamp(0, 1)",
    lesson="Brightness is added before the stretching, so that contrast multiplies it.",
)

brightness_as_factor = mistake(
    "stretched + per_image(brightness)",
    "stretched * (1 + per_image(brightness))",
    lesson="Brightness multiplies. Here it is added, the same to every value.",
)

brightness_ignored = mistake(
    "stretched + per_image(brightness)",
    "stretched",
    lesson="The brightness has no effect.",
)

contrast_ignored = mistake(
    "per_image(contrast)",
    "1.0",
    lesson="The contrast has no effect.",
)

contrast_added = mistake(
    "per_image(contrast)",
    "(1 + per_image(contrast))",
    lesson="You multiply by 1 + contrast. A contrast of 1 leaves the image as it is.",
)

standardised = mistake(
    "stretched = (input - mean) *",
    "stretched = (input - mean) / (input.std(dim=(1, 2, 3), keepdim=True) + 1e-5) * 0.25 *",
    lesson="The image is divided by its own standard deviation. Contrast stretches what is there, it does not level it.",
)

median = mistake(
    "input.mean(dim=(1, 2, 3), keepdim=True)",
    "input.flatten(1).median(dim=1).values.reshape(-1, 1, 1, 1)",
    lesson="You stretch about the median. The mean is asked for.",
)

mean_detached = mistake(
    "input.mean(dim=(1, 2, 3), keepdim=True)",
    "input.detach().mean(dim=(1, 2, 3), keepdim=True)",
    lesson="The values are right, but the mean is treated as a constant. It depends on every pixel, and the gradient has to say so.",
)

straight_through = mistake(
    "    return (stretched + per_image(brightness)).clamp(0, 1)",
    "    output = stretched + per_image(brightness)\n    return output + (output.clamp(0, 1) - output).detach()",
    lesson="The values are right, but gradients pass where a value was cut off. There the result no longer depends on the input.",
)

in_place = mistake(
    "    mean = input",
    "    input.data.clamp_(0.25, 0.75)\n    mean = input",
    lesson="The caller's images are changed. Write to a new tensor.",
)

float32 = mistake(
    "    mean = input",
    "    input = input.float()\n    mean = input",
    lesson="The result is float32 whatever came in. It has the input's dtype.",
)


@chaff("One number is used for all images where there is one for each: only the first of them counts.")
def first_number(input, brightness=0.0, contrast=1.0):
    brightness = brightness[:1] if isinstance(brightness, torch.Tensor) else brightness
    contrast = contrast[:1] if isinstance(contrast, torch.Tensor) else contrast
    return adjust_brightness_contrast(input, brightness, contrast)


@chaff(
    "A tensor of one number per image is broadcast along the columns: it needs axes for channel, row and column."
)
def along_columns(input, brightness=0.0, contrast=1.0):
    def spread(value):
        if not isinstance(value, torch.Tensor):
            return value
        return value.repeat(input.shape[3])[: input.shape[3]]

    mean = input.mean(dim=(1, 2, 3), keepdim=True)
    return ((input - mean) * spread(contrast) + mean + spread(brightness)).clamp(0, 1)


grey_value = mistake(
    "mean = input.mean(dim=(1, 2, 3), keepdim=True)",
    "red_green_blue = input.new_tensor([0.299, 0.587, 0.114])\n"
    "    grey = input if input.shape[1] != 3 else (input * red_green_blue[:, None, None]).sum(1, keepdim=True)\n"
    "    mean = grey.mean(dim=(1, 2, 3), keepdim=True)",
    lesson="Colours are weighed by how bright an eye finds them, as torchvision does. The statement's mean treats channels alike.",
)

eight_bits = mistake(
    ".clamp(0, 1)",
    ".clamp(0, 1).mul(255).round().div(255)",
    lesson="Values are rounded to the 256 steps of a file. Between 0 and 1 every value is allowed.",
)

gamma = mistake(
    "stretched = (input - mean) * per_image(contrast) + mean",
    "stretched = input ** per_image(contrast)",
    lesson="Values are taken to a power: that is a gamma curve. Contrast is a straight line through the mean.",
)

zero_is_no_contrast = mistake(
    "per_image(contrast)",
    "per_image(contrast if torch.is_tensor(contrast) or contrast else 1.0)",
    lesson="A contrast of 0 is taken for none given. It is a value like others: all that is left is the mean.",
)

middle_of_range = mistake(
    "input.mean(dim=(1, 2, 3), keepdim=True)",
    "(input.amax(dim=(1, 2, 3), keepdim=True) + input.amin(dim=(1, 2, 3), keepdim=True)) / 2",
    lesson="You stretch about the middle between darkest and brightest. The mean counts every pixel.",
)

own_range = mistake(
    ".clamp(0, 1)",
    ".clamp(min(float(input.min()), 0.05), max(float(input.max()), 0.95))",
    lesson="Values are cut off at the images' own darkest and brightest. The limits are 0 and 1.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"brightness": 2, "contrast": 2, "both": 2, "one_for_each_image": 2, "gradients": 1}
GRADIENTS = ("input",)
SKIP_FORMS = ("large", "negative")  # images have values in [0, 1]


def cases(draw):
    whole = draw.integers(1, 1, 2, 2, low=1, high=7) / 8

    def image(*sizes):
        return draw.uniform(*sizes, low=0.05, high=0.95)

    yield Case("brightness", dict(input=whole, brightness=0.0625))
    yield Case("brightness", dict(input=image(2, 3, 3, 4), brightness=0.3))
    yield Case("brightness", dict(input=image(3, 1, 4, 2), brightness=-0.4))
    yield Case("contrast", dict(input=whole, contrast=0.5))
    yield Case("contrast", dict(input=image(2, 3, 4, 3) * 0.5, contrast=2.5))
    yield Case("contrast", dict(input=image(2, 3, 2, 5), contrast=0.0))
    yield Case("both", dict(input=image(3, 2, 4, 3), brightness=0.25, contrast=0.6))
    yield Case("both", dict(input=image(2, 3, 3, 5), brightness=-0.35, contrast=3.0))
    yield Case(
        "one_for_each_image",
        dict(
            input=image(3, 2, 2, 4),
            brightness=draw.uniform(3, low=-0.3, high=0.3),
            contrast=draw.uniform(3, low=0.4, high=2.0),
        ),
    )
    yield Case(
        "one_for_each_image", dict(input=image(4, 3, 4, 3), contrast=draw.uniform(4, low=0.4, high=2.0))
    )
    yield Case(
        "one_for_each_image", dict(input=image(2, 3, 4, 5), brightness=draw.uniform(2, low=-0.3, high=0.3))
    )
