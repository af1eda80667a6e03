"""Reading what strangers wrote: text of any encoding, XML without entities, archives that stay small and in place."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element, ParseError

from grader.errors import InputError

MAX_FILE = 64 << 20
"""Bytes of a file that are read."""
MAX_MEMBER = 128 << 20
"""Bytes one member of an archive may have once unpacked."""
MAX_TOTAL = 256 << 20
"""Bytes that are unpacked from one archive."""
MAX_MEMBERS = 20_000
MAX_RATIO = 200
"""How many times its size a member over a mebibyte may unpack to: deflate reaches 1,032, text rarely 20."""
MAX_DEPTH = 100

_HEAD = 4096
_QTI = {b"questestinterop": "qti12", b"assessmentItem": "qti21", b"assessmentTest": "qti21"}
_ROOT = re.compile(rb"<(?:[\w.-]+:)?(" + b"|".join(_QTI) + rb")[\s>/]")

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp|svg)$", re.I)
_SAFE_NAME = re.compile(r"[^\w. -]+")
_NOT_XML = re.compile(r"[^\t\n\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def decode(data: bytes, name: str, *, line_ends: bool = True) -> str:
    """Text of UTF-8, UTF-16 with a byte order mark, or else Windows-1252.

    Line ends become newlines, unless `line_ends` is False.

    Raises: InputError for what holds zero bytes and so is no text.
    """
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise InputError(f"{name} is not a text file", remedy="check the format, or save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n") if line_ends else text


def parse_xml(data: bytes, name: str) -> Element:
    """The root of an XML document; comments are kept as elements whose tag is no text.

    Raises: InputError when it is not XML, declares entities or a DTD, or is nested too deeply.
    """
    from xml.etree.ElementTree import TreeBuilder

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    try:
        parser = DefusedXMLParser(target=TreeBuilder(insert_comments=True), forbid_dtd=False)
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException:
        raise InputError(
            f"{name} declares XML entities, which can fill the memory or read files",
            remedy="export it again without a DTD",
        ) from None
    except ParseError as wrong:
        line = wrong.position[0] if wrong.position else None
        raise InputError(
            f"{name} is not XML: {wrong}", line=line, remedy="export it again, or mend that line"
        ) from None
    except (LookupError, ValueError) as wrong:
        raise InputError(f"{name} is not XML: {wrong}", remedy="save it as UTF-8") from None
    if _is_deeper(root, MAX_DEPTH):
        raise InputError(f"{name} is nested more than {MAX_DEPTH} levels deep")
    return root


def xml_text(text: str) -> str:
    """`text` as XML 1.0 can hold it: other characters become U+FFFD, line ends newlines."""
    return _NOT_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


class Archive:
    """A zip file in memory: nothing is written to disk, and what is unpacked is bounded."""

    def __init__(self, data: bytes, name: str) -> None:
        """Raises: InputError when it is no zip file or has too many members."""
        self._name, self._left = name, MAX_TOTAL
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as wrong:
            raise InputError(f"{name} is no zip archive: {wrong}", remedy="export it again") from None
        self._members = {info.filename: info for info in self._zip.infolist()}
        if len(self._zip.infolist()) > MAX_MEMBERS:
            raise InputError(f"{name} has more than {MAX_MEMBERS:,} members")

    @property
    def names(self) -> list[str]:
        """The members' names as they stand in the archive; never to be used as paths."""
        return list(self._members)

    def head(self, member: str) -> bytes:
        """The first 4 KiB of one member; empty when it cannot be read."""
        try:
            with self._zip.open(self._members[member]) as stream:
                return stream.read(_HEAD)
        except Exception:  # whatever a damaged stream brings up: reading it whole will say what is wrong
            return b""

    def read(self, member: str) -> bytes:
        """The bytes of one member. Raises: InputError when it is missing, damaged, encrypted or unpacks to too much."""
        info = self._members.get(member)
        if info is None:
            raise InputError(f"{self._name} has no member {member}", remedy="export it again")
        limit = min(MAX_MEMBER, self._left, max(1 << 20, info.compress_size * MAX_RATIO))
        try:
            with self._zip.open(info) as stream:
                data = stream.read(limit + 1)
        except (
            zipfile.BadZipFile,
            RuntimeError,
            NotImplementedError,
            OSError,
            EOFError,
            ValueError,
        ) as wrong:
            raise InputError(f"{member} in {self._name} cannot be read: {wrong}") from None
        except Exception as wrong:  # zlib.error and whatever a damaged stream brings up
            raise InputError(f"{member} in {self._name} is damaged: {wrong}") from None
        if len(data) > limit:
            raise InputError(
                f"{member} in {self._name} unpacks to more than {limit:,} bytes: refused as a zip bomb"
            )
        self._left -= len(data)
        return data


def picture_path(path: str) -> str | None:
    """A path that stays below the bank's folder and names a picture, made from any path; None when there is none.

    Folders are kept, `..`, drives, leading slashes, hidden names and odd characters are not.
    """
    parts = [
        _SAFE_NAME.sub("_", part).strip(" .")
        for part in PurePosixPath(path.replace("\\", "/").lstrip("/")).parts
    ]
    kept = [part for part in parts if part]
    if not kept or not _PICTURE.search(kept[-1]) or kept[-1].startswith("."):
        return None
    return "/".join(kept[-3:])[:200] if len("/".join(kept[-3:])) <= 200 else None


def qti_version(data: bytes) -> str | None:
    """`qti12` or `qti21`, by the first element of an XML file or of a package's members; None for anything else."""
    heads = [data[:_HEAD]]
    if zipfile.is_zipfile(io.BytesIO(data)):
        archive = Archive(data, "the package")
        heads = [archive.head(name) for name in archive.names if name.lower().endswith(".xml")]
    for head in heads:
        found = _ROOT.search(head.replace(b"\0", b""))
        if found:
            return _QTI[found[1]]
    return None


def _is_deeper(root: Element, limit: int) -> bool:
    level = [root]
    for _ in range(limit):
        level = [child for parent in level for child in parent]
        if not level:
            return False
    return True
