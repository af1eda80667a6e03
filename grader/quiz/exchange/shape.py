"""Changes that several formats ask of an item's data before it is written."""

from __future__ import annotations

from grader.quiz.exchange.paths import Data
from grader.quiz.exchange.prepare import tolerance
from grader.quiz.exchange.remarks import split_picture, split_source, with_picture, with_source
from grader.quiz.exchange.secure import picture_path

Lost = list[tuple[str, str]]


def absolute_tolerance(data: Data) -> Lost:
    """Numbers near enough by an absolute tolerance alone."""
    lost: Lost = []
    numbers = [("", data)] if data["type"] == "numeric" else []
    if data["type"] == "cloze":
        numbers = [("blanks.*.", one) for one in data["blanks"].values() if one["type"] == "numeric"]
    for place, number in numbers:
        before = (number.get("abs_tol"), number.get("rel_tol"))
        tolerance(number)
        if (number.get("abs_tol"), None) != before:
            what = "the tolerance is written as an absolute one"
            lost += [(f"{place}abs_tol", what), (f"{place}rel_tol", what)]
    return lost


def balanced_credit(data: Data) -> Lost:
    """Partial credit as other programs know it: `balanced` in a multiple, by parts elsewhere."""
    if "credit" not in data:
        return []
    credit = data.pop("credit")
    return [("credit", f"{credit} is not known there: partial credit is paid")]


def readable_source(data: Data) -> Lost:
    """Explanation and source must be told apart again in the one text that holds both."""
    explanation, source = data.get("explanation", "").strip(), data.get("source", "").strip()
    if split_source(with_source(explanation, source)) == (explanation, source):
        return []
    data["source"] = " ".join(source.replace("*Source:*", "Source:").split())
    data["explanation"] = explanation.replace("*Source:*", "Source:")
    if not data["source"]:
        data.pop("source")
    what = (
        "explanation and source share one text: paragraphs were joined, or the mark of the source taken out"
    )
    return [("source", what), ("explanation", what)]


def readable_picture(data: Data) -> Lost:
    """Question and picture must be told apart again in the one text that holds both."""
    stem, path, alt = data["stem"].strip(), data.get("image", ""), data.get("image_alt", "")
    if not path:
        if split_picture(stem) == (stem, "", ""):
            return []
        data["stem"] = f"{stem}\n\n(picture)"
        return [("stem", "a picture in the text: its file is not packed; give it as `image`")]
    if split_picture(with_picture(stem, path, alt)) == (stem, path, alt):
        return []
    data["image_alt"] = alt.replace("[", "(").replace("]", ")").replace("\n", " ")
    if split_picture(with_picture(stem, path, data["image_alt"])) == (stem, path, data["image_alt"]):
        return [("image_alt", "brackets and line ends cannot stand in it")]
    data.pop("image")
    data.pop("image_alt")
    return [("image", f"the path cannot be written: {path}"), ("image_alt", "belongs to the picture")]


def merged_mistakes(data: Data) -> Lost:
    """Wrong wordings with the same feedback are one mistake: that is how they are read back."""
    if data["type"] != "short" or "mistakes" not in data:
        return []
    merged: dict[str, list[str]] = {}
    for one in data["mistakes"]:
        merged.setdefault(one["feedback"].strip(), []).extend(one["answer"])
    fresh = [{"answer": answers, "feedback": feedback} for feedback, answers in merged.items()]
    if len(fresh) == len(data["mistakes"]):
        return []
    data["mistakes"] = fresh
    return [("mistakes", "mistakes with the same feedback are joined")]


def picture_below(data: Data) -> Lost:
    """A picture goes into an archive only under a path that stays below its folder."""
    path = data.get("image")
    if path is None or picture_path(path) == path:
        return []
    data.pop("image")
    data.pop("image_alt", None)
    return [("image", f"the path cannot be written: {path}"), ("image_alt", "belongs to the picture")]
