"""An item cut down to what a format holds, with everything cut listed.

A writer gets items its format holds whole, so that reading the file back gives the very same items: two laws, each
tested on its own. What differs between a bank's item and the prepared one is always among the losses, but for spaces at
the ends of a text, which mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.errors import CourseError
from grader.quiz.exchange.concrete import concrete
from grader.quiz.exchange.drafting import draft_keys
from grader.quiz.exchange.model import Loss, Pictures
from grader.quiz.exchange.paths import Data, data_of, dotted, is_under, item_of, leaves, mapped, without
from grader.quiz.exchange.simpler import simpler
from grader.quiz.model import AnyItem, Bank

Adapt = Callable[[Data], list[tuple[str, str]]]
"""Changes data to what a format can say; returns (key, what was lost)."""

_UNFIT = "signs the format has no way to write"
_COMMON = frozenset({"id", "type", "stem"})


@dataclass(frozen=True)
class Profile:
    """What a format holds.

    `held` names, for each item type the format has, the dotted keys that survive; `common` those of every type.
    `fit` maps (item type, dotted key, text) to the text as the format holds it.
    """

    held: Mapping[str, frozenset[str]]
    common: frozenset[str] = frozenset()
    fit: Callable[[str, str, str], str] = lambda kind, key, text: text
    adapt: tuple[Adapt, ...] = ()
    pictures: bool = False
    remarks: Mapping[str, str] = field(default_factory=dict)
    """By item type: what the other program does differently with every item of the type."""


@dataclass(frozen=True)
class Prepared:
    """An item a format holds whole, its data, and its picture's bytes."""

    item: AnyItem
    picture: bytes | None = None


def prepare_all(bank: Bank, profile: Profile, pictures: Pictures) -> tuple[list[Prepared], list[Loss]]:
    """Every item of a bank, prepared. An item that cannot be drawn is left out, and said to be."""
    ready: list[Prepared] = []
    losses: list[Loss] = []
    if bank.about.strip():
        losses.append(Loss("", "about", "the remark about the whole bank"))
    for item in bank.items:
        try:
            one, lost = prepare(item, profile, pictures)
        except CourseError as wrong:
            losses.append(Loss(item.id, "", f"left out: {wrong.problems[0].message}"))
            continue
        ready.append(one)
        losses += lost
    told = sorted({item.type for item in bank.items} & set(profile.remarks))
    losses += [Loss("", kind, profile.remarks[kind]) for kind in told]
    return ready, losses


def prepare(item: AnyItem, profile: Profile, pictures: Pictures) -> tuple[Prepared, list[Loss]]:
    """One item as the format holds it. Raises: CourseError when it cannot be drawn."""
    item, losses = concrete(item)
    while item.type not in profile.held:
        item, loss = simpler(item)
        losses.append(loss)
    data = data_of(item)
    picture = _picture(data, profile, pictures, losses)
    data = _cut(data, profile, losses)
    for adapt in profile.adapt:
        losses += [Loss(item.id, key, what) for key, what in adapt(data)]
    data = _fitted(data, profile, losses)
    if item.type == "recall" and "key_points" not in profile.held["recall"]:
        data.update(draft_keys(data["answer"]))
    return Prepared(item_of(data), picture), _unique(losses)


def _cut(data: Data, profile: Profile, losses: list[Loss]) -> Data:
    if data["type"] == "recall" and "key_points" not in profile.held["recall"]:
        data = {key: value for key, value in data.items() if draft_keys(data["answer"]).get(key) != value}
    kept = _COMMON | profile.common | profile.held[data["type"]]
    gone = {dotted(steps) for steps, _ in leaves(data) if not is_under(dotted(steps), kept)}
    for key in sorted(gone):
        losses.append(Loss(data["id"], key, "the format has no place for it"))
    cut: Data = without(data, frozenset(gone))
    return cut


def _picture(data: Data, profile: Profile, pictures: Pictures, losses: list[Loss]) -> bytes | None:
    path = data.get("image")
    if path is None:
        return None
    found = pictures(path) if profile.pictures else None
    if found is None:
        why = "the picture cannot be read" if profile.pictures else "the format has no place for pictures"
        losses.append(Loss(data["id"], "image", f"{why}: {path}"))
        losses.extend(
            [Loss(data["id"], "image_alt", "belongs to the picture")] if data.get("image_alt") else []
        )
        data.pop("image")
        data.pop("image_alt", None)
    return found


def _fitted(data: Data, profile: Profile, losses: list[Loss]) -> Data:
    def fit(key: str, text: str) -> str:
        if key in {"id", "type", "image"}:
            return text
        fitted = profile.fit(data["type"], key, text)
        if fitted.strip() != text.strip():
            losses.append(Loss(data["id"], key, _UNFIT))
        return fitted

    fitted: Data = mapped(data, fit)
    return fitted


def _unique(losses: list[Loss]) -> list[Loss]:
    return list(dict.fromkeys(losses))


def tolerance(data: dict[str, Any]) -> None:
    """Make a numeric key's tolerance absolute: `abs_tol` alone says how near is near enough."""
    near = max(data.get("abs_tol", 0.0), data.get("rel_tol", 0.0) * abs(float(data["answer"])))
    data.pop("rel_tol", None)
    data.pop("abs_tol", None)
    if near:
        data["abs_tol"] = near
