"""Reading a number, with what follows it, as people type it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_SIGNS = str.maketrans({"−": "-", "–": "-", "‐": "-", "×": "*", "·": "*", "⋅": "*", "’": "'", "⁄": "/"})
_SPACES = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f\s]+")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_RAISED_RUN = re.compile(r"[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_DIGITS = r"(?:[0-9]{1,3}(?:[,_ '][0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)"
_FLOAT = rf"[-+]?\s?{_DIGITS}(?:[eE][-+]?[0-9]{{1,4}})?"
_NUMBER = re.compile(
    rf"(?P<value>{_FLOAT})"
    rf"(?:\s?(?:\^|\*\*)\s?(?P<power>[-+]?[0-9]{{1,4}}))?"
    rf"(?:\s?[*xX]\s?10\s?(?:\^|\*\*)\s?\(?(?P<exponent>[-+]?[0-9]{{1,4}})\)?)?"
    rf"(?:\s?/\s?(?P<divisor>{_DIGITS}))?"
    r"\s?(?P<rest>.*)"
)
_MULTIPLES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "million": 1e6,
    "millions": 1e6,
    "billion": 1e9,
    "billions": 1e9,
}
_MAX_TYPED = 200


@dataclass(frozen=True)
class Quantity:
    """A number and the words after it, such as 12.5 and `MiB`."""

    value: float
    rest: str = ""


def read_quantity(text: str) -> Quantity | None:
    """The number a text starts with, or None.

    Understood: 1024, 1,024, 1 024, 1.5, 1,5 (a comma followed by anything but three digits is a decimal comma),
    -3, 1e-3, 1.5 x 10^-3, 2^10, 3/4; a leading = or ~ is skipped.
    """
    if len(text) > _MAX_TYPED:
        return None
    plain = _RAISED_RUN.sub(lambda run: "^" + run[0].translate(_RAISED), text).translate(_SIGNS)
    plain = _SPACES.sub(" ", plain).strip(" =~≈`$")
    found = _NUMBER.fullmatch(plain)
    if found is None:
        return None
    try:
        value = _value(found)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    return Quantity(value, found["rest"].strip(" .`$")) if math.isfinite(value) else None


def scaled(quantity: Quantity) -> Quantity:
    """`12 million` as 12000000 and 50% as 0.5, where the item asks for no unit."""
    if quantity.rest == "%":
        return Quantity(quantity.value / 100)
    first, _, others = quantity.rest.partition(" ")
    factor = None if quantity.rest.startswith("m ") or first == "m" else _MULTIPLES.get(first.casefold())
    return quantity if factor is None else Quantity(quantity.value * factor, others)


def _value(found: re.Match[str]) -> float:
    value = _float(found["value"])
    if found["power"] is not None:
        value = float(value ** int(found["power"]))
    if found["exponent"] is not None:
        value *= 10.0 ** int(found["exponent"])
    if found["divisor"] is not None:
        value /= _float(found["divisor"])
    return value


def _float(digits: str) -> float:
    plain = re.sub(r"[_ ']", "", digits)
    grouped = re.fullmatch(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", plain)
    return float(plain.replace(",", "" if grouped else "."))
