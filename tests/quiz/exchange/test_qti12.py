"""QTI 1.2 read as our own writer, text2qti, Canvas and Blackboard write it."""

import io
import re
import zipfile
from datetime import UTC, datetime

import pytest

from grader.errors import InputError
from grader.quiz.bank import load_bank
from grader.quiz.exchange.carried import EDITED
from grader.quiz.exchange.formats import read_bytes, write_bytes
from grader.quiz.exchange.model import Imported, Packing
from grader.quiz.exchange.paths import data_of
from grader.quiz.exchange.prepare import prepare
from grader.quiz.exchange.qti12 import QTI12
from grader.quiz.kinds import Choice, Cloze, Matching, Multiple, Numeric, Ordering, Short, TrueFalse
from grader.quiz.recall import Recall
from tests.quiz.items import FIXTURES

PACKING = Packing(lambda path: None, datetime(2026, 1, 1, tzinfo=UTC))
BANK = load_bank(FIXTURES / "every_type.yaml")


def changed(package: bytes, old: str, new: str) -> bytes:
    out = io.BytesIO()
    archive = zipfile.ZipFile(io.BytesIO(package))
    with zipfile.ZipFile(out, "w") as fresh:
        for name in archive.namelist():
            fresh.writestr(name, re.sub(old, new, archive.read(name).decode()))
    return out.getvalue()


def read(*items: str, name: str = "x.zip") -> Imported:
    root = f'<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"><assessment title="Layers"><section>{"".join(items)}</section></assessment></questestinterop>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("quiz/q.xml", root)
        archive.writestr("quiz/net.png", b"PNG")
    return read_bytes(out.getvalue(), name, "qti12")


def item(kind: str, stem: str, answers: str, processing: str, feedback: str = "", title: str = "") -> str:
    """An item as text2qti and Canvas write it."""
    field = f"<qtimetadatafield><fieldlabel>question_type</fieldlabel><fieldentry>{kind}</fieldentry></qtimetadatafield>"
    points = "<qtimetadatafield><fieldlabel>points_possible</fieldlabel><fieldentry>2.5</fieldentry></qtimetadatafield>"
    return (
        f'<item ident="g1" title="{title or kind}"><itemmetadata><qtimetadata>{field}{points}</qtimetadata></itemmetadata>'
        f'<presentation><material><mattext texttype="text/html">{stem}</mattext></material>{answers}</presentation>'
        f'<resprocessing><outcomes><decvar maxvalue="100" varname="SCORE"/></outcomes>{processing}</resprocessing>{feedback}</item>'
    )


def picks(many: str, *labels: str, ident: str = "response1", label: str = "") -> str:
    rows = "".join(
        f'<response_label ident="{place}"><material><mattext texttype="text/plain">{text}</mattext></material></response_label>'
        for place, text in enumerate(labels)
    )
    head = f"<material><mattext>{label}</mattext></material>" if label else ""
    return f'<response_lid ident="{ident}" rcardinality="{many}">{head}<render_choice>{rows}</render_choice></response_lid>'


def paid(test: str, points: str = "100", action: str = "Set") -> str:
    return f'<respcondition continue="No"><conditionvar>{test}</conditionvar><setvar action="{action}" varname="SCORE">{points}</setvar></respcondition>'


def equal(value: str, ident: str = "response1") -> str:
    return f'<varequal respident="{ident}">{value}</varequal>'


def said(test: str, name: str) -> str:
    return f'<respcondition continue="Yes"><conditionvar>{test}</conditionvar><displayfeedback feedbacktype="Response" linkrefid="{name}"/></respcondition>'


def remark(name: str, text: str) -> str:
    return f'<itemfeedback ident="{name}"><flow_mat><material><mattext texttype="text/html">{text}</mattext></material></flow_mat></itemfeedback>'


TYPED = '<response_str ident="response1" rcardinality="Single"><render_fib{}><response_label ident="answer1"/></render_fib></response_str>'


def test_a_package_of_ours_whose_comments_are_gone_gives_what_the_format_holds() -> None:
    """Canvas keeps no comments: this is our bank by way of another program."""
    package = changed(write_bytes(BANK, "qti12", PACKING).data, r"<!--.*?-->", "")
    found = read_bytes(package, "x.zip")
    assert found.losses == ()
    held = [prepare(one, QTI12, PACKING.pictures)[0].item for one in BANK.items]
    for one, again in zip(held, found.items, strict=True):
        assert (again.id, again.type, again.points) == (one.id, one.type, one.points)
        ours, theirs = data_of(one), data_of(again)
        for key in ("options", "answer", "abs_tol", "accept", "pairs", "distractors", "sequence"):
            assert theirs.get(key) == ours.get(key), (one.id, key)
    cloze = next(one for one in found.items if isinstance(one, Cloze))
    assert cloze.blanks["what"].accept == ("height and width", "size", "spatial size")


