"""Questions as other programs and people write them."""

import json
from pathlib import Path

import genanki
import pytest
from click.testing import CliRunner

from grader.cli.quiz_exchange import READABLE, WRITABLE
from grader.quiz.exchange import formats
from grader.quiz.exchange.clozecode import with_codes, without_codes
from grader.quiz.exchange.formats import read_bytes
from grader.quiz.exchange.markup import to_markdown
from grader.quiz.exchange.moodle_write import MOODLE
from grader.quiz.exchange.prepare import prepare
from grader.quiz.kinds import Choice, Cloze, Matching, Multiple, Numeric, Short, TrueFalse
from grader.quiz.recall import Recall
from tests.quiz.items import item_of

GIFT = r"""$CATEGORY: $course$/top/Layers

// question: 12  name: stride
::Stride::[html]<p>What does a <b>stride</b> of 2 do?</p>{
  =It halves the size # yes
  ~It doubles it # A transposed convolution does.
  ~%50%It \= nothing
}

Two plus two equals {=four =4 =%50%vier}.

Which layers learn?{~%50%Conv2d ~%50%BatchNorm2d ~%-100%ReLU}

Kernel size of VGG?{#3}

About pi {#3.1..3.2}

Match.{=ResNet -> skips =VGG -> 3x3 = -> attention}

Pooling has weights.{F#It has none.#Right.####Look at \{parameters\}.}

Explain padding.{####It adds rows. It keeps the size.}

Write an essay.{}

A heading without a question.

Broken { braces
"""


def test_gift_as_people_write_it() -> None:
    found = read_bytes(GIFT.encode(), "x.txt")
    assert found.title == "Layers"
    kinds = [type(item) for item in found.items]
    assert kinds == [Choice, Short, Multiple, Numeric, Numeric, Matching, TrueFalse, Recall]
    choice, short, _, number, pi, match, truth, recall = found.items
    assert (choice.id, choice.stem) == ("stride", "What does a **stride** of 2 do?")
    assert [one.text for one in choice.options] == ["It halves the size", "It doubles it", "It = nothing"]
    assert short.stem == "Two plus two equals _____." and short.accept == ("four", "4")
    assert (number.answer, pi.abs_tol) == (3, 0.050000000000000044)
    assert (match.distractors, truth.feedback, truth.explanation) == (
        ("attention",),
        "It has none.",
        "Look at {parameters}.",
    )
    assert recall.id in found.drafts and len(recall.key_points) == 2
    lost = "\n".join(map(str, found.losses))
    for what in (
        "worth a part",
        "'vier', worth 50 %",
        "the feedback on the right answer",
        "essay without",
        "without a question",
        "do not pair",
    ):
        assert what in lost


MOODLE_XML = """<?xml version="1.0"?><quiz><!-- Mind the units. -->
<question type="numerical"><name><text>Mem</text></name><questiontext format="html"><text><![CDATA[<p>How much? <img src="@@PLUGINFILE@@/p.png" alt="net"></p>]]></text>
<file name="p.png" path="/" encoding="base64">QUJD</file></questiontext><answer fraction="100"><text>12</text><tolerance>0.5</tolerance></answer>
<answer fraction="0"><text>3</text><tolerance>0</tolerance><feedback format="html"><text>&lt;p&gt;4 bytes each&lt;/p&gt;</text></feedback></answer>
<units><unit><multiplier>1</multiplier><unit_name>MiB</unit_name></unit><unit><multiplier>1024</multiplier><unit_name>KiB</unit_name></unit></units></question>
<question type="cloze"><name><text>C</text></name><questiontext format="html"><text><![CDATA[<p>Pad {1:NUMERICAL:=2:0.1~%0%3#no} keeps {1:MC:=size~depth} &amp; {1:SA:=*x*}.</p>]]></text></questiontext></question>
<question type="ddwtos"><name><text>Drag</text></name></question>
<question type="shortanswer"><name><text>S</text></name><questiontext format="markdown"><text>Name?</text></questiontext>
<answer fraction="100"><text>conv*</text></answer><answer fraction="50"><text>layer</text></answer></question></quiz>"""


def test_moodle_with_html_units_pictures_and_gaps() -> None:
    found = read_bytes(MOODLE_XML.encode(), "x.xml")
    number, cloze, short = found.items
    assert isinstance(number, Numeric) and isinstance(cloze, Cloze) and isinstance(short, Short)
    assert number.unit is not None and number.unit.convert == {"KiB": 1 / 1024} and number.abs_tol == 0.5
    assert number.mistakes[0].feedback == "4 bytes each"
    assert found.comments == {"mem": ("Mind the units.",)}
    assert cloze.text == "Pad [[b1]] keeps [[b2]] & [[b3]]."
    lost = "\n".join(map(str, found.losses))
    for what in (
        "ddwtos has no counterpart",
        "picture within the text: p.png",
        "'layer', worth 50 %",
        "stands for any text",
    ):
        assert what in lost


