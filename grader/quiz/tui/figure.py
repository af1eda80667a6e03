"""A picture in any terminal: two pixels a character, as half-blocks in colour. Needs Pillow; without it, the words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.color import Color
from rich.style import Style
from rich.text import Text
from textual.widgets import Static

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_MAX_PIXELS = 40_000_000
_HALF = "▀"  # its upper half has the foreground colour, its lower half the background's


def figure(path: Path, alt: str, columns: int, rows: int) -> Static:
    """The picture and its words as a widget; the words alone where it cannot be shown."""
    text = half_blocks(path, columns, rows) or Text()
    text.append(alt or path.name, "italic")
    return Static(text, classes="figure")


def half_blocks(path: Path, columns: int, rows: int) -> Text | None:
    """The picture in at most `columns` by `rows` characters; None when it cannot be shown."""
    small = _scaled(path, columns, 2 * rows)
    if small is None:
        return None
    text = Text()
    for y in range(0, small.height, 2):
        for x in range(small.width):
            text.append(_HALF, Style(color=_colour(small, x, y), bgcolor=_colour(small, x, y + 1)))
        text.append("\n")
    return text


def _scaled(path: Path, width: int, height: int) -> Picture | None:
    """The picture on white, made to fit; None without Pillow, or when the file is no picture or a huge one."""
    try:
        from PIL import Image
    except ImportError:
        return None
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > _MAX_PIXELS:
                return None
            whole = opened.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    scale = min(width / whole.width, height / whole.height, 1.0)
    size = max(1, round(whole.width * scale)), max(1, round(whole.height * scale))
    white = Image.new("RGBA", whole.size, "white")
    return Image.alpha_composite(white, whole).convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _colour(picture: Picture, x: int, y: int) -> Color | None:
    if y >= picture.height:
        return None
    pixel = picture.getpixel((x, y))
    assert isinstance(pixel, tuple)  # RGB has three
    return Color.from_rgb(*pixel)
