"""Text files read with every way it can go wrong as an error that names the file."""

from __future__ import annotations

from pathlib import Path

from grader.errors import GraderError, InputError

MAX_BYTES = 32 << 20


def read_text(path: Path, *, error: type[GraderError] = InputError, max_bytes: int = MAX_BYTES) -> str:
    """The text of a UTF-8 file. Raises: `error` when it is missing, no file, too large or not UTF-8."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise error("is not a file", path=path, remedy="give the path of a file")
        if size > max_bytes:
            raise error(f"is {size:,} bytes; at most {max_bytes:,} are read", path=path)
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise error("no such file", path=path) from None
    except UnicodeDecodeError as wrong:
        line = path.read_bytes()[: wrong.start].count(b"\n") + 1
        raise error("is not UTF-8 text", path=path, line=line, remedy="save the file as UTF-8") from None
    except OSError as wrong:
        raise error(f"cannot be read: {wrong.strerror or wrong}", path=path) from None