def test_a_package_that_was_edited_is_read_as_what_it_shows() -> None:
    package = changed(
        write_bytes(BANK, "qti12", PACKING).data, "It doubles it, up to rounding&lt;", "It trebles it&lt;"
    )
    found = read_bytes(package, "x.zip")
    assert [(loss.item, loss.what) for loss in found.losses] == [("et-choice", EDITED)]
    choice = found.items[0]
    assert isinstance(choice, Choice) and choice.options[1].text == "It trebles it"
    assert data_of(found.items[1]) == data_of(BANK.items[1])


def test_questions_as_canvas_and_text2qti_write_them() -> None:
    found = read(
        item(
            "multiple_choice_question",
            "&lt;p&gt;What does a &lt;b&gt;stride&lt;/b&gt; of 2 do?&lt;/p&gt;&lt;p&gt;&lt;img src=\"$IMS-CC-FILEBASE$/net.png\" alt=\"a net\"&gt;&lt;/p&gt;",
            picks("Single", "It halves", "It doubles"),
            said("<other/>", "general_fb") + said(equal("1"), "1_fb") + paid(equal("0")) + said("<other/>", "general_incorrect_fb"),
            remark("general_fb", "See the notes.") + remark("1_fb", "No.") + remark("general_incorrect_fb", "Try again."),
            title="Stride",
        ),
        item(
            "multiple_answers_question",
            "Which learn?",
            picks("Multiple", "Conv2d", "BatchNorm2d", "ReLU"),
            paid(f"<and>{equal('0')}{equal('1')}<not>{equal('2')}</not></and>"),
        ),
        item("true_false_question", "Pooling learns.", picks("Single", "True", "False"), paid(equal("1"))),
        item(
            "numerical_question",
            "How many?",
            TYPED.format(' fibtype="Decimal"'),
            paid(f'<or>{equal("4.0")}<and><vargte respident="response1">3.5</vargte><varlte respident="response1">4.5</varlte></and></or>'),
        ),
        item("numerical_question", "About?", TYPED.format(' fibtype="Decimal"'), paid('<vargte respident="response1">2</vargte><varlte respident="response1">4</varlte>')),
        item("short_answer_question", "Name?", TYPED.format(""), paid(equal("ResNet") + equal("residual network"))),
        item(
            "fill_in_multiple_blanks_question",
            "A kernel of 5 needs [pad] to keep the [what_else].",
            picks("Single", "2", "two", ident="response_pad", label="pad") + picks("Single", "size", ident="response_what_else", label="what_else"),
            paid(equal("0", "response_pad"), "50", "Add") + paid(equal("0", "response_what_else"), "50", "Add"),
        ),
        item(
            "matching_question",
            "Match.",
            picks("Single", "skips", "3x3", "attention", ident="response_1", label="ResNet") + picks("Single", "skips", "3x3", "attention", ident="response_2", label="VGG"),
            paid(equal("0", "response_1"), "50", "Add") + paid(equal("1", "response_2"), "50", "Add"),
        ),
        item("ordering_question", "Order.", picks("Ordered", "second", "first"), paid(equal("1") + equal("0"))),
        item("essay_question", "Explain.", TYPED.format(""), said("<other/>", "general_fb"), remark("general_fb", "Weights are shared. Patches are local.")),
        item("text_only_question", "Part two.", "", ""),
        item("essay_question", "Discuss.", TYPED.format(""), "", title="bare"),
    )  # fmt: skip
    kinds = [type(one) for one in found.items]
    assert kinds == [Choice, Multiple, TrueFalse, Numeric, Numeric, Short, Cloze, Matching, Ordering, Recall]
    choice, multiple, truth, number, about, short, cloze, match, order, recall = found.items
    assert found.title == "Layers"
    assert (choice.id, choice.stem, choice.points) == ("stride", "What does a **stride** of 2 do?", 2.5)
    assert (choice.image, choice.image_alt, found.pictures) == ("net.png", "a net", {"net.png": b"PNG"})
    assert choice.explanation == "See the notes."
    assert [(one.correct, one.feedback) for one in choice.options] == [(True, ""), (False, "No.")]
    assert [one.correct for one in multiple.options] == [True, True, False]
    assert truth.answer is False
    assert (number.answer, number.abs_tol, about.answer, about.abs_tol) == (4.0, 0.5, 3, 1.0)
    assert short.accept == ("ResNet", "residual network")
    assert cloze.text == "A kernel of 5 needs [[pad]] to keep the [[what_else]]."
    assert [blank.accept for blank in cloze.blanks.values()] == [("2", "two"), ("size",)]
    assert [(pair.left, pair.right) for pair in match.pairs] == [("ResNet", "skips"), ("VGG", "3x3")]
    assert match.distractors == ("attention",)
    assert order.sequence == ("first", "second")
    assert len(recall.key_points) == 2 and recall.id in found.drafts
    lost = "\n".join(map(str, found.losses))
    for what in (
        "text_only_question has no counterpart",
        "general_incorrect_fb: 'Try again.'",
        "bare: answer: left out",
    ):
        assert what in lost


