"""QTI 2.x read as our own writer, TAO, OpenOLAT and the specification's examples write it."""

import io
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
from grader.quiz.exchange.qti21 import QTI21
from grader.quiz.kinds import Choice, Cloze, Matching, Multiple, Numeric, Ordering, Short, TrueFalse
from grader.quiz.recall import Recall
from tests.quiz.exchange.test_qti12 import changed
from tests.quiz.items import FIXTURES

PACKING = Packing(lambda path: None, datetime(2026, 1, 1, tzinfo=UTC))
BANK = load_bank(FIXTURES / "every_type.yaml")
MATCH = (
    '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/>'
)


def item(title: str, declarations: str, body: str, processing: str = MATCH, feedback: str = "") -> str:
    return (
        f'<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="{title}" title="{title}" adaptive="false" timeDependent="false">'
        f"{declarations}<outcomeDeclaration identifier='SCORE' cardinality='single' baseType='float'/>"
        f"<outcomeDeclaration identifier='MAXSCORE' cardinality='single' baseType='float'><defaultValue><value>2.5</value></defaultValue></outcomeDeclaration>"
        f"<itemBody>{body}</itemBody>{processing}{feedback}</assessmentItem>"
    )


def response(base: str, *right: str, many: str = "single", mapping: str = "", name: str = "RESPONSE") -> str:
    values = "".join(f"<value>{one}</value>" for one in right)
    correct = f"<correctResponse>{values}</correctResponse>" if right else ""
    return f'<responseDeclaration identifier="{name}" cardinality="{many}" baseType="{base}">{correct}{mapping}</responseDeclaration>'


def read(*items: str) -> Imported:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        refs = ""
        for place, one in enumerate(items):
            archive.writestr(f"i/q{-place % 100}.xml", one)
            refs += f'<assessmentItemRef identifier="q{place}" href="i/q{-place % 100}.xml"/>'
        archive.writestr("i/net.png", b"PNG")
        archive.writestr(
            "t.xml", f'<assessmentTest title="Layers"><testPart>{refs}</testPart></assessmentTest>'
        )
    return read_bytes(out.getvalue(), "x.zip")


def choices(tag: str, *texts: str, extra: str = "") -> str:
    return "".join(f'<{tag} identifier="c{place}"{extra}>{text}</{tag}>' for place, text in enumerate(texts))


def test_a_package_of_ours_whose_comments_are_gone_gives_what_the_format_holds() -> None:
    package = changed(write_bytes(BANK, "qti21", PACKING).data, r"<!--.*?-->", "")
    found = read_bytes(package, "x.zip")
    assert found.losses == () and found.title == BANK.title
    held = [prepare(one, QTI21, PACKING.pictures)[0].item for one in BANK.items]
    for one, again in zip(held, found.items, strict=True):
        assert (again.id, again.type, again.points) == (one.id, one.type, one.points)
        ours, theirs = data_of(one), data_of(again)
        for key in ("options", "answer", "feedback", "abs_tol", "accept", "mistakes", "blanks", "text", "pairs", "distractors", "sequence", "shuffle"):  # fmt: skip
            assert theirs.get(key) == ours.get(key), (one.id, key)


def test_a_package_that_was_edited_is_read_as_what_it_shows() -> None:
    package = changed(
        write_bytes(BANK, "qti21", PACKING).data, "<p>It doubles it, up to", "<p>It trebles it, up to"
    )
    found = read_bytes(package, "x.zip")
    assert [(loss.item, loss.what) for loss in found.losses] == [("et-choice", EDITED)]
    choice = found.items[0]
    assert isinstance(choice, Choice) and choice.options[1].text == "It trebles it, up to rounding"
    assert data_of(found.items[1]) == data_of(BANK.items[1])


