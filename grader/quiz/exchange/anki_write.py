"""Anki decks (.apkg), through genanki. A note's guid comes from the item's id, so that a later import updates it.

fields: Id, Front, Back, Extra (explanation and source), Item (the whole item as JSON, shown on no card)
"""

from __future__ import annotations

import hashlib
import html
import io
import json
import zipfile
from datetime import datetime
from typing import Any

from grader.errors import CourseError
from grader.quiz.exchange.concrete import concrete
from grader.quiz.exchange.face import face_of
from grader.quiz.exchange.markup import to_html
from grader.quiz.exchange.model import Exported, Loss, Packing
from grader.quiz.exchange.paths import data_of
from grader.quiz.exchange.secure import picture_path, xml_text
from grader.quiz.model import AnyItem, Bank

MODEL_ID, MODEL_NAME = 1_607_392_319, "Quiz item"
FIELDS = ("Id", "Front", "Back", "Extra", "Item")
_CSS = (
    ".card { font-family: sans-serif; font-size: 18px; line-height: 1.5; max-width: 44em; margin: auto; } "
    "pre { text-align: left; overflow-x: auto; } .extra { margin-top: 1.5em; font-size: 85%; }"
)
_BACK = '{{FrontSide}}<hr id="answer">{{Back}}{{#Extra}}<div class="extra">{{Extra}}</div>{{/Extra}}'


def write_apkg(bank: Bank, packing: Packing) -> Exported:
    """The bank as a deck of its title, one note an item."""
    losses = [Loss("", "", "Anki shows question and answer and marks nothing: the learner rates each card")]
    losses += [Loss("", "about", "the remark about the whole bank")] if bank.about.strip() else []
    losses += [Loss("", "topic", f"the bank's topic {bank.topic!r}")] if bank.topic != bank.title else []
    notes: list[Any] = []
    pictures: dict[str, bytes] = {}
    for item in bank.items:
        try:
            notes.append(_note(item, packing, pictures, losses))
        except CourseError as wrong:
            losses.append(Loss(item.id, "", f"left out: {wrong.problems[0].message}"))
    return Exported(_packed(bank.title, notes, pictures, packing.now), tuple(losses))


def sides(item: AnyItem, picture: str = "") -> tuple[str, str, str]:
    """Front, back and extra of an item as Anki's HTML; `picture` is the name of its media file."""
    face = face_of(concrete(item)[0])
    shown = (
        f'<p><img src="{html.escape(picture)}" alt="{html.escape(item.image_alt)}"></p>' if picture else ""
    )
    front, back, extra = (xml_text(to_html(side)) for side in (face.front, face.back, face.extra))
    return front + shown, back, extra


def media_name(path: str) -> str:
    """Anki keeps media in one folder."""
    return (picture_path(path) or "").replace("/", "_")


def _note(item: AnyItem, packing: Packing, pictures: dict[str, bytes], losses: list[Loss]) -> Any:
    import genanki

    if item.vars:
        losses.append(Loss(item.id, "", "fresh numbers at every showing: Anki shows one drawing"))
    found = packing.pictures(item.image) if item.image else None
    name = media_name(item.image) if item.image and found is not None else ""
    if item.image and not name:
        losses.append(Loss(item.id, "", f"the picture cannot be read: {item.image}"))
    if name and found is not None:
        pictures[name] = found
    whole = html.escape(json.dumps(data_of(item), ensure_ascii=False))
    return genanki.Note(
        model=_model(),
        fields=[item.id, *sides(item, name), whole],
        tags=[tag for tag in ("_".join(tag.split()) for tag in item.tags) if tag],
        guid=genanki.guid_for("cnn-grader", item.id),
        sort_field=item.id,
    )


def _model() -> Any:
    import genanki

    return genanki.Model(
        MODEL_ID,
        MODEL_NAME,
        fields=[{"name": name} for name in FIELDS],
        templates=[{"name": "Card 1", "qfmt": "{{Front}}", "afmt": _BACK}],
        css=_CSS,
        sort_field_index=0,
    )


def _packed(title: str, notes: list[Any], pictures: dict[str, bytes], now: datetime) -> bytes:
    """Genanki's archive with our pictures in it, which it would only take from disk."""
    import genanki

    deck = genanki.Deck(int(hashlib.sha256(title.encode()).hexdigest()[:8], 16) | 1 << 32, title)
    for note in notes:
        deck.add_note(note)
    made, out = io.BytesIO(), io.BytesIO()
    genanki.Package(deck).write_to_file(made, timestamp=now.timestamp())
    stamp = (max(now.year, 1980), now.month, now.day, now.hour, now.minute, now.second)
    names = {str(place): name for place, name in enumerate(pictures)}
    members = {
        "collection.anki2": zipfile.ZipFile(made).read("collection.anki2"),
        "media": json.dumps(names).encode(),
    }
    members |= {place: pictures[name] for place, name in names.items()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, stamp), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
