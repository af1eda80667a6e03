"""The table of formats: add a row, and the commands know it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from grader.errors import InputError, UsageError
from grader.quiz.exchange.model import Exported, Format, Imported, Packing, Pictures, Reader, Writer
from grader.quiz.exchange.secure import MAX_FILE, qti_version
from grader.quiz.model import Bank

_PACKAGE = "grader.quiz.exchange"


def _lazy(module: str, name: str) -> Callable[..., Any]:
    """The function `name`, its module imported when it is first called: a format's libraries load only when used."""

    def call(*args: Any) -> Any:
        return getattr(import_module(f"{_PACKAGE}.{module}"), name)(*args)

    return call


def _reader(module: str, name: str) -> Reader:
    return _lazy(module, name)


def _writer(module: str, name: str) -> Writer:
    return _lazy(module, name)


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format(
            "csv",
            ".csv",
            "spreadsheet, one item a row; holds everything",
            _reader("csvs", "read_csv"),
            _writer("csvs", "write_csv"),
        ),
        Format(
            "gift",
            ".gift",
            "Moodle's text format",
            _reader("gift_read", "read_gift"),
            _writer("gift_write", "write_gift"),
        ),
        Format(
            "moodle",
            ".xml",
            "Moodle XML",
            _reader("moodle_read", "read_moodle"),
            _writer("moodle_write", "write_moodle"),
        ),
        Format(
            "apkg",
            ".apkg",
            "Anki deck",
            _reader("anki_read", "read_apkg"),
            _writer("anki_write", "write_apkg"),
        ),
        Format(
            "markdown",
            ".md",
            "questions and answers as <details>",
            _reader("markdown_read", "read_markdown"),
            _writer("markdown_write", "write_markdown"),
        ),
        Format(
            "qti12",
            ".zip",
            "IMS QTI 1.2 package (Canvas, Blackboard)",
            _reader("qti12_read", "read_qti12"),
            _writer("qti12", "write_qti12"),
        ),
        Format(
            "qti21",
            ".zip",
            "IMS QTI 2.1 package (TAO, OpenOLAT, Canvas)",
            _reader("qti21_read", "read_qti21"),
            _writer("qti21", "write_qti21"),
        ),
        Format(
            "html",
            ".html",
            "one page to read or print",
            _reader("page_read", "read_html"),
            _writer("page", "write_html"),
        ),
    )
}
READABLE = tuple(name for name, one in FORMATS.items() if one.read)
WRITABLE = tuple(name for name, one in FORMATS.items() if one.write)
_SUFFIXES = {".zip": "qti12", ".htm": "html", ".txt": "gift", ".tsv": "csv", ".markdown": "markdown"}


def read_file(path: Path, name: str | None = None) -> Imported:
    """The questions of a file; its format by `name`, or else by the file's suffix.

    Raises: InputError when it cannot be read or understood; UsageError for a format that is not known.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE:
            raise InputError(
                f"is {size:,} bytes; at most {MAX_FILE:,} are read", path=path, remedy="split the file"
            )
        data = path.read_bytes()
    except OSError as wrong:
        raise InputError(
            f"cannot be read: {wrong.strerror or wrong}", path=path, remedy="check the path"
        ) from None
    try:
        imported = read_bytes(data, path.name, name)
    except InputError as wrong:
        first = wrong.problems[0]
        raise InputError(
            first.message, path=path, line=first.line, key=first.key, remedy=first.remedy
        ) from None
    return imported


def read_bytes(data: bytes, name: str, format_name: str | None = None) -> Imported:
    """The questions of a file's bytes; see `read_file`."""
    suffix = Path(name).suffix.lower()
    known = {one.suffix: one.name for one in FORMATS.values() if one.read} | _SUFFIXES
    chosen = format_name or (qti_version(data) if suffix in {".zip", ".xml"} else None) or known.get(suffix)
    if chosen is None or chosen not in READABLE:
        what = f"format {format_name}" if format_name else f"file ending {suffix or '(none)'}"
        raise UsageError(f"no reader for the {what}", remedy=f"name one of: {', '.join(READABLE)}")
    reader = FORMATS[chosen].read
    assert reader is not None  # READABLE says so
    return reader(data, name)


def write_bytes(bank: Bank, format_name: str, packing: Packing) -> Exported:
    """`bank` in another format. Raises: UsageError for a format that is not known."""
    if format_name not in WRITABLE:
        raise UsageError(
            f"no writer for the format {format_name}", remedy=f"name one of: {', '.join(WRITABLE)}"
        )
    writer = FORMATS[format_name].write
    assert writer is not None  # WRITABLE says so
    return writer(bank, packing)


def pictures_in(folder: Path) -> Pictures:
    """Reads pictures below `folder`, and no other file: a bank from a stranger reaches nothing else."""
    from grader.quiz.exchange.secure import MAX_MEMBER, picture_path

    root = folder.resolve()

    def read(path: str) -> bytes | None:
        target = (root / path).resolve()
        if picture_path(path) is None or not target.is_relative_to(root):
            return None
        try:
            return target.read_bytes() if target.stat().st_size <= MAX_MEMBER else None
        except OSError:
            return None

    return read
