"""Pages read: ours edited, others' details and lists; and HTML that is made to be slow."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from grader.errors import InputError
from grader.quiz.bank import load_bank
from grader.quiz.exchange.carried import EDITED
from grader.quiz.exchange.formats import read_bytes, write_bytes
from grader.quiz.exchange.markup import to_markdown
from grader.quiz.exchange.model import Packing
from grader.quiz.recall import Recall
from tests.quiz.items import FIXTURES

BANK = load_bank(FIXTURES / "every_type.yaml")
PAGE = write_bytes(BANK, "html", Packing(lambda path: None, datetime(2026, 1, 1, tzinfo=UTC))).data.decode()


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Ends a run that would take minutes; the work itself takes a fraction of a second."""

    def stop(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_a_page_saved_by_a_browser_still_gives_every_item() -> None:
    saved = PAGE.replace("<article id", "\n\n<article  class='' id").replace(" class=''", "").replace("</p>", "</p>\n").replace("<details>", "\n <details>")  # fmt: skip
    back = read_bytes(saved.encode(), "x.html")
    assert (back.items, back.losses, back.title) == (BANK.items, (), BANK.title)


def test_an_article_that_was_edited_is_read_as_what_it_shows() -> None:
    back = read_bytes(PAGE.replace("B. It doubles it, up", "B. It trebles it, up").encode(), "x.html")
    assert [loss.what for loss in back.losses] == [EDITED, "what a page shows is read as a free answer"]
    first = back.items[0]
    assert isinstance(first, Recall) and first.id == "et-choice"
    assert "B. It trebles it, up to rounding" in first.stem and first.answer.startswith("A. It halves it")
    assert first.source == BANK.items[0].source and "et-choice" not in first.stem
    assert back.items[1:] == BANK.items[1:]


def test_details_and_lists_of_other_pages_are_questions_and_answers() -> None:
    html = """<!DOCTYPE html><title>Layers</title><script>if (a<b) "<details><summary>no</summary>x</details>"</script>
    <DETAILS open><summary>What is a <b>stride</b>?</summary><p>The <code>step</code> &amp; more.</p><details><summary>Hint</summary>x</details></DETAILS>
    <details><p>no summary</p></details>
    <dl><dt>Padding<dd>Extra rows.<dd>Zeros.<dt>Alone</dl>"""
    back = read_bytes(html.encode(), "x.htm")
    assert back.title == "Layers" and len(back.drafts) == 2
    stride, padding = back.items
    assert isinstance(stride, Recall) and isinstance(padding, Recall)
    assert (stride.stem, padding.stem) == ("What is a **stride**?", "Padding")
    assert stride.answer.startswith("The `step` & more.") and padding.answer == "Extra rows.\n\nZeros."
    lost = "\n".join(map(str, back.losses))
    assert "block 2: stem: left out" in lost and "Alone: answer: left out" in lost


def test_a_page_without_questions_says_what_to_write() -> None:
    with pytest.raises(InputError, match="holds no question") as caught:
        read_bytes(b"<p>hello</p>", "x.html")
    assert "<summary>" in str(caught.value.problems[0].remedy)


@pytest.mark.parametrize("carried", ["{}", "[]", "null", "{&quot;item&quot;: {&quot;id&quot;: 1}}", "x" * 10, "[" * 100_000])  # fmt: skip
def test_what_an_attribute_claims_is_checked(carried: str) -> None:
    page = f'<article id="a" data-item="{carried}"><p>Why?</p><details><summary>Answer</summary>So.</details></article>'
    (found,) = read_bytes(page.encode(), "x.html").items
    assert isinstance(found, Recall) and (found.stem, found.answer) == ("Why?", "So.")


@pytest.mark.parametrize(
    "part", ["<a ", "<!", "<!--", "<![", "</", "<a b='", "<a b=\"'", "<b a=\"'\"x", "<script>", "<dl><dt>a<dd>b", "&#", "<p>"]
)  # fmt: skip
def test_no_html_takes_long(part: str) -> None:
    """Python's own parser takes 150 s for the first of these."""
    with within(60):
        to_markdown(part * 20_000)
        try:
            read_bytes((part * 20_000).encode(), "x.html")
        except InputError as wrong:
            assert "no question" in str(wrong)