BLACKBOARD = """<item><itemmetadata><bbmd_questiontype>Multiple Choice</bbmd_questiontype><qmd_absolutescore_max>10.0</qmd_absolutescore_max></itemmetadata>
<presentation><flow class="Block"><flow class="QUESTION_BLOCK"><flow class="FORMATTED_TEXT_BLOCK"><material><mat_extension>
<mat_formattedtext type="HTML">Is it &lt;i&gt;local&lt;/i&gt;?</mat_formattedtext></mat_extension></material></flow></flow>
<flow class="RESPONSE_BLOCK"><response_lid ident="response" rcardinality="Single"><render_choice>
<flow_label><response_label ident="a1"><flow_mat><material><mat_extension><mat_formattedtext>Yes</mat_formattedtext></mat_extension></material></flow_mat></response_label></flow_label>
<flow_label><response_label ident="a2"><flow_mat><material><mat_extension><mat_formattedtext>No</mat_formattedtext></mat_extension></material></flow_mat></response_label></flow_label>
</render_choice></response_lid></flow></flow></presentation>
<resprocessing scoremodel="SumOfScores"><respcondition title="correct"><conditionvar><varequal respident="response"> a1 </varequal></conditionvar>
<setvar action="Set" variablename="SCORE">SCORE.max</setvar></respcondition><respcondition title="incorrect"><conditionvar><other/></conditionvar>
<setvar variablename="SCORE">0.0</setvar></respcondition></resprocessing></item>"""


def test_blackboards_nested_flows_are_read_without_metadata_of_canvas() -> None:
    (choice,) = read(BLACKBOARD).items
    assert isinstance(choice, Choice)
    assert (choice.stem, choice.points) == ("Is it *local*?", 10.0)
    assert [(one.text, one.correct) for one in choice.options] == [("Yes", True), ("No", False)]


def test_a_dropdown_is_typed_here_and_that_is_said() -> None:
    found = read(
        item(
            "multiple_dropdowns_question",
            "It [a] the size.",
            picks("Single", "halves", "doubles", ident="response_a", label="a"),
            paid(equal("0", "response_a")),
        )
    )
    (cloze,) = found.items
    assert isinstance(cloze, Cloze) and cloze.blanks["a"].accept == ("halves",)
    assert "words to pick from in the blank a" in str(found.losses[0])


@pytest.mark.parametrize(
    ("member", "text", "message"),
    [
        ("quiz/q.xml", '<!DOCTYPE q [<!ENTITY a "x">]><questestinterop>&a;</questestinterop>', "entities"),
        (
            "quiz/q.xml",
            "<questestinterop>" + "<a>" * 200 + "</a>" * 200 + "</questestinterop>",
            "holds no file",
        ),
        ("quiz/q.xml", "<assessmentItem/>", "holds no file that starts with <questestinterop>"),
        ("../../q.txt", "<questestinterop/>", "holds no file"),
        ("imsmanifest.xml", "<manifest>", "is not XML"),
    ],
)
def test_packages_that_mean_harm_or_are_damaged_are_refused(member: str, text: str, message: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(member, text)
    with pytest.raises(InputError, match=message):
        read_bytes(out.getvalue(), "x.zip", "qti12")


def test_a_manifest_reaches_no_file_outside_the_archive_and_a_bomb_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "imsmanifest.xml",
            '<manifest><resources><resource href="../../etc/passwd.xml"/></resources></manifest>',
        )
        archive.writestr("q.xml", "<questestinterop>" + " " * (40 << 20) + "</questestinterop>")
    with pytest.raises(InputError, match="zip bomb"):
        read_bytes(out.getvalue(), "x.zip")