def test_questions_as_other_programs_write_them() -> None:
    bounds = '<and><gte><variable identifier="RESPONSE"/><baseValue baseType="float">2</baseValue></gte><lte><variable identifier="RESPONSE"/><baseValue baseType="float">4</baseValue></lte></and>'
    score = '<setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue>'
    says = (
        '<setOutcomeValue identifier="FB"><baseValue baseType="identifier">{}</baseValue></setOutcomeValue>'
    )
    same = '<match><variable identifier="RESPONSE"/><{}/></match>'
    found = read(
        item(
            "Stride",
            response("identifier", "c0"),
            f'<p>What does a <b>stride</b> do?</p><p><img src="net.png" alt="a net"/></p><choiceInteraction responseIdentifier="RESPONSE" maxChoices="1" shuffle="true">{choices("simpleChoice", "It halves", "It <i>doubles</i>")}</choiceInteraction>',
            "<responseProcessing><responseCondition><responseIf>" + same.format('correct identifier="RESPONSE"') + score + says.format("right") + "</responseIf>"
            + "<responseElseIf><match><variable identifier='RESPONSE'/><baseValue baseType='identifier'>c1</baseValue></match>" + says.format("c1") + "</responseElseIf></responseCondition>"
            + '<setOutcomeValue identifier="SOL"><baseValue baseType="identifier">s</baseValue></setOutcomeValue></responseProcessing>',
            "<modalFeedback outcomeIdentifier='FB' identifier='right' showHide='show'>Well done.</modalFeedback>"
            "<modalFeedback outcomeIdentifier='FB' identifier='c1' showHide='show'><p>No.</p></modalFeedback>"
            "<modalFeedback outcomeIdentifier='SOL' identifier='s' showHide='show'><p>See the notes.</p></modalFeedback>",
        ),
        item(
            "Learn",
            response("identifier", many="multiple", mapping='<mapping lowerBound="0"><mapEntry mapKey="c0" mappedValue="1"/><mapEntry mapKey="c1" mappedValue="0.5"/><mapEntry mapKey="c2" mappedValue="-1"/></mapping>'),
            f'<choiceInteraction responseIdentifier="RESPONSE" maxChoices="0"><prompt>Which learn?</prompt>{choices("simpleChoice", "Conv2d", "BatchNorm2d", "ReLU<feedbackInline outcomeIdentifier=&apos;F&apos; identifier=&apos;c2&apos; showHide=&apos;show&apos;>It cannot.</feedbackInline>".replace("&apos;", chr(39)))}</choiceInteraction>',
        ),
        item("Truth", response("identifier", "c1"), f'<p>Pooling learns.</p><choiceInteraction responseIdentifier="RESPONSE" maxChoices="1">{choices("simpleChoice", "True", "False")}</choiceInteraction>'),
        item(
            "Near", response("float", "4"), '<p>How many?</p><p><textEntryInteraction responseIdentifier="RESPONSE"/></p>',
            '<responseProcessing><responseCondition><responseIf><equal toleranceMode="relative" tolerance="10 10"><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></equal>' + score + "</responseIf></responseCondition></responseProcessing>",
        ),
        item("About", response("float"), '<div>About?</div><p><textEntryInteraction responseIdentifier="RESPONSE"/></p>', f"<responseProcessing><responseCondition><responseIf>{bounds}{score}</responseIf></responseCondition></responseProcessing>"),
        item(
            "Name",
            response("string", "ResNet", mapping='<mapping><mapEntry mapKey="ResNet" mappedValue="1" caseSensitive="false"/><mapEntry mapKey="residual network" mappedValue="1" caseSensitive="false"/><mapEntry mapKey="net" mappedValue="0.5" caseSensitive="false"/></mapping>'),
            '<p>Name?</p><p><textEntryInteraction responseIdentifier="RESPONSE"/></p>',
        ),
        item(
            "Gaps",
            response("identifier", "c1", name="A") + response("string", "size", name="B"),
            f'<p>Fill in.</p><p>It <inlineChoiceInteraction responseIdentifier="A">{choices("inlineChoice", "doubles", "halves")}</inlineChoiceInteraction> the <textEntryInteraction responseIdentifier="B"/>.</p>',
        ),
        item(
            "Drag",
            response("directedPair", "c1 G1", many="multiple"),
            f'<gapMatchInteraction responseIdentifier="RESPONSE"><prompt>Drag.</prompt>{choices("gapText", "ReLU", "stride", extra=" matchMax=" + chr(34) + "1" + chr(34))}<p>A <gap identifier="G1"/> of 2.</p></gapMatchInteraction>',
        ),
        item("Order", response("identifier", "c1", "c0", many="ordered"), f'<orderInteraction responseIdentifier="RESPONSE"><prompt>Order.</prompt>{choices("simpleChoice", "second", "first")}</orderInteraction>'),
        item(
            "Sort",
            response("directedPair", "L R1", "L R2", "M R3", many="multiple"),
            '<matchInteraction responseIdentifier="RESPONSE"><prompt>Sort.</prompt><simpleMatchSet><simpleAssociableChoice identifier="L" matchMax="0">learns</simpleAssociableChoice><simpleAssociableChoice identifier="M" matchMax="0">does not</simpleAssociableChoice></simpleMatchSet>'
            '<simpleMatchSet><simpleAssociableChoice identifier="R1" matchMax="1">Conv2d</simpleAssociableChoice><simpleAssociableChoice identifier="R2" matchMax="1">Linear</simpleAssociableChoice><simpleAssociableChoice identifier="R3" matchMax="1">ReLU</simpleAssociableChoice></simpleMatchSet></matchInteraction>',
        ),
        item("Pair", response("pair", "c0 c2", "c1 c3", many="multiple"), f'<associateInteraction responseIdentifier="RESPONSE"><prompt>Pair.</prompt>{choices("simpleAssociableChoice", "ResNet", "VGG", "skips", "3x3", "attention")}</associateInteraction>'),
        item("Essay", response("string"), '<p>Explain.</p><extendedTextInteraction responseIdentifier="RESPONSE"/><rubricBlock view="scorer"><p>Weights are shared. Patches are local.</p></rubricBlock>'),
        item("Bare", response("string"), '<p>Discuss.</p><extendedTextInteraction responseIdentifier="RESPONSE"/>'),
        item("Spot", response("point", "1 1"), '<selectPointInteraction responseIdentifier="RESPONSE"/>'),
        item("Drawn", response("float") + '<templateDeclaration identifier="A" cardinality="single" baseType="integer"/>', '<p><printedVariable identifier="A"/></p>'),
    )  # fmt: skip
    kinds = [type(one) for one in found.items]
    assert kinds == [Choice, Multiple, TrueFalse, Numeric, Numeric, Short, Cloze, Cloze, Ordering, Matching, Matching, Recall]  # fmt: skip
    choice, multiple, truth, number, about, short, cloze, drag, order, sort, pair, recall = found.items
    assert found.title == "Layers"
    assert (choice.id, choice.stem, choice.points) == ("stride", "What does a **stride** do?", 2.5)
    assert (choice.image, choice.image_alt, found.pictures) == ("net.png", "a net", {"net.png": b"PNG"})
    assert choice.explanation == "See the notes."
    assert [(one.text, one.correct, one.feedback) for one in choice.options] == [("It halves", True, ""), ("It *doubles*", False, "No.")]  # fmt: skip
    assert (choice.shuffle, multiple.shuffle, multiple.stem) == (True, False, "Which learn?")
    assert [(one.correct, one.feedback) for one in multiple.options] == [(True, ""), (True, ""), (False, "It cannot.")]  # fmt: skip
    assert truth.answer is False
    assert (number.answer, number.rel_tol, about.stem, about.answer, about.abs_tol) == (4, 0.1, "About?", 3.0, 1.0)  # fmt: skip
    assert (short.accept, short.case_sensitive) == (("ResNet", "residual network"), False)
    assert (cloze.stem, cloze.text) == ("Fill in.", "It [[A]] the [[B]].")
    assert [blank.accept for blank in cloze.blanks.values()] == [("halves",), ("size",)]
    assert (drag.stem, drag.text, drag.blanks["G1"].accept) == ("Drag.", "A [[G1]] of 2.", ("stride",))
    assert order.sequence == ("first", "second")
    assert [(one.left, one.right) for one in sort.pairs] == [("Conv2d", "learns"), ("Linear", "learns"), ("ReLU", "does not")]  # fmt: skip
    assert [(one.left, one.right) for one in pair.pairs] == [("ResNet", "skips"), ("VGG", "3x3")]
    assert pair.distractors == ("attention",)
    assert len(recall.key_points) == 2 and recall.id in found.drafts
    lost = [str(loss) for loss in found.losses]
    for what in (
        "Stride: feedback: the remark FB right: 'Well done.'",
        "Name: accept: 'net' is paid in part",
        "Gaps: blanks: the words to pick from in the blank A",
        "Bare: answer: left out",
        "Spot: type: left out: what is asked of the learner has no counterpart",
        "Drawn: type: left out: its numbers are drawn",
    ):
        assert any(one.startswith(what) for one in lost), (what, lost)


