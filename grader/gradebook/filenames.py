"""A file name for any learner's name: portable, readable, and never the same for two learners."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d|index")


def safe_name(learner: str) -> str:
    """The name itself where every file system takes it; else what is left of it, and a part of its SHA-256.

    Names that differ only in case or in Unicode form differ in the hash, so that no file system mixes them up.
    """
    if (
        _PLAIN.fullmatch(learner)
        and not _RESERVED.fullmatch(learner)
        and not re.search(r"-[0-9a-f]{12}$", learner)
    ):
        return learner
    plain = unicodedata.normalize("NFKD", learner).encode("ascii", "ignore").decode().lower()
    left = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "learner"
    digest = hashlib.sha256(learner.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{left}-{digest}"