def test_anki_decks_of_others_and_cards_edited_since(tmp_path: Path) -> None:
    deck = genanki.Deck(1, "d")
    deck.add_note(
        genanki.Note(
            genanki.BASIC_MODEL,
            ["What is <b>padding</b>?[sound:a.mp3]", "Extra rows.<br>Zeros."],
            tags=["cnn"],
        )
    )
    deck.add_note(genanki.Note(genanki.CLOZE_MODEL, ["A {{c1::stride::number}} of 2 {{c2::halves}} it.", ""]))
    path = tmp_path / "d.apkg"
    genanki.Package(deck).write_to_file(path)
    card, cloze = read_bytes(path.read_bytes(), "d.apkg").items
    assert isinstance(card, Recall)
    assert (card.stem, card.answer, card.tags) == ("What is **padding**?", "Extra rows.\nZeros.", ("cnn",))
    assert isinstance(cloze, Cloze) and cloze.text == "A [[b1]] of 2 [[b2]] it."


DETAILS = """---
title: Layers
---
<!-- Ask in week 2. -->
<details>
<summary> What is a stride?</summary>
The step of the filter.

- **Larger** strides shrink the map.
- A stride of 1 keeps it.

<li><strong>Cost:</strong> fewer positions.</li>
</details>

<details><summary>Which shrinks?</summary>

- [x] stride 2
- [ ] stride 1
</details>
<details>no summary</details>
"""


def test_details_blocks_as_the_course_notes_have_them() -> None:
    found = read_bytes(DETAILS.encode(), "x.md")
    recall, choice = found.items
    assert found.title == "Layers" and found.comments == {recall.id: ("Ask in week 2.",)}
    assert (
        isinstance(recall, Recall)
        and "- **Cost:** fewer positions." in recall.answer
        and recall.id in found.drafts
    )
    assert isinstance(choice, Choice) and choice.options[0].correct is True
    assert "the block in line 20" in str(found.losses[0]) and "<summary>" in str(found.losses[0])


def test_html_becomes_markdown_without_its_scripts() -> None:
    html = '<p>A <b>b</b> <code>x_1</code></p><ul><li>one</li><li>two</li></ul><script>alert(1)</script><a href="javascript:x">l</a><pre>a\n  b</pre>'
    assert to_markdown(html) == "A **b** `x_1`\n\n- one\n- two\n\n[l]\n\n```\na\n  b\n```"


def test_the_command_lines_formats_are_the_tables() -> None:
    assert (set(READABLE), set(WRITABLE)) == (set(formats.READABLE), set(formats.WRITABLE))


def test_import_export_and_stats_from_the_command_line(tmp_path: Path) -> None:
    from grader.cli.quiz import quiz

    (tmp_path / "x.md").write_text(DETAILS)
    run = CliRunner()
    env = {"GRADER_HOME": str(tmp_path / "home")}
    bank = str(tmp_path / "b.yaml")
    done = run.invoke(quiz, ["import", str(tmp_path / "x.md"), "--to", bank], env=env)
    assert done.exit_code == 0 and "2 items added" in done.output and "no-explanation" in done.output
    for form in WRITABLE:
        out = tmp_path / f"out-{form}"
        done = run.invoke(quiz, ["export", bank, "--to", form, "--out", str(out)], env=env)
        assert done.exit_code == 0 and out.stat().st_size > 100, (form, done.output)
    assert (
        run.invoke(
            quiz, ["export", bank, "--to", "gift", "--out", str(tmp_path / "no"), "--strict"], env=env
        ).exit_code
        == 1
    )
    assert not (tmp_path / "no").exists()
    (tmp_path / "r.csv").write_text("learner,item,score,chosen\na,which-shrinks,1,0\nb,which-shrinks,0,1\n")
    done = run.invoke(
        quiz, ["stats", bank, "--responses", str(tmp_path / "r.csv"), "--format", "json"], env=env
    )
    assert json.loads(done.stdout)["items"][0]["facility"] == 0.5


def test_brackets_in_a_cloze_question_are_no_blank_in_moodle() -> None:
    blanks = {"a": {"type": "short", "accept": ["x"]}}
    item = item_of("cloze", stem="See [[b1]].", text="It is [[a]].", blanks=blanks)
    one, losses = prepare(item, MOODLE, lambda path: None)
    assert one.item.stem == "See [ [b1]]." and ("stem", "double brackets that would be a blank") in [
        (loss.key, loss.what) for loss in losses
    ]


@pytest.mark.parametrize("text", [r"\/", r"\"", r"\}", r"x\}y", r"\#", r"\~", r"\\/", r"a\*", "a/b", "{}"])
def test_backslashes_in_a_moodle_gap_stay(text: str) -> None:
    gap = {"type": "short", "accept": [text]}
    item = {"stem": "Fill in.", "text": "One [[b1]] two [[b2]] {x}.", "blanks": {"b1": gap, "b2": gap}}
    stem, back, blanks = without_codes(with_codes(item), pytest.fail)
    assert (stem, back, blanks) == (item["stem"], item["text"], item["blanks"])
