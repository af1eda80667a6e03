"""Feedback files: right, safe, and silent about hidden cases."""

from __future__ import annotations

import csv
import html
import re
from html.parser import HTMLParser
from pathlib import Path

from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grader.cli.gradebook import gradebook as command
from grader.gradebook.feedback import as_html, page, write_each
from grader.gradebook.markdown import plain, prose
from grader.gradebook.store import Gradebook
from grader.judge.report import CaseInfo, CheckVerdict, Place, Result, Status
from tests.gradebook.books import FLIPPED, HOSTILE, check, record, result


class Reader(HTMLParser):
    """What a browser would see: tags, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_file_each_and_an_index(book: Gradebook, tmp_path: Path) -> None:
    out = tmp_path / "feedback"
    done = CliRunner().invoke(command, ["feedback", "--out", str(out), "--gradebook", book.where])
    assert done.exit_code == 0, done.output
    index = list(csv.DictReader((out / "index.csv").open(encoding="utf-8")))
    assert [row["learner"] for row in index] == ["'" + HOSTILE, "ada", "blaise", "Émile Ü"]
    assert {row["html"] for row in index} | {row["markdown"] for row in index} | {"index.csv"} == {
        path.name for path in out.iterdir()
    }


def test_the_page_says_what_happened(book: Gradebook, tmp_path: Path) -> None:
    write_each(book, tmp_path, "blaise")
    seen = Reader((tmp_path / "blaise.html").read_text(encoding="utf-8"))
    assert "2 of 4 points" in seen.text
    assert "2 attempts; this is the one that counts" in seen.text
    assert "gradients: failed, 0 of 1 points. <b>input.grad</b> is None" in seen.text
    assert "out of time" in seen.text
    assert "after the last moment that counts" in seen.text
    assert "b" not in seen.tags and "script" not in seen.tags


def test_override_and_lesson(book: Gradebook, tmp_path: Path) -> None:
    write_each(book, tmp_path, "Émile Ü")
    text = next(path for path in tmp_path.iterdir() if path.suffix == ".html").read_text(encoding="utf-8")
    seen = Reader(text).text
    assert "Set by hand to 2.5 points by prof: right idea." in seen
    assert FLIPPED.lesson in seen


def test_no_value_of_a_case_is_written(tmp_path: Path) -> None:
    leaky = CheckVerdict(
        name="forward",
        status=Status.FAILED,
        points=0,
        max_points=1,
        message="output is wrong",
        case=CaseInfo(
            seed=987654, args={"stride": "SECRET-ARG"}, shapes={"input": [71, 73]}, call="SECRET-CALL"
        ),
        expected="SECRET-EXPECTED",
        actual="SECRET-ACTUAL",
        first_difference=[1, 2, 777],
        places=[Place(line=12, function="SECRET-FN", text="SECRET-TEXT")],
    )
    found = Result(
        exercise="conv2d", status=Status.FAILED, score=0, max_score=1, output="SECRET-OUTPUT", checks=[leaky]
    )
    with Gradebook(tmp_path / "g.db") as book:
        record(book, "ada", found)
        write_each(book, tmp_path)
    for suffix in ("md", "html"):
        text = (tmp_path / f"ada.{suffix}").read_text(encoding="utf-8")
        assert not re.search(r"SECRET|987654|777|71|73", text)
        assert "line 12" in text


def test_names_that_are_paths_stay_inside(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with Gradebook(tmp_path / "g.db") as book:
        for name in (
            "../../evil",
            "/etc/passwd",
            "a\nb",
            "con",
            "x" * 900,
            "<script>alert(1)</script>",
            "Ada",
            "ada",
        ):
            record(book, name, result("conv2d", check("forward")))
        assert write_each(book, out) == 8
    assert len(list(out.iterdir())) == 17
    assert {path.name for path in tmp_path.iterdir()} == {"out", "g.db", "g.db-wal", "g.db-shm"} & {
        path.name for path in tmp_path.iterdir()
    }
    for path in out.glob("*.html"):
        assert "script" not in Reader(path.read_text(encoding="utf-8")).tags


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@settings(deadline=None, max_examples=300)
@given(st.text(min_size=1, max_size=60))
def test_plain_shows_the_text_and_nothing_else(text: str) -> None:
    shown = "".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in text)
    seen = Reader(_MARKDOWN.render(f"- **x**: {plain(text)}\n\n| a |\n|--|\n| {plain(text)} |\n"))
    assert set(seen.tags) == {"ul", "li", "strong", "p", "table", "thead", "tbody", "tr", "th", "td"} - (
        set() if "p" in seen.tags else {"p"}
    )
    assert " ".join(shown.split()) in " ".join(seen.text.split())


def test_prose_keeps_code() -> None:
    assert _MARKDOWN.renderInline(prose("Use `x*y*z`, not x*y*z.")) == "Use <code>x*y*z</code>, not x*y*z."
    assert "`" in html.unescape(_MARKDOWN.renderInline(prose("one ` alone")))


def test_html_has_title_and_language() -> None:
    text = as_html(page("<ada>", []), "Feedback for <ada>")
    assert '<html lang="en">' in text and "<title>Feedback for &lt;ada&gt;</title>" in text
