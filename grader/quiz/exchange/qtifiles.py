"""The XML files of a QTI package, or a single one: roots without namespaces, in the manifest's order."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from html import escape
from io import BytesIO
from urllib.parse import unquote
from xml.etree.ElementTree import Element, tostring

from grader.errors import InputError
from grader.quiz.exchange.build import Gather
from grader.quiz.exchange.carried import strip_names
from grader.quiz.exchange.markup import to_markdown
from grader.quiz.exchange.remarks import split_picture
from grader.quiz.exchange.secure import Archive, parse_xml, picture_path

_XML = (".xml", ".qti", ".dat")
_BASES = ("$IMS-CC-FILEBASE$/", "%24IMS-CC-FILEBASE%24/", "$IMS_CC_FILEBASE$/", "../", "./")

_NOT_A_NAME = re.compile(r"\W+", re.A)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")

Say = Callable[[str, str], None]
"""Says what is lost: a key and the reason."""


@dataclass(frozen=True)
class Page:
    """One XML file: its root, and how to read a file that lies beside it."""

    name: str
    root: Element
    beside: Callable[[str], bytes | None]


def is_zip(data: bytes) -> bool:
    """Whether these bytes are an archive."""
    return zipfile.is_zipfile(BytesIO(data))


def pages(data: bytes, name: str, roots: frozenset[str], lost: Callable[[str], None]) -> list[Page]:
    """The files of a package whose root is one of `roots`, those of the manifest first; or the one file that `data` is.

    `lost` is told of members that are no XML. Raises: InputError when none of `roots` is found.
    """
    if not is_zip(data):
        root = strip_names(parse_xml(data, name))
        if root.tag not in roots:
            raise InputError(
                f"{name} is XML, but its root is <{root.tag}>",
                remedy=f"name the right format; this one starts with <{min(roots)}>",
            )
        return [Page(name, root, lambda path: None)]
    archive = Archive(data, name)
    found = list(_members(archive, roots, lost))
    if not found:
        raise InputError(
            f"{name} holds no file that starts with <{min(roots)}>", remedy="export it as a QTI package"
        )
    return found


def _members(archive: Archive, roots: frozenset[str], lost: Callable[[str], None]) -> Iterator[Page]:
    for member in _ordered(archive):
        try:
            root = strip_names(parse_xml(archive.read(member), member))
        except InputError as wrong:
            if "zip bomb" in str(wrong) or "entities" in str(wrong):
                raise
            lost(f"the file {member}: {wrong.problems[0].message}")
            continue
        if root.tag in roots:
            yield Page(member, root, _beside(archive, posixpath.dirname(member)))


def _ordered(archive: Archive) -> list[str]:
    """XML members, those the manifest names first and in its order."""
    known = [name for name in archive.names if name.lower().endswith(_XML)]
    listed: list[str] = []
    manifest = next((name for name in known if posixpath.basename(name) == "imsmanifest.xml"), None)
    if manifest is not None:
        base = posixpath.dirname(manifest)
        root = strip_names(parse_xml(archive.read(manifest), manifest))
        hrefs = [unquote(one.get("href", "")) for one in root.iter() if one.tag in {"resource", "file"}]
        listed = [posixpath.normpath(posixpath.join(base, href)) for href in hrefs if href]
    return [name for name in dict.fromkeys([*listed, *known]) if name in set(known) and name != manifest]


def _beside(archive: Archive, folder: str) -> Callable[[str], bytes | None]:
    names = set(archive.names)

    def read(path: str) -> bytes | None:
        for base in _BASES:
            path = path.removeprefix(base)
        for place in (posixpath.normpath(posixpath.join(folder, path)), posixpath.normpath(path)):
            if place in names:
                return archive.read(place)
        return next((archive.read(one) for one in sorted(names) if path and one.endswith(f"/{path}")), None)

    return read


def html_of(element: Element | None) -> str:
    """What an element holds, as HTML."""
    if element is None:
        return ""
    return escape(element.text or "") + "".join(tostring(child, encoding="unicode") for child in element)


def marked(element: Element | None, say: Say) -> str:
    """What an element holds as Markdown; says where a formula lost its layout."""
    if element is not None and any(one.tag == "math" for one in element.iter()):
        say("stem", "the layout of a formula in MathML: its signs are kept")
    return to_markdown(html_of(element))


def with_its_picture(gather: Gather, stem: str, page: Page, say: Say) -> tuple[str, dict[str, str]]:
    """The question and its picture's keys, where its last paragraph is a picture that lies in the package."""
    text, path, alt = split_picture(stem)
    name = picture_path(_plain_path(path)) if path else None
    data = page.beside(unquote(path)) if path else None
    if path and name and data is not None:
        gather.picture(name, data)
        return _without_pictures(text, say), {"image": name, "image_alt": alt}
    return _without_pictures(stem, say), {}


def _without_pictures(text: str, say: Say) -> str:
    if "![" in text:
        say("image", "a picture within the text: give it as the item's `image`")
    return text


def _plain_path(path: str) -> str:
    path = unquote(path)
    for base in _BASES:
        path = path.removeprefix(base)
    return path


def inner_text(element: Element | None) -> str:
    """All texts of an element as one; empty without one."""
    return "".join(element.itertext()).strip() if element is not None else ""


def finite(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None


def points_of(text: str) -> float | None:
    """Points as an item may have them, or None."""
    points = finite(text)
    return points if points and 0 < points <= 1000 else None


def typed(markdown: str) -> str:
    """A text as it is typed: no signs of Markdown that were only escaped."""
    return re.sub(r"\\([\\`*_\[\]])", r"\1", markdown)


def blank_name(told: str, place: int, taken: Container[str]) -> str:
    """A blank's name: what the file calls it, where that can be one, or else its place."""
    name = _NOT_A_NAME.sub("_", told).strip("_")[:32]
    return name if _NAME.fullmatch(name) and name not in taken else f"b{place}"