def test_one_item_in_a_file_of_its_own_is_known_by_its_root() -> None:
    (found,) = read_bytes(item("T", response("float", "4"), '<p>How many?</p><p><textEntryInteraction responseIdentifier="RESPONSE"/></p>').encode(), "x.xml").items  # fmt: skip
    assert (found.type, found.stem) == ("numeric", "How many?")


def test_a_test_without_questions_and_entities_are_refused() -> None:
    with pytest.raises(InputError, match="no file with a question"):
        read_bytes(b"<assessmentTest/>", "x.xml")
    with pytest.raises(InputError, match="entities"):
        read_bytes(b'<!DOCTYPE q [<!ENTITY a "x">]><assessmentItem>&a;</assessmentItem>', "x.zip", "qti21")


@pytest.mark.parametrize("damage", [r"<itemBody>.*</itemBody>", r"<responseDeclaration.*?</responseDeclaration>", r' identifier="[^"]*"', r' responseIdentifier="[^"]*"', r"<value>[^<]*</value>", r' mapKey="[^"]*"', r"<variable[^>]*/>", r"<baseValue[^>]*>[^<]*</baseValue>", r"<p>[^<]*</p>"])  # fmt: skip
def test_a_package_that_lacks_a_part_is_read_without_a_crash(damage: str) -> None:
    package = changed(write_bytes(BANK, "qti21", PACKING).data, r"<!--.*?-->", "")
    read_bytes(changed(package, damage, ""), "x.zip", "qti21")
