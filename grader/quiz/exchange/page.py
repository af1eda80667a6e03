"""One HTML page to read or print: no script, no file beside it, every answer folded away until it is asked for."""

from __future__ import annotations

import base64
import html

from grader.errors import CourseError
from grader.quiz.exchange.carried import carried
from grader.quiz.exchange.concrete import concrete
from grader.quiz.exchange.face import face_of
from grader.quiz.exchange.markup import to_html
from grader.quiz.exchange.model import Exported, Loss, Packing
from grader.quiz.exchange.secure import picture_path, xml_text
from grader.quiz.model import AnyItem, Bank

CARRIER = "data-item"
"""The attribute of an article that carries the whole item."""
_KINDS = {"jpg": "jpeg", "svg": "svg+xml"}
_STYLE = (
    ":root{color-scheme:light dark}body{font:1.05rem/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "article{border-top:1px solid #8888;padding:1rem 0}pre{overflow-x:auto;padding:.6rem;background:#8882}"
    "summary{cursor:pointer;font-weight:600}img{max-width:100%}.id{color:#767676;font-size:.85rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #8888;padding:.2rem .5rem}"
    "@media print{details::details-content{content-visibility:visible}}"
)


def write_html(bank: Bank, packing: Packing) -> Exported:
    """The bank as one page."""
    losses = [Loss("", "", "a page to read: it marks nothing")]
    if bank.about.strip():
        losses.append(Loss("", "about", "the remark about the whole bank: shown, and not read back"))
    parts = []
    for item in bank.items:
        try:
            parts.append(article(item, packing, losses))
        except CourseError as wrong:
            losses.append(Loss(item.id, "", f"left out: {wrong.problems[0].message}"))
    title = html.escape(xml_text(bank.title))
    about = to_html(bank.about) if bank.about.strip() else ""
    page = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head>\n<body><main><h1>{title}</h1>{about}\n{''.join(parts)}</main></body></html>\n"
    )
    return Exported(page.encode("utf-8", "replace"), tuple(losses))


def article(item: AnyItem, packing: Packing, losses: list[Loss]) -> str:
    """An item as it is shown, and carried whole in an attribute. Raises: CourseError when it cannot be drawn."""
    shown, lost = concrete(item)
    losses += [loss for loss in lost if loss.key == "vars"]
    face = face_of(shown)
    hints = "".join(
        f"<details><summary>Hint {place}</summary>{to_html(hint)}</details>"
        for place, hint in enumerate(shown.hints, 1)
    )
    return (
        f'<article id="{html.escape(item.id)}" {CARRIER}="{html.escape(carried(item))}"><p class="id">{html.escape(item.id)}</p>{to_html(face.front)}'
        f"{_picture(shown, packing, losses)}{hints}"
        f"<details><summary>Answer</summary>{to_html(face.back)}{_feedback(shown)}{to_html(face.extra)}</details></article>\n"
    )


def _feedback(item: AnyItem) -> str:
    """What is said to each option, or to the mistakes the author foresaw."""
    said = [(one.text, one.feedback) for one in getattr(item, "options", ()) if one.feedback]
    said += [(_wording(one.answer), one.feedback) for one in getattr(item, "mistakes", ())]
    rows = "".join(f"<li>{to_html(text)}{to_html(feedback)}</li>" for text, feedback in said)
    return f"<ul>{rows}</ul>" if rows else ""


def _wording(answer: object) -> str:
    return ", ".join(answer) if isinstance(answer, tuple) else str(answer)


def _picture(item: AnyItem, packing: Packing, losses: list[Loss]) -> str:
    if not item.image:
        return ""
    found = packing.pictures(item.image) if picture_path(item.image) else None
    if found is None:
        losses.append(Loss(item.id, "image", f"the picture cannot be read: {item.image}"))
        return f"<p>[{html.escape(xml_text(item.image_alt or item.image))}]</p>"
    suffix = item.image.rsplit(".", 1)[-1].lower()
    kind = _KINDS.get(suffix, suffix)
    code = base64.b64encode(found).decode("ascii")
    return f'<p><img alt="{html.escape(xml_text(item.image_alt))}" src="data:image/{kind};base64,{code}"></p>'
