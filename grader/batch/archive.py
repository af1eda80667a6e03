"""Archives that learners hand in, unpacked by a reader that trusts nothing in them.

Only regular files are written, only those a grader can use, only below the folder given, and never more than the
bounds say: sizes are counted as bytes come out of the decompressor, not as headers state them.
"""

from __future__ import annotations

import bz2
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from grader.batch.submission import text_of
from grader.errors import InputError

TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
SUFFIXES = (".zip", *TARS)
_WANTED = (".py", ".ipynb", *SUFFIXES)
_CHUNK = 1 << 16
_LZMA_MEMORY = 128 << 20
_OTHERS = (".rar", ".7z", ".gz", ".tar.zst", ".zst")


@dataclass(frozen=True)
class Bounds:
    """What one archive may hold. Sizes in bytes, unpacked unless said otherwise."""

    archive: int = 64 << 20  # as it lies on disk
    total: int = 64 << 20
    file: int = 16 << 20
    members: int = 10_000
    ratio: int = 400  # unpacked to packed, of a whole archive larger than a mebibyte


#: a learner's archive, and a whole class's as a learning platform packs it
LEARNER = Bounds()
CLASS = Bounds(archive=16 << 30, total=16 << 30, file=64 << 20, members=1_000_000)


@dataclass(frozen=True)
class Left:
    """A member that was not unpacked, and why."""

    name: str
    why: str


class _Stop(Exception):
    """Nothing after this can be read."""


def is_archive(name: str) -> bool:
    """Whether the name is one of an archive that can be opened."""
    return name.lower().endswith(SUFFIXES)


def is_foreign_archive(name: str) -> bool:
    """Whether the name is one of an archive that cannot be opened."""
    return name.lower().endswith(_OTHERS) and not is_archive(name)


def stem(name: str) -> str:
    """The archive's name without its suffixes."""
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def unpack(path: Path, into: Path, bounds: Bounds = LEARNER, extra: tuple[str, ...] = ()) -> list[Left]:
    """Unpack what is usable below `into`; gives what is not. `extra`: further file names to keep.

    Raises: `InputError` when it is no archive, encrypted as a whole, or beyond the bounds before anything is read.
    """
    if path.stat().st_size > bounds.archive:
        raise InputError(f"is larger than {bounds.archive >> 20} MiB", path=path, remedy="unpack it yourself")
    writer = _Writer(into, bounds, extra, path.stat().st_size)
    try:
        (_zip if path.name.lower().endswith(".zip") else _tar)(path, writer)
    except _Stop as end:
        writer.left.append(Left("the rest", str(end)))
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        lzma.LZMAError,
        zlib.error,
        EOFError,
        ValueError,
        OSError,
    ) as wrong:
        reason = f"is damaged or no archive: {wrong}" if str(wrong) else "is damaged or no archive"
        if not writer.count:
            raise InputError(reason, path=path) from None
        writer.left.append(Left("the rest", reason))
    return writer.left


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Writer:
    """Writes members below a folder, and keeps count."""

    def __init__(self, into: Path, bounds: Bounds, extra: tuple[str, ...], packed: int) -> None:
        self.into, self.bounds, self.extra = into, bounds, extra
        self.total = self.count = 0
        self.most = min(bounds.total, max(1 << 20, packed * bounds.ratio))
        self.left: list[Left] = []

    def begin(self, name: str) -> None:
        """Count a member. Raises: `_Stop`."""
        self.count += 1
        if self.count > self.bounds.members:
            raise _Stop(f"it holds more than {self.bounds.members:,} members")

    def leave(self, name: str, why: str) -> None:
        """Note a member that is not taken."""
        self.left.append(Left(text_of(name), why))

    def target(self, name: str) -> Path | None:
        """Where a member may be written; None, and noted, when it may not."""
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in (parts.parts or ("",))[0] or "\0" in name:
            self.leave(name, "its path leads out of the archive")
            return None
        if any(part.startswith(".") or part == "__MACOSX" for part in parts.parts):
            return None  # what operating systems add, not what a learner wrote
        if is_foreign_archive(name) or not (name.lower().endswith(_WANTED) or parts.name in self.extra):
            why = (
                "is an archive that cannot be opened: zip or tar"
                if is_foreign_archive(name)
                else "belongs to no exercise"
            )
            self.leave(name, why)
            return None
        return self.into / parts

    def write(self, name: str, source: _Readable) -> None:
        """Write one member from `source`. Raises: `_Stop` beyond the bounds."""
        target = self.target(name)
        if target is None:
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            file = target.open("xb")
        except FileExistsError:
            return self.leave(name, "is in the archive twice; the first was taken")
        except OSError as wrong:
            return self.leave(name, f"cannot be written under that name: {wrong.strerror}")
        size = 0
        with file:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                self.add(len(chunk))
                if size > self.bounds.file:
                    break
                file.write(chunk)
        if size > self.bounds.file:
            target.unlink()
            return self.leave(name, f"is larger than {self.bounds.file >> 20} MiB")

    def add(self, count: int) -> None:
        """Count unpacked bytes. Raises: `_Stop`."""
        self.total += count
        if self.total > self.most:
            raise _Stop(f"it unpacks to more than {self.most >> 20} MiB, as a decompression bomb does")


