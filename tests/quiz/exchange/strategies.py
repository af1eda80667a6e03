"""Items of every type, with texts full of the signs that formats use for themselves."""

from typing import Any

from hypothesis import strategies as st

from grader.quiz.exchange.paths import item_of
from grader.quiz.model import AnyItem, Bank

_SIGNS = "\\#=~{}:[]()%*_->\n\t<&\"'`!|;,./@+$^ \u00a0é→😀ab1."
_PHRASES = (
    "->", "####", "*Source:* x", "\n\n*Source:* y", "---", "\n\n---\n\n", "[html]", "//", "::", "[[b1]]", "{1:SA:=x}", "![a](b.png)",
    "</details>", "<!-- x -->", "<b>", "=1+1", "&amp;", "]]>", "@@b1@@", "\x01", "\r\n", "[x]", "- [x] a", "1. a", "%50%", "T", "_____",
)  # fmt: skip
texts = st.lists(
    st.one_of(st.text(_SIGNS, min_size=1, max_size=6), st.sampled_from(_PHRASES), st.text(min_size=1, max_size=3)),
    min_size=1,
    max_size=5,
).map("".join).filter(lambda text: bool(text.strip()) and not any("\ud800" <= one <= "\udfff" for one in text))  # fmt: skip
maybe = st.one_of(st.just(""), texts)
numbers = st.one_of(
    st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6).filter(lambda one: one == 0 or abs(one) > 1e-9)
)
near = st.one_of(st.just(0.0), st.floats(1e-6, 10))


def _some(keys: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keys)


def _with(kind: str, needed: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    common = {"explanation": maybe, "source": maybe, "hints": st.lists(texts, max_size=2)}
    common |= {"tags": st.lists(texts, max_size=2), "points": st.sampled_from([0.5, 1.0, 2.0])}
    common |= {"exercises": st.just(["conv2d"])}
    return st.tuples(st.fixed_dictionaries({"stem": texts, **needed}), _some({**common, **optional})).map(
        lambda parts: {
            "type": kind,
            **parts[0],
            **{key: one for key, one in parts[1].items() if one not in ("", [])},
        }
    )


def _option(correct: bool) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"text": texts, "correct": st.just(correct)}, optional={"feedback": maybe, "not_chosen": maybe}
    )


_wrong = st.lists(_option(False), min_size=1, max_size=3)
_flags = {"shuffle": st.booleans()}
_mistakes = st.lists(st.fixed_dictionaries({"answer": numbers, "feedback": texts}), max_size=2)
_wordings = st.lists(
    st.fixed_dictionaries({"answer": st.lists(texts, min_size=1, max_size=2), "feedback": texts}), max_size=2
)
_accept = st.lists(texts, min_size=1, max_size=3)
_blank = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("short"), "accept": _accept}, optional={"reject": _accept, "typos": st.just(0)}
    ),
    st.fixed_dictionaries({"type": st.just("numeric"), "answer": numbers}, optional={"abs_tol": near}),
)
_unit = st.fixed_dictionaries(
    {"symbol": st.just("MiB")},
    optional={"also": st.just(["mebibytes"]), "convert": st.just({"GiB": 1024.0}), "required": st.booleans()},
)
_cloze = st.tuples(texts, texts, _blank, _blank).map(
    lambda parts: {
        "text": f"{parts[0].replace('[', '(')} [[first]] {parts[1].replace('[', '(')} [[b7]].",
        "blanks": {"first": parts[2], "b7": parts[3]},
    }
)
kinds = (
    st.tuples(_option(True), _wrong, st.booleans()).flatmap(
        lambda parts: _with("choice", {"options": st.just([parts[0], *parts[1]] if parts[2] else [*parts[1], parts[0]])}, _flags)
    ),
    st.tuples(st.lists(_option(True), min_size=1, max_size=3), _wrong).flatmap(
        lambda parts: _with("multiple", {"options": st.just([*parts[0], *parts[1]])}, {**_flags, "credit": st.sampled_from(["each", "balanced"])})
    ),
    _with("true_false", {"answer": st.booleans()}, {"feedback": maybe}),
    _with("numeric", {"answer": numbers}, {"abs_tol": near, "rel_tol": st.sampled_from([1e-9, 0.01]), "mistakes": _mistakes, "unit": _unit}),
    _with("shape", {"answer": st.sampled_from(["(N, 64, 16, 16)", "(2*N, 3)"])}, {"symbols": st.just({"N": ["B"]})}),
    _with("short", {"accept": _accept}, {"reject": _accept, "mistakes": _wordings, "typos": st.just(1), "case_sensitive": st.booleans()}),
    _cloze.flatmap(lambda made: _with("cloze", {key: st.just(one) for key, one in made.items()}, {})),
    _with("ordering", {"sequence": st.lists(texts, min_size=2, max_size=4)}, {"credit": st.just("all_or_nothing")}),
    _with(
        "matching",
        {"pairs": st.lists(st.fixed_dictionaries({"left": texts, "right": texts}, optional={"feedback": maybe}), min_size=2, max_size=3)},
        {"distractors": st.lists(texts, max_size=2)},
    ),
    _with("output", {"code": st.sampled_from(["print(1)\n", "for i in range(2):\n    print(i)\n"])}, {"exact": st.booleans()}),
    _with("recall", {"answer": texts, "key_points": st.just([{"point": "p", "patterns": [["weight"]]}])}, {}),
)  # fmt: skip


@st.composite
def banks(draw: st.DrawFn) -> Bank:
    """A bank of one to three items."""
    found: list[AnyItem] = []
    for place, data in enumerate(draw(st.lists(st.one_of(*kinds), min_size=1, max_size=3))):
        found.append(item_of({**data, "id": f"item-{place}"}))
    title = draw(st.text("ab /:é", min_size=1, max_size=8).filter(str.strip))
    return Bank(format=1, title=title.strip(), topic="t", items=tuple(found))
