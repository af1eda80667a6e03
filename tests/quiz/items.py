"""Items for tests, written as a bank's YAML would have them."""

from pathlib import Path
from typing import Any

import yaml

from grader.quiz.bank import load_bank, parse_bank
from grader.quiz.draw import draw
from grader.quiz.mark import Mark, mark
from grader.quiz.model import AnyItem, Bank

FIXTURES = Path(__file__).parent / "fixtures"


def bank_of(*items: dict[str, Any]) -> Bank:
    data = {"format": 1, "title": "t", "topic": "t", "items": list(items)}
    return parse_bank(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), Path("bank.yaml"))


def item_of(kind: str, **keys: Any) -> AnyItem:
    return bank_of({"id": "i", "type": kind, "stem": "s", **keys}).items[0]


def marked(item: AnyItem, response: object, seed: int = 0) -> Mark:
    return mark(item, draw(item, seed), response)


def every_type() -> dict[str, AnyItem]:
    """One item of each type, by type, its output already run."""
    from grader.quiz.outputs import make_lock, with_outputs

    path = FIXTURES / "every_type.yaml"
    bank = load_bank(path)
    lock = make_lock(bank, path, run_here)
    bank = with_outputs(bank, {key: one.stdout for key, one in lock.outputs.items()})
    return {item.type: item for item in bank.items}


def run_here(code: str) -> str:
    """Runs a test's own code; the real runner is the sandbox."""
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    return out.getvalue()
