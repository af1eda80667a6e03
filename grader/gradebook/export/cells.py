"""Cells of a CSV that spreadsheets read as what they are: text as text, numbers as numbers."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from _csv import Writer

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before what could begin one.

    Source: OWASP, CSV Injection (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    return "'" + text if text.lstrip(" ").startswith(_STARTS) else text


def number(value: float | None) -> str:
    """A number as short as it goes, without an exponent; empty where there is none."""
    if value is None:
        return ""
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"


def table(out: TextIO) -> Writer:
    """A writer of RFC 4180 lines, with the newline that is asked for here whatever the system's."""
    return csv.writer(out, lineterminator="\n")


def row(writer: Any, cells: list[str | float | int | None]) -> None:
    """Write one line; every text is made inert, every number short."""
    writer.writerow([inert(cell) if isinstance(cell, str) else number(cell) for cell in cells])
