"""How texts must look for a format to hold them."""

from __future__ import annotations

from grader.quiz.exchange.secure import xml_text


def fit_xml(kind: str, key: str, text: str) -> str:
    """XML's characters, no spaces at the ends."""
    return xml_text(text).strip()


def fit_gift(kind: str, key: str, text: str) -> str:
    """As XML, and no `->` among answers, which GIFT has no escape for: some readers take a choice for a matching by it.

    Tags stand in a comment, in brackets; sources end with their paragraph.
    """
    fitted = xml_text(text).replace("\t", " ").strip()
    if key == "tags":
        return " ".join(fitted.replace("[", "(").replace("]", ")").split())
    is_answer = kind in {"short", "matching"} and key not in {"stem", "explanation", "source"}
    if is_answer or (kind == "choice" and key == "options.text"):
        return fitted.replace("->", "→")
    return fitted


def fit_moodle(kind: str, key: str, text: str) -> str:
    """As XML; a tag is one line, and what a gap accepts ends in no backslash, which would hide the next separator."""
    fitted = fit_xml(kind, key, text)
    if key == "tags":
        return " ".join(fitted.split())
    if key.startswith("blanks."):
        return " ".join(fitted.split()).rstrip("\\ ") or "?"
    return fitted


def fit_qti(kind: str, key: str, text: str) -> str:
    """As XML; what is compared with a typed answer is one line."""
    fitted = fit_xml(kind, key, text)
    is_compared = key in {"accept", "mistakes.answer", "blanks.*.accept"}
    return " ".join(fitted.split()) if is_compared else fitted
