r"""Maths as Unicode: `$\lfloor (h - k)/s \rfloor + 1$` reads ⌊(h − k)/s⌋ + 1 in any terminal.

Symbols, sub- and superscripts are `unicodeit`'s; what has a structure (fractions, roots, words) is unfolded here first.
"""

from __future__ import annotations

import re

_MATHS = re.compile(r"\$\$(.+?)\$\$|(?<![\\$\w])\$(?=\S)([^$\n]*?[^\s$\\])\$(?![\w$])", re.S)
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.S)
_WORDS = re.compile(r"\\(?:text|mathrm|operatorname|mathbf|textbf|mathit|texttt|boldsymbol)\*?\s*\{")
_FUNCTIONS = re.compile(
    r"\\(max|min|log|ln|exp|sin|cos|tan|tanh|det|dim|lim|sup|inf|arg|argmax|argmin|mod|Pr)(?![A-Za-z])"
)
_SPACES = re.compile(r"\\(?:[,;:! ]|quad\b|qquad\b)|~")
_SIZES = re.compile(r"\\(?:left|right|big|Big|bigg|Bigg|displaystyle|limits)(?![A-Za-z])(?:\.(?!\d))?")
_SCRIPT = re.compile(r"([_^])\{([^{}]*)\}")


def unicode_maths(text: str) -> str:
    """`text` with what stands between dollar signs as Unicode; code is left alone."""
    if "$" not in text:
        return text
    pieces = _CODE.split(text)
    return "".join(
        piece if place % 2 else _MATHS.sub(lambda found: formula(found[1] or found[2]), piece)
        for place, piece in enumerate(pieces)
    )


def formula(tex: str) -> str:
    """One formula as Unicode; what Unicode lacks stays readable, such as `x_(ij)` and `(a + b)/c`."""
    import unicodeit  # type: ignore[import-untyped]

    plain = _SIZES.sub("", tex.strip())
    plain = _SPACES.sub(" ", plain).replace("\\\\", " ").replace("\\{", "{").replace("\\}", "}")
    plain = _unfold(_FUNCTIONS.sub(r"\1", plain))
    plain = str(unicodeit.replace(plain))
    plain = _SCRIPT.sub(r"\1(\2)", plain)
    plain = re.sub(r"\s+", " ", plain).strip()
    return re.sub(r"(?<=[⌊⌈]) | (?=[⌋⌉])", "", plain)


def _unfold(tex: str) -> str:
    """Fractions, roots and words without their commands, from the outside inwards."""
    while (word := _WORDS.search(tex)) is not None:
        inside, end = _group(tex, word.end() - 1)
        tex = tex[: word.start()] + inside + tex[end:]
    while (place := max(tex.find("\\frac{"), tex.find("\\dfrac{"), tex.find("\\tfrac{"))) >= 0:
        above, end = _group(tex, tex.index("{", place))
        below, end = _group(tex, end) if tex[end : end + 1] == "{" else ("", end)
        tex = tex[:place] + f"{_one(above)}/{_one(below)}" + tex[end:]
    while (place := tex.find("\\sqrt{")) >= 0:
        inside, end = _group(tex, place + 5)
        tex = tex[:place] + f"√{_one(inside)}" + tex[end:]
    return tex


def _group(tex: str, start: int) -> tuple[str, int]:
    """What stands in the braces that open at `start`, and where they end; an open brace ends with the formula."""
    depth = 0
    for place in range(start, len(tex)):
        depth += (tex[place] == "{") - (tex[place] == "}")
        if depth == 0:
            return tex[start + 1 : place], place + 1
    return tex[start + 1 :], len(tex)


def _one(part: str) -> str:
    """The part, in brackets unless it is a single thing."""
    part = part.strip()
    return part if re.fullmatch(r"\\?\w+(?:_\w|\^\w)?", part) else f"({part})"