# ----------------------------------------------------------------------------------------------------------- zip


def _zip(path: Path, writer: _Writer) -> None:
    entries = _entries(path)
    if entries > writer.bounds.members:
        raise InputError(f"holds more than {writer.bounds.members:,} members", path=path)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            writer.begin(info.filename)
            why = _zip_refusal(info)
            if info.is_dir() or why:
                if why:
                    writer.leave(info.filename, why)
                continue
            if info.file_size > writer.bounds.file:
                writer.leave(info.filename, f"is larger than {writer.bounds.file >> 20} MiB")
                continue
            try:
                with archive.open(info) as source:
                    writer.write(info.filename, source)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as wrong:
                writer.leave(info.filename, f"is damaged: {wrong}")


def _zip_refusal(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a symbolic link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is not a regular file"
    if info.flag_bits & 1:
        return "is encrypted: hand in an archive without a password"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in a way that is not read: use an ordinary zip"
    return ""


def _entries(path: Path) -> int:
    """How many members the directory can hold: their mark, counted, since what the archive says may be untrue."""
    count, tail = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            count += (tail + chunk).count(b"PK\1\2")
            tail = chunk[-3:]
    return count


# ----------------------------------------------------------------------------------------------------------- tar


def _tar(path: Path, writer: _Writer) -> None:
    with path.open("rb") as file:
        stream = io.BufferedReader(_Bounded(_plain(file), writer.most + (1 << 20)), _CHUNK)
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                writer.begin(member.name)
                if member.isdir():
                    continue
                if not member.isreg():
                    writer.leave(
                        member.name,
                        "is a link" if member.issym() or member.islnk() else "is not a regular file",
                    )
                    continue
                if member.size > writer.bounds.file:
                    writer.leave(member.name, f"is larger than {writer.bounds.file >> 20} MiB")
                    continue
                source = archive.extractfile(member)
                if source is not None:
                    writer.write(member.name, source)


class _Bounded(io.RawIOBase):
    """A stream that ends the reading, rather than the memory, of whoever wants too much of it."""

    def __init__(self, chunks: Iterator[bytes], most: int) -> None:
        self._chunks, self._most, self._rest = chunks, most, b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._most -= len(chunk)
            if self._most < 0:
                raise _Stop("it unpacks to more than is allowed, as a decompression bomb does")
            self._rest = chunk
        count = min(len(into), len(self._rest))
        into[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _plain(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a tar file, decompressed by what it begins with, a bounded piece at a time."""
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return _inflated(file)
    if head.startswith(b"BZh"):
        return _members(file, lambda: bz2.BZ2Decompressor())
    if head.startswith(b"\xfd7zXZ"):
        return _members(file, lambda: lzma.LZMADecompressor(memlimit=_LZMA_MEMORY))
    return iter(lambda: file.read(_CHUNK), b"")


def _members(file: IO[bytes], fresh: Any) -> Iterator[bytes]:
    decompressor, data = fresh(), b""
    while True:
        if decompressor.needs_input and not data:
            data = file.read(_CHUNK)
            if not data:
                return
        piece = decompressor.decompress(data, _CHUNK)
        data = b""
        if piece:
            yield piece
        if decompressor.eof:
            data = decompressor.unused_data
            if not data and not (data := file.read(_CHUNK)):
                return
            decompressor = fresh()


def _inflated(file: IO[bytes]) -> Iterator[bytes]:
    decompressor, data = zlib.decompressobj(31), file.read(_CHUNK)
    while data:
        piece = decompressor.decompress(data, _CHUNK)
        if piece:
            yield piece
        data = decompressor.unconsumed_tail
        if decompressor.eof:
            data = decompressor.unused_data.lstrip(b"\0")
            decompressor = zlib.decompressobj(31)
        if not data:
            data = file.read(_CHUNK)
