import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.quiz.draw import draw
from grader.quiz.reading import Unreadable, how_to, read
from grader.quiz.show import show
from tests.quiz.items import every_type

ITEMS = every_type()


def reads(kind: str, text: str) -> object:
    """The response, with parts named by their place instead of their authored index."""
    item = ITEMS[kind]
    shown = show(item, draw(item, 5))
    response = read(item, shown, text)
    places = {part.index: place for place, part in enumerate(shown.parts)}
    if isinstance(response, bool | str) or not places:
        return response
    if isinstance(response, list):
        return [None if index is None else places[index] for index in response]
    return places[response]


@pytest.mark.parametrize(
    ("kind", "text", "response"),
    [
        ("choice", " B ", 1),
        ("choice", "b)", 1),
        ("true_false", "Yes", True),
        ("true_false", "f", False),
        ("ordering", "e d c b a", [4, 3, 2, 1, 0]),
        ("ordering", "e,d,c,b,a", [4, 3, 2, 1, 0]),
        ("matching", "1b 2a 3d", [1, 0, 3]),
        ("matching", "3 - d, 1 = b", [1, None, 3]),
        ("matching", "b a d", [1, 0, 3]),
        ("numeric", "12 MiB", "12 MiB"),
        ("shape", "N x 64", "N x 64"),
        ("short", "  Equivariance ", "  Equivariance "),
    ],
)
def test_what_is_typed_is_read(kind: str, text: str, response: object) -> None:
    assert reads(kind, text) == response


def test_ticks_are_read_in_any_spelling() -> None:
    assert sorted(reads("multiple", "ca")) == sorted(reads("multiple", "a, c, a")) == [0, 2]  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("choice", "z", "'z' is not one of the letters a to c"),
        ("choice", "ab", "Pick one"),
        ("choice", "   ", "Nothing was typed"),
        ("true_false", "maybe", "true or false"),
        ("ordering", "a b c", "All 5 letters"),
        ("ordering", "a a b c d", "each once"),
        ("matching", "1b 9a", "no number 9"),
        ("matching", "1b 1a", "two letters"),
        ("matching", "a b", "3 letters are wanted"),
        ("matching", "1b nonsense", "pairs look like 1b"),
        ("numeric", "a few", "'a few' is not read as a number"),
        ("shape", "(N, , 3)", "is not read as a shape"),
    ],
)
def test_what_cannot_be_read_is_said(kind: str, text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        reads(kind, text)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(sorted(ITEMS)), st.text(max_size=30))
def test_no_text_breaks_the_reader(kind: str, text: str) -> None:
    try:
        reads(kind, text)
    except Unreadable as wrong:
        assert str(wrong)


def test_every_type_that_is_picked_says_how() -> None:
    picked = {"choice", "multiple", "true_false", "ordering", "matching"}
    told = {kind for kind, item in ITEMS.items() if how_to(item, show(item, draw(item, 1)))}
    assert told == picked
