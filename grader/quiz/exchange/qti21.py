"""IMS QTI 2.1 content packages: https://www.imsglobal.org/question/qtiv2p1/imsqti_infov2p1.html

imsmanifest.xml
test.xml                 an assessmentTest that lists the items in order
items/ITEM.xml           one assessmentItem each
items/PICTURES           as they lie in the bank's folder
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from grader.quiz.exchange.carried import comment
from grader.quiz.exchange.fits import fit_qti
from grader.quiz.exchange.model import Exported, Loss, Packing
from grader.quiz.exchange.package import Resource, identifier, manifest, xml_bytes, zipped
from grader.quiz.exchange.paths import data_of
from grader.quiz.exchange.prepare import Prepared, Profile, prepare_all
from grader.quiz.exchange.qti21_item import assessment_item
from grader.quiz.exchange.shape import absolute_tolerance, balanced_credit, picture_below
from grader.quiz.model import Bank

_NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_OPTION = frozenset({"options.text", "options.correct", "options.feedback", "shuffle"})

QTI21 = Profile(
    held={
        "choice": _OPTION,
        "multiple": _OPTION,
        "true_false": frozenset({"answer", "feedback"}),
        "numeric": frozenset({"answer", "abs_tol", "mistakes"}),
        "short": frozenset({"accept", "case_sensitive", "mistakes"}),
        "cloze": frozenset(
            {
                "text",
                *(f"blanks.*.{key}" for key in ("type", "answer", "abs_tol", "accept", "case_sensitive")),
            }
        ),
        "ordering": frozenset({"sequence"}),
        "matching": frozenset({"pairs.left", "pairs.right", "distractors"}),
        "recall": frozenset({"answer"}),
    },
    common=frozenset({"explanation", "source", "points", "image", "image_alt"}),
    fit=fit_qti,
    adapt=(absolute_tolerance, balanced_credit, picture_below),
    pictures=True,
    remarks={
        "short": "no typing errors are forgiven there",
        "recall": "free answers are marked by a person there",
        "ordering": "only the whole order is paid there",
    },
)


def write_qti21(bank: Bank, packing: Packing) -> Exported:
    """The bank as a QTI 2.1 package, with a test that holds all items."""
    ready, losses = prepare_all(bank, QTI21, packing.pictures)
    losses.append(Loss("", "topic", f"the bank's topic {bank.topic!r}"))
    originals = {item.id: item for item in bank.items}
    members: dict[str, bytes] = {}
    resources: list[Resource] = []
    for one in ready:
        name = f"items/{one.item.id}.xml"
        element = item_element(one)
        element.append(comment(originals[one.item.id]))
        members[name] = xml_bytes(element)
        resources.append(
            Resource(identifier("", f"i-{one.item.id}"), "imsqti_item_xmlv2p1", name, _pictures(one, members))
        )
    test = Resource("test", "imsqti_test_xmlv2p1", "test.xml")
    members["test.xml"] = xml_bytes(_test(bank.title, resources))
    index = manifest(bank.title, "QTIv2.1 Package", "1.0.0", [test, *resources])
    return Exported(zipped({"imsmanifest.xml": index, **members}, packing.now), tuple(losses))


def item_element(one: Prepared) -> Element:
    """A prepared item as QTI 2.1 has it."""
    return assessment_item(data_of(one.item))


def _pictures(one: Prepared, members: dict[str, bytes]) -> tuple[str, ...]:
    if one.picture is None or one.item.image is None:
        return ()
    members[f"items/{one.item.image}"] = one.picture
    return (f"items/{one.item.image}",)


def _test(title: str, resources: list[Resource]) -> Element:
    root = Element("assessmentTest", xmlns=_NAMESPACE, identifier=identifier("test_", title), title=title)
    part = SubElement(
        root, "testPart", identifier="part1", navigationMode="nonlinear", submissionMode="individual"
    )
    section = SubElement(part, "assessmentSection", identifier="section1", title=title, visible="true")
    for one in resources:
        SubElement(section, "assessmentItemRef", identifier=one.identifier, href=one.href)
    return root
