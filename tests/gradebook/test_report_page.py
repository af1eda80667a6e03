"""The class on one page: self-contained, accessible, and shown by a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from PIL import Image

from grader.cli.gradebook import gradebook as command
from grader.gradebook.report_page import class_page
from grader.gradebook.statistics import class_stats
from grader.gradebook.store import Gradebook
from tests.gradebook.books import HOSTILE
from tests.gradebook.generated import fill

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
_VOID = {"meta", "br", "img", "link"}


class Page(HTMLParser):
    """Every element with its attributes, checked for proper nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "svg"} & set(self.open):
            self.text += data


@pytest.fixture
def big(tmp_path: Path) -> Gradebook:
    with Gradebook(tmp_path / "big.db") as book:
        fill(book, 600)
        return book


@pytest.fixture
def page(book: Gradebook) -> Page:
    return Page(class_page(class_stats(book), "Homework <1>"))


def test_hostile_names_are_text(page: Page) -> None:
    assert HOSTILE in page.text
    assert not any(tag == "script" for tag, _ in page.elements)
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


def test_every_section_is_there(page: Page) -> None:
    for heading in ("What to teach tomorrow", "Totals", "Exercises and checks", "Time to pass", "Late and missing",
                    "Outliers", "Sandbox incidents"):  # fmt: skip
        assert heading in page.text
    assert "flipped kernel" in page.text and "deep learning's convolution is a correlation" in page.text
    assert "timeout" in page.text and "took too long" in page.text
    assert "zoe" in page.text and "handed in nothing" in page.text


def test_accessible(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    figures = sum(tag == "figure" for tag, _ in page.elements)
    told = [a for tag, a in page.elements if tag == "div" and a.get("role") == "img"]
    assert figures == len(told) >= 3
    assert all(len(attributes["aria-label"] or "") > 30 for attributes in told)
    assert [attributes for tag, attributes in page.elements if tag == "html"] == [{"lang": "en"}]
    tables = sum(tag == "table" for tag, _ in page.elements)
    assert tables == sum(tag == "caption" for tag, _ in page.elements) >= 6
    assert all("scope" in attributes for tag, attributes in page.elements if tag == "th")
    for tag, attributes in page.elements:
        if tag == "a" and (attributes.get("href") or "").startswith("#"):
            assert (attributes["href"] or "")[1:] in ids


def test_nothing_is_loaded(book: Gradebook) -> None:
    text = class_page(class_stats(book), "x")
    outside = re.findall(r"""(?:src|href)\s*=\s*["'](?!#)[^"']*|url\((?!#)[^)]*|@import""", text)
    assert outside == []


def test_plots_are_the_same_for_the_same_figures_and_well_formed(big: Gradebook) -> None:
    stats = class_stats(big)
    text = class_page(stats, "x")
    assert class_page(stats, "x") == text
    svgs = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(svgs) == 4
    for svg in svgs:
        ElementTree.fromstring(svg)
    assert "url(#outcomes-" in text and 'id="items-figure_1"' in text


def test_empty_class(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "none.db") as empty:
        page = Page(class_page(class_stats(empty), "Nobody"))
    assert "0 learners" in page.text


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here; apt-get install chromium")
def test_in_a_browser(big: Gradebook, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    done = CliRunner().invoke(command, ["report", "--html", str(tmp_path / "out"), "--gradebook", big.where])
    assert done.exit_code == 0, done.output
    page = tmp_path / "out" / "index.html"
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={tmp_path / 'home'}",
    ]
    shot = tmp_path / "shot.png"
    window = ["--window-size=1000,1400", f"--screenshot={shot}", page.as_uri()]
    subprocess.run([CHROMIUM, *options, *window], check=True, capture_output=True, timeout=60)
    with Image.open(shot) as picture:
        assert picture.size == (1000, 1400)
        blue = sum(
            n for n, rgb in picture.convert("RGB").getcolors(1 << 24) or () if rgb == (0x1F, 0x4E, 0x8C)
        )
    assert blue > 2000  # the bars are drawn
    seen = subprocess.run(
        [CHROMIUM, *options, "--dump-dom", page.as_uri()],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    assert "What to teach tomorrow" in seen and seen.count("<svg") == 4
