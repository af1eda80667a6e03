"""What a failure under `torch.autocast` has to do with autocast, in words for the learner.

Autocast runs matrix products and convolutions in a half type, some operations in float32, and the rest in what comes in (PyTorch,
"Automatic Mixed Precision package", "Autocast Op Reference"). So dtypes meet that never met before.
"""

from __future__ import annotations

import re

from grader.judge.compare import Wrong

_DTYPES = re.compile(r"dtype|BFloat16|Half|Float\b|scalar type|same type", re.IGNORECASE)
_LARGEST = {"float16": "65504", "bfloat16": "3.4e38"}
_DIGITS = {"float16": "three digits", "bfloat16": "two or three digits"}


def of_value(wrong: Wrong, half: str) -> str:
    """What to say after "output is wrong"; empty where autocast has no part in it."""
    where = f". Under torch.autocast matrix products and convolutions give {half}"
    if wrong is Wrong.NONFINITE:
        return (
            f"{where}, whose largest number is {_LARGEST[half]}: sums, squares and exponentials of such values overflow, "
            "and infinity over infinity is NaN. Take them in float32 (.float()), or of something small."
        )
    if wrong is Wrong.VALUE:
        return (
            f"{where}, which keeps {_DIGITS[half]}: what adds up many values, or subtracts nearly equal ones, belongs in "
            "float32 (.float())."
        )
    if wrong is Wrong.DTYPE:
        return f"{where}, the rest what comes in: take the dtype from the tensors at hand."
    return ""


def of_error(message: str, half: str) -> str:
    """What to say after an exception that the code raises under autocast, and not without."""
    if not _DTYPES.search(message):
        return f". This happens under torch.autocast, where matrix products and convolutions give {half}."
    return (
        f". Under torch.autocast matrix products and convolutions give {half}, while parameters, inputs and what torch.zeros "
        "makes stay float32. Bring both sides to one dtype: x.new_zeros(...), zeros(..., dtype=x.dtype), or .to(other.dtype)."
    )
