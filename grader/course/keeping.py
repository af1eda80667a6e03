"""Files of a cache that tell themselves whether they are whole: the SHA-256 of the rest, a line end, the rest.

An entry that was damaged is no entry, and a cache that cannot be written only costs time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path


def sealed(payload: str) -> str:
    """The text of an entry."""
    return f"{_hash(payload)}\n{payload}"


def opened(text: str) -> str:
    """What `sealed` was given. Raises: ValueError when a single character is not as it was written."""
    mark, _, payload = text.partition("\n")
    if mark != _hash(payload):
        raise ValueError("the entry is damaged")
    return payload


def keep(entry: Path, text: str, most: int) -> None:
    """Write an entry whole, and of its kind (KIND-HASH.json) keep the `most` newest."""
    with contextlib.suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        fresh = entry.with_name(f".{entry.name}.{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, entry)
        kind = entry.name.partition("-")[0]
        old = sorted(entry.parent.glob(f"{kind}-*.json"), key=lambda file: file.stat().st_mtime)
        for file in old[:-most]:
            file.unlink(missing_ok=True)


def _hash(payload: str) -> str:
    return hashlib.sha256(payload.encode()).hexdigest()
