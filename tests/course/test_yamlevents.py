"""The quick way into YAML gives what the whole loader gives, and never lets deep nesting through."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from grader.course import yamlevents
from grader.course.yamlevents import Loader, TooDeep, Unusual, data_of, refuse_deep
from grader.course.yamlfile import _DuplicateKey, _StrictLoader

SCALARS = st.sampled_from(
    "a 1 0x1F 1e-3 1.5 .nan -.inf 12:30 no true ~ 2026-11-30 0o7 = '1' 'no' \"[{\" '{' x[1] -1 1_000 é".split()
)
#: what people write in any order: brackets in and out of quotes, tabs, block scalars, several dashes on a line
PIECES = st.lists(
    st.sampled_from("[ ] { } , - ? : a 1 'q[' \"{\" | > # & * ! << --- ... \t \\ [[ }} |- '- - [".split(" "))
    | st.sampled_from(
        ["- - - - ", "\n", "\n  ", "\n    ", "\n\t", ": ", "- ", "? ", "a: ", "&x ", "*x", "|\n  [[["]
    ),
    max_size=30,
).map("".join)


FLOW = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
        | st.dictionaries(SCALARS, inner, max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {part}" for key, part in pairs.items()) + "}"
        )
    ),
    max_leaves=12,
)
TEXTS = FLOW | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
).flatmap(
    lambda data: st.sampled_from([None, True, False]).map(
        lambda style: str(yaml.safe_dump(data, default_flow_style=style, allow_unicode=True))
    )
)


def whole(text: str) -> str:
    """What the whole loader makes of a text, as text, since nan is not nan."""
    try:
        return repr(yaml.load(text, _StrictLoader))
    except (yaml.YAMLError, _DuplicateKey):
        return "wrong"


def quick(text: str) -> str | None:
    """The same by events; None where they leave it to the whole loader."""
    try:
        return repr(data_of(text))
    except yaml.YAMLError:
        return "wrong"
    except Unusual:
        return None


@given(TEXTS | PIECES)
def test_what_events_give_is_what_the_whole_loader_gives(text: str) -> None:
    assert quick(text) in {None, whole(text)}


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2",
        "1: a\ntrue: b",
        "a: {<<: {b: 1}}",
        "'<<': {b: 1}",
        "a: =",
        "- !!str 1",
        "!!set {a, b}",
        "--- a\n--- b",
        "--- a\n...\n",
        "---\n---\n",
        "[a, &b c, *b]",
        "&a {a: 1}",
        "? [1]\n: 2",
        "? {a: 1}\n: 2",
        "a: 2026-04-31",
        "a: '2026-04-30'",
        "a: |\n  yes\n",
        "",
    ],
)
def test_what_is_out_of_the_ordinary_is_read_alike(text: str) -> None:
    assert quick(text) in {None, whole(text)}


@given(st.data())
def test_plain_files_need_no_whole_loader(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=5))
    text = "\n".join(f"{name}: {data.draw(SCALARS.filter(lambda word: word != '='))}" for name in names)
    assert quick(text) == whole(text)


def depth_of(node: yaml.Node | None) -> int:
    if isinstance(node, yaml.MappingNode):
        return 1 + max((depth_of(part) for pair in node.value for part in pair), default=0)
    if isinstance(node, yaml.SequenceNode):
        return 1 + max((depth_of(part) for part in node.value), default=0)
    return 0


@given(TEXTS | PIECES)
def test_nesting_is_counted_as_the_tree_has_it(text: str) -> None:
    """With a small limit, so that small texts are on both sides of it."""
    try:
        is_deep = depth_of(yaml.compose(text, Loader)) > 3
    except yaml.YAMLError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yamlevents, "MAX_DEPTH", 3)
        if "&" in text or "*" in text:  # the tree has an alias's nesting too, the events do not
            return
        for look in (data_of, refuse_deep):
            try:
                look(text)
                found = False
            except TooDeep:
                found = True
            except Unusual:
                continue
            assert found == is_deep, look.__name__


@pytest.mark.parametrize(
    "opener",
    ["- ", "? ", "[", "{a: ", "? - ", "{? ", "[[{a: ", "\n{}a:", "\n{}- ? ", "\n{}? - a:"],
)
def test_no_way_of_nesting_gets_past_the_limit(opener: str) -> None:
    text = "- " * 60 * (opener[0] != "\n") + "".join(
        opener.replace("{}", " " * 4 * level) for level in range(110)
    )
    for look in (data_of, refuse_deep):
        with pytest.raises((TooDeep, Unusual)) as caught:
            look(text)
        assert look is data_of or caught.type is TooDeep
