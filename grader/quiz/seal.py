"""Signatures under exam results: Ed25519, by the `cryptography` package.

    GRADER_HOME/exam-key.pem     this learner's private key, made at the first exam, readable by its owner alone

What a signature proves: the file was written by whoever holds that key, and not one byte has changed since. What it
cannot prove: that the learner worked alone, with this program unchanged, or at all. The key lies on the learner's own
machine, so whoever can read it can sign anything. A supervised room proves more than any signature.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from grader.errors import InputError


def load_key(path: Path) -> Ed25519PrivateKey:
    """The key at `path`, made when there is none. Raises: InputError when the file is something else."""
    try:
        if not path.exists():
            _make(path)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as wrong:
        raise InputError(
            f"is no key: {wrong}",
            path=path,
            remedy="move it away; a new one is made, which your instructor will notice",
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError("is a key of another kind", path=path, remedy="move it away")
    return key


def sealed(content: dict[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """`content` with the public key and the signature over its canonical JSON."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        "result": content,
        "public_key": base64.b64encode(public).decode(),
        "signature": base64.b64encode(key.sign(canonical(content))).decode(),
    }


def unsealed(data: Any, path: Path) -> dict[str, Any]:
    """The content of a sealed file's data. Raises: InputError when it is none, or was changed after signing."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(data["public_key"], validate=True))
        public.verify(base64.b64decode(data["signature"], validate=True), canonical(data["result"]))
        content = data["result"]
    except InvalidSignature:
        raise InputError(
            "was changed after it was signed",
            path=path,
            remedy="ask the learner for the file as the exam wrote it",
        ) from None
    except (KeyError, TypeError, ValueError) as wrong:
        raise InputError(f"is no exam result: {wrong!r}", path=path) from None
    if not isinstance(content, dict):
        raise InputError("is no exam result", path=path)
    return content


def fingerprint_of(data: dict[str, Any]) -> str:
    """Twelve hexadecimal digits by which people tell keys apart."""
    return hashlib.sha256(str(data.get("public_key")).encode()).hexdigest()[:12]


def canonical(content: Any) -> bytes:
    """The one spelling of JSON data that is signed."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.encode("ascii")


def _make(path: Path) -> None:
    """Write a new key whole or not at all; of two processes at once one wins, and both use its key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
