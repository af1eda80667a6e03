"""IMS content packages: a zip with `imsmanifest.xml` that lists what is inside."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, fromstring, indent, tostring

from grader.quiz.exchange.markup import to_html

_KEPT = frozenset({"href", "src", "alt", "class"})


@dataclass(frozen=True)
class Resource:
    """One entry of the manifest: its main file, and further files it needs."""

    identifier: str
    kind: str
    href: str
    files: tuple[str, ...] = ()


def xml_bytes(root: Element) -> bytes:
    """An XML document in UTF-8."""
    text: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text + b"\n"


def identifier(prefix: str, text: str) -> str:
    """An XML identifier from any text: `text` itself where it can be one."""
    plain = f"{prefix}{text}"
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", plain):
        return plain
    return f"{prefix or 'x'}{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"


def manifest(title: str, schema: str, version: str, resources: list[Resource]) -> bytes:
    """`imsmanifest.xml` of a package."""
    root = Element(
        "manifest", xmlns="http://www.imsglobal.org/xsd/imscp_v1p1", identifier=identifier("manifest_", title)
    )
    metadata = SubElement(root, "metadata")
    SubElement(metadata, "schema").text = schema
    SubElement(metadata, "schemaversion").text = version
    SubElement(root, "organizations")
    listed = SubElement(root, "resources")
    for one in resources:
        resource = SubElement(listed, "resource", identifier=one.identifier, type=one.kind, href=one.href)
        for file in (one.href, *one.files):
            SubElement(resource, "file", href=file)
    indent(root)
    return xml_bytes(root)


def zipped(members: Mapping[str, bytes], now: datetime) -> bytes:
    """The package; the same members and time give the same bytes."""
    out = io.BytesIO()
    stamp = (max(now.year, 1980), now.month, now.day, now.hour, now.minute, now.second)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, stamp), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def body(markdown: str) -> Element:
    """Markdown as a `<div>` of XHTML, attributes that QTI does not know left out."""
    root: Element = fromstring(f"<div>{to_html(markdown)}</div>")
    for element in root.iter():
        for name in [name for name in element.attrib if name not in _KEPT]:
            del element.attrib[name]
    return root
