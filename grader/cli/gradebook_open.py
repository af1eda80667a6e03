"""Which gradebook a command reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.gradebook.store import Gradebook

WHERE = click.option("--gradebook", "where", default="gradebook.db", help="A file or a database URL.")


def open_book(where: str) -> Gradebook:
    """The gradebook. Raises: `UsageError` when there is no such file."""
    from grader.gradebook.store import Gradebook

    if "://" not in where and not Path(where).is_file():
        raise UsageError(f"no gradebook at {where}", remedy="grader grade makes one")
    return Gradebook(where)
