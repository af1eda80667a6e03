"""Likely copies: found through renaming, not invented from the stub or from how everybody solves it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.batch.similar import COMMON, Work, couples, groups, similar
from grader.batch.similar_page import NO_PROOF, marked, write_pages
from grader.cli.similar import similar as command
from grader.course.catalog import Course

STUB = '''"""Sum of squares of the even numbers, by hand."""


def energy(values, weights=None, floor=0.0):
    """Return the weighted energy of values. Nothing below floor counts towards it."""
    raise NotImplementedError("energy: not written yet, see the statement above")
'''
LOOP = STUB.replace(
    '    raise NotImplementedError("energy: not written yet, see the statement above")\n',
    """    total = 0.0
    for place, value in enumerate(values):
        weight = 1.0 if weights is None else weights[place]
        if value > floor and weight != 0:
            total += weight * value ** 2
        elif value == floor:
            total -= floor / (1 + abs(weight))
    return total if total > floor else floor
""",
)
RENAMED = LOOP.replace("total", "acc").replace("place", "i").replace("value ", "v ").replace("value,", "v,").replace(
    "value:", "v:"
).replace("weight ", "w ").replace("weight)", "w)").replace('Return the', 'Give back # the')  # fmt: skip
OTHER = STUB.replace(
    '    raise NotImplementedError("energy: not written yet, see the statement above")\n',
    """    import numpy as np
    x = np.asarray(values)
    w = np.ones_like(x) if weights is None else np.asarray(weights)
    return float(np.where(x > floor, w * np.square(x), 0).sum())
""",
)


def works(**texts: str) -> list[Work]:
    return [Work(name, f"class/{name}/energy.py", text) for name, text in texts.items()]


def test_a_renamed_copy_is_found_and_others_are_not() -> None:
    (pair,) = similar("energy", STUB, works(ada=LOOP, blaise=RENAMED, carl=OTHER))
    assert (pair.first.learner, pair.second.learner) == ("ada", "blaise")
    assert pair.share > 0.9 and not pair.identical
    shown = "".join(LOOP[a:b] for a, b in pair.spans[0])
    assert "total += weight * value ** 2" in shown


def test_identical_files_come_first() -> None:
    pairs = similar("energy", STUB, works(ada=LOOP, blaise=RENAMED, carl=LOOP))
    assert (pairs[0].first.learner, pairs[0].second.learner, pairs[0].identical) == ("ada", "carl", True)
    assert len(pairs) == 3


def test_the_stub_is_nobodys_copy() -> None:
    assert similar("energy", STUB, works(ada=STUB, blaise=STUB)) == []


def test_what_everybody_writes_is_no_copy() -> None:
    """The same code at more than COMMON learners; two of them share a helper that nobody else has."""
    helper = "\n\ndef _checked(rows):\n    return [row for row in rows if row is not None and row * 3 % 7 != 5 and row + 11 < 400]\n"
    crowd = {f"learner{number:02}": LOOP for number in range(COMMON)}
    pairs = similar("energy", STUB, works(**crowd, ada=LOOP + helper, zoe=RENAMED + helper))
    assert [(pair.first.learner, pair.second.learner) for pair in pairs] == [("ada", "zoe")]


def test_one_file_from_half_the_class_is_a_group() -> None:
    crowd = {f"learner{number:02}": LOOP + "\n" * (number % 2) for number in range(COMMON + 1)}
    blank = {f"blank{number:02}": STUB for number in range(COMMON + 1)}
    few = {f"few{number:02}": OTHER for number in range(COMMON)}
    handed = works(**crowd, **blank, **few)
    (group,) = groups("energy", STUB, handed)
    assert [work.learner for work in group.works] == sorted(crowd)
    assert not any(pair.first.text == LOOP for pair in similar("energy", STUB, handed))


def test_a_group_is_said_in_every_form(course: Course, tmp_path: Path) -> None:
    exercise = course.exercise("conv2d")
    for number in range(COMMON + 1):
        path = tmp_path / "class" / f"learner{number:02}" / exercise.relative_path
        path.parent.mkdir(parents=True)
        path.write_text(exercise.solution.reference.source, encoding="utf-8")
    options = [str(tmp_path / "class"), "--exercise", "conv2d"]
    said = CliRunner().invoke(command, [*options, "--html", str(tmp_path / "out")]).output
    assert f"{COMMON + 1} learners handed in one and the same file: learner00, " in said
    (record,) = json.loads(CliRunner().invoke(command, [*options, "--format", "json"]).stdout)
    assert len(record["learners"]) == COMMON + 1 and record["identical"]
    page = Seen((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    assert f"conv2d: {COMMON + 1} learners" in page.text and "learner07" in page.text


@pytest.mark.parametrize(
    "text", ["", "\n", "def broken(:\n", "x = '\udcff'", "#" * 5000, "é = '𝔘nicode'\n" * 40]
)
def test_any_text_can_be_compared(text: str) -> None:
    for pair in similar("energy", STUB, works(ada=text, blaise=text, carl=LOOP), 0.05):
        for work, spans in zip((pair.first, pair.second), pair.spans, strict=True):
            assert all(0 <= a < b <= len(work.text) for a, b in spans)


def test_no_work_and_one_work() -> None:
    assert similar("energy", STUB, []) == []
    assert similar("energy", STUB, works(ada=LOOP)) == []


def test_couples_that_come_up_again() -> None:
    first = similar("energy", STUB, works(ada=LOOP, blaise=RENAMED))
    second = similar("power", STUB, works(blaise=LOOP, ada=RENAMED))
    assert couples([*first, *second]) == [(("ada", "blaise"), ["energy", "power"])]


class Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_pages_show_both_sides_as_text(tmp_path: Path) -> None:
    evil = LOOP + "\nhtml = '<script>alert(1)</script>'\n"
    pairs = similar("energy", STUB, works(**{"<b>ada</b>": evil, "blaise": RENAMED}))
    index = write_pages(pairs, tmp_path)
    table, pair = (Seen(path.read_text(encoding="utf-8")) for path in (index, tmp_path / "pair-001.html"))
    assert NO_PROOF in table.text and NO_PROOF in pair.text
    assert "<b>ada</b>" in table.text and "script" not in pair.tags and "mark" in pair.tags
    assert evil in pair.text and RENAMED in pair.text
    assert Seen(marked("a<b", [(1, 2)])).text == "a<b"


def test_command_line(course: Course, tmp_path: Path) -> None:
    exercise = course.exercise("conv2d")
    variants = {variant.name: variant.source for variant in exercise.solution.wheats}
    first, second = list(variants.values())[:2]
    renamed = (
        "\n".join(line for line in first.splitlines() if not line.strip().startswith("#")) + "\n\n# mine\n"
    )
    for learner, text in (("ada", first), ("blaise", renamed), ("carl", second), ("dora", exercise.stub)):
        path = tmp_path / "class" / learner / exercise.relative_path
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    options = [str(tmp_path / "class"), "--exercise", "conv2d", "--html", str(tmp_path / "out")]
    done = CliRunner().invoke(command, [*options, "--format", "json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [one["learners"] for one in found] == [["ada", "blaise"]]
    assert (tmp_path / "out" / "index.html").is_file() and (tmp_path / "out" / "pair-001.html").is_file()
    said = CliRunner().invoke(command, options[:3])
    assert "conv2d" in said.output and "Likeness is no proof" in said.output
