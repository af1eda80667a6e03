"""Anki decks read: our own notes whole, cloze notes as cloze items, every other note as a question with its answer."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from pydantic import ValidationError

from grader.errors import CourseError, InputError
from grader.quiz.exchange.anki_base import Note, notes_in
from grader.quiz.exchange.anki_write import FIELDS, MODEL_NAME, media_name, sides
from grader.quiz.exchange.build import Gather
from grader.quiz.exchange.clozecode import split_text
from grader.quiz.exchange.markup import to_markdown
from grader.quiz.exchange.model import Imported
from grader.quiz.exchange.paths import data_of, item_of
from grader.quiz.exchange.remarks import split_picture
from grader.quiz.exchange.secure import Archive, picture_path
from grader.quiz.kinds import Output
from grader.quiz.model import AnyItem

_GAP = re.compile(r"\{\{c\d+::(.*?)(?:::(.*?))?\}\}", re.S)
_SOUND = re.compile(r"\[sound:[^\]]*\]|\[anki:[^\]]*\]")


def read_apkg(data: bytes, name: str) -> Imported:
    """The notes of an Anki deck. Raises: InputError for what is none, or is packed in a way that cannot be read."""
    archive = Archive(data, name)
    gather = Gather()
    media = _media(archive, gather)
    for note in notes_in(archive, name):
        item = _own(note) if note.kind == MODEL_NAME and set(FIELDS) <= set(note.fields) else None
        if item is not None:
            _add_own(gather, item, archive, media)
        elif note.is_cloze:
            _add_cloze(gather, note)
        else:
            _add_card(gather, note, archive, media)
    return gather.result(name.rsplit(".", 1)[0] or "Imported")


def _own(note: Note) -> AnyItem | None:
    """The item within one of our notes, unless the card was edited in Anki since."""
    try:
        item = item_of(json.loads(html.unescape(note.fields["Item"])))
        name = media_name(item.image) if item.image else ""
        shown = [note.fields[side] for side in ("Front", "Back", "Extra")]
        told = list(sides(item, name if f'src="{name}"' in shown[0] else ""))
        if isinstance(item, Output):
            shown[1] = told[1] = ""  # what the code prints is not in the item
        return item if shown == told else None
    except (ValueError, ValidationError, CourseError, RecursionError):
        return None


def _add_own(gather: Gather, item: AnyItem, archive: Archive, media: dict[str, str]) -> None:
    gather.add(item.id, data_of(item))
    member = media.get(media_name(item.image)) if item.image else None
    if item.image and member is not None and picture_path(item.image) == item.image:
        gather.picture(item.image, archive.read(member))


def _add_card(gather: Gather, note: Note, archive: Archive, media: dict[str, str]) -> None:
    """A question and its answer: the first two fields, or ours without the id."""
    fields = dict(note.fields)
    label = fields.pop("Id", "") if note.kind == MODEL_NAME else ""
    if note.kind == MODEL_NAME and fields.pop("Item", None) is not None:
        gather.lost(label, "type", "was edited in Anki: what the card shows is read, as a free answer")
    texts = {key: _markdown(value, gather, label) for key, value in fields.items()}
    keys = list(texts)
    front, back = (
        (texts[key] for key in keys[:2]) if len(keys) > 1 else (texts.get(keys[0], "") if keys else "", "")
    )
    title = label or front
    if not front or not back:
        gather.lost(title[:50] or "a note", "", "left out: the note has no question and answer")
        return
    extra = texts.pop("Extra", "") if label else ""
    others = [key for key in keys[2:] if texts.get(key)]
    for key in others:
        gather.lost(title[:50], "", f"the field {key!r}")
    stem, path, alt = split_picture(front)
    member = media.get(path)
    safe = picture_path(path) if member is not None else None
    data: dict[str, Any] = {
        "type": "recall",
        "stem": front,
        "answer": back,
        "explanation": extra,
        "tags": list(note.tags),
    }
    if member is not None and safe is not None:
        gather.picture(safe, archive.read(member))
        data.update(stem=stem, image=safe, image_alt=alt)
    gather.add(title, data)


def _add_cloze(gather: Gather, note: Note) -> None:
    values = list(note.fields.values())
    blanks: dict[str, dict[str, Any]] = {}

    def name(found: re.Match[str]) -> str:
        key = f"b{len(blanks) + 1}"
        blanks[key] = {"type": "short", "accept": [to_markdown(found[1]).replace("\\", "") or found[1]]}
        if found[2]:
            gather.lost(found[1], "hints", f"the hint in the gap: {found[2]}")
        return f"@@{key}@@"

    marked = _markdown(_GAP.sub(name, values[0] if values else ""), gather, "")
    stem, text = split_text(re.sub(r"@@(b\d+)@@", r"[[\1]]", marked))
    extra = _markdown(values[1], gather, "") if len(values) > 1 else ""
    gather.add(
        text,
        {
            "type": "cloze",
            "stem": stem,
            "text": text,
            "blanks": blanks,
            "explanation": extra,
            "tags": list(note.tags),
        },
    )


def _markdown(value: str, gather: Gather, label: str) -> str:
    if _SOUND.search(value):
        gather.lost(label or to_markdown(value)[:50], "", "a sound")
    return to_markdown(_SOUND.sub("", value))


def _media(archive: Archive, gather: Gather) -> dict[str, str]:
    """The member that holds each picture, by the picture's name in the notes."""
    if "media" not in archive.names:
        return {}
    try:
        names = json.loads(archive.read("media"))
        return {str(name): str(member) for member, name in names.items() if str(member) in archive.names}
    except (ValueError, AttributeError, RecursionError):
        gather.lost("", "image", "the pictures: their list is in the newer layout of Anki")
        return {}
    except InputError as wrong:
        gather.lost("", "image", f"the pictures: {wrong.problems[0].message}")
        return {}
