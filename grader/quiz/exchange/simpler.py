"""An item as a simpler type, for formats that lack its own."""

from __future__ import annotations

from grader.quiz.draw import draw
from grader.quiz.exchange.drafting import draft_keys
from grader.quiz.exchange.model import Loss
from grader.quiz.exchange.paths import Data, data_of, item_of
from grader.quiz.kinds import BLANK, Cloze, Matching, Numeric, NumericBlank, Ordering, Output, Shape
from grader.quiz.mark import mark
from grader.quiz.model import AnyItem
from grader.quiz.outputs import hash_of

_OWN = frozenset(
    "options credit shuffle answer feedback abs_tol rel_tol unit mistakes symbols accept reject typos case_sensitive "
    "text blanks sequence pairs distractors code exact key_points misconceptions examples".split()
)


def simpler(item: AnyItem) -> tuple[AnyItem, Loss]:
    """The item one step down, in the end as a free answer. Takes concrete items."""
    data = _simplified(item)
    return item_of(data), Loss(item.id, "type", f"{item.type} is not known there: written as {data['type']}")


def _simplified(item: AnyItem) -> Data:
    if isinstance(item, Output):
        return _output(item)
    if isinstance(item, Shape):
        return _as(item, "short", accept=[item.answer])
    if isinstance(item, Ordering):
        pairs = [{"left": f"Step {place}", "right": step} for place, step in enumerate(item.sequence, 1)]
        return _as(item, "matching", pairs=pairs) if _differ(item.sequence) else _free(item)
    return _free(item)


def _output(item: Output) -> Data:
    stem = f"{item.stem}\n\n```python\n{item.code.rstrip()}\n```"
    printed = item.locked.get(hash_of(item.code), "").strip()
    if printed and "\n" not in printed:
        return _as(item, "short", stem=stem, accept=[printed], typos=0, case_sensitive=True)
    answer = f"```\n{printed}\n```" if printed else "See what Python prints."
    return _as(item, "recall", stem=stem, answer=answer, **draft_keys(answer))


def _free(item: AnyItem) -> Data:
    answer, stem = key_text(item), item.stem
    if isinstance(item, Cloze):
        stem = f"{stem}\n\n{BLANK.sub('_____', item.text)}"
    elif isinstance(item, Matching):
        stem += "\n\n" + "\n".join(f"- {pair.left}" for pair in item.pairs)
    elif hasattr(item, "options"):
        stem += "\n\n" + "\n".join(f"- {option.text}" for option in item.options)
    return _as(item, "recall", stem=stem, answer=answer, **draft_keys(answer))


def key_text(item: AnyItem) -> str:
    """The right answer of a concrete item as one text."""
    if isinstance(item, Cloze):
        return "\n".join(
            f"{place}. {_blank(item, name)}" for place, name in enumerate(BLANK.findall(item.text), 1)
        )
    if isinstance(item, Matching):
        return "\n".join(f"- {pair.left}: {pair.right}" for pair in item.pairs)
    if isinstance(item, Ordering):
        return "\n".join(f"{place}. {step}" for place, step in enumerate(item.sequence, 1))
    if isinstance(item, Numeric):
        return f"{item.answer} {item.unit.symbol}" if item.unit else str(item.answer)
    if isinstance(item, Output):
        return item.locked.get(hash_of(item.code), "").strip()
    return mark(item, draw(item, 0), None).key


def _blank(item: Cloze, name: str) -> str:
    blank = item.blanks[name]
    if isinstance(blank, NumericBlank):
        return f"{blank.answer} {blank.unit.symbol}" if blank.unit else str(blank.answer)
    return blank.accept[0]


def _as(item: AnyItem, kind: str, **keys: object) -> Data:
    common = {key: value for key, value in data_of(item).items() if key not in _OWN}
    return {**common, "type": kind, **keys}


def _differ(texts: tuple[str, ...]) -> bool:
    return len(set(texts)) == len(texts)
