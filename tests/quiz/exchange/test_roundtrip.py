"""Two laws for every format that is read back: nothing is dropped in silence, and what was written is read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from grader.quiz.exchange.concrete import concrete
from grader.quiz.exchange.formats import FORMATS, read_bytes, write_bytes
from grader.quiz.exchange.gift_write import GIFT
from grader.quiz.exchange.markdown_write import MARKDOWN
from grader.quiz.exchange.model import Loss, Packing
from grader.quiz.exchange.moodle_write import MOODLE
from grader.quiz.exchange.paths import Data, data_of, mapped, without
from grader.quiz.exchange.prepare import Profile, prepare, prepare_all
from grader.quiz.exchange.qti12 import QTI12
from grader.quiz.exchange.qti21 import QTI21
from grader.quiz.model import AnyItem, Bank
from tests.quiz.exchange.strategies import banks

PACKING = Packing(lambda path: None, datetime(2026, 1, 1, tzinfo=UTC))
PROFILES = {"gift": GIFT, "moodle": MOODLE, "markdown": MARKDOWN}
SOME = settings(deadline=None, max_examples=30)


def plain(item: AnyItem, lost: frozenset[str] = frozenset()) -> Data:
    """Data less what is lost; spaces at the ends of a text mean nothing."""
    kept: Data = without(data_of(item), lost)
    return {
        key: value
        for key, value in mapped(kept, lambda key, text: text.strip()).items()
        if value not in ("", [], {})
    }


@pytest.mark.parametrize("name", ["csv", "apkg", "qti12", "qti21", "html"])
@given(bank=banks())
@SOME
def test_formats_that_hold_everything_give_every_item_back(name: str, bank: Bank) -> None:
    exported = write_bytes(bank, name, PACKING)
    back = read_bytes(exported.data, f"x{FORMATS[name].suffix}", name)
    # QTI and pages carry the whole item beside what its readers see: what they do not see is listed, and comes back.
    shown = exported.losses if name in {"csv", "apkg"} else ()
    lost = {(loss.item, loss.key) for loss in shown if loss.item and loss.key}
    assert back.losses == ()
    for item, again in zip(bank.items, back.items, strict=True):
        keys = frozenset(key for name, key in lost if name == item.id)
        assert without(data_of(again), keys) == without(data_of(item), keys)


@pytest.mark.parametrize("name", list(PROFILES))
@given(bank=banks())
@SOME
def test_a_file_is_read_back_as_the_items_that_were_prepared_for_it(name: str, bank: Bank) -> None:
    ready, _ = prepare_all(bank, PROFILES[name], PACKING.pictures)
    back = read_bytes(write_bytes(bank, name, PACKING).data, f"x{FORMATS[name].suffix}", name)
    assert [plain(item) for item in back.items] == [plain(one.item) for one in ready]
    assert back.losses == ()


@pytest.mark.parametrize(
    "profile", [GIFT, MOODLE, MARKDOWN, QTI12, QTI21], ids=["gift", "moodle", "markdown", "qti12", "qti21"]
)
@given(bank=banks())
@SOME
def test_whatever_preparing_changes_is_among_the_losses(profile: Profile, bank: Bank) -> None:
    for item in bank.items:
        one, losses = prepare(item, profile, PACKING.pictures)
        if "type" in keys_of(losses):
            assert (one.item.id, one.item.points) == (
                item.id,
                item.points if "points" not in keys_of(losses) else one.item.points,
            )
            continue
        lost = keys_of(losses)
        drafted = frozenset({"key_points", "examples"}) if item.type == "recall" else frozenset[str]()
        assert plain(one.item, lost | drafted) == plain(concrete(item)[0], lost | drafted)
        if item.type == "recall":
            assert "key_points.patterns" in lost


def keys_of(losses: list[Loss]) -> frozenset[str]:
    return frozenset(loss.key for loss in losses if loss.key)


@pytest.mark.parametrize("name", ["qti12", "qti21", "html"])
@given(bank=banks())
@settings(deadline=None, max_examples=12)
def test_written_packages_are_well_formed_whatever_the_texts(name: str, bank: Bank) -> None:
    import io
    import zipfile
    from xml.etree.ElementTree import fromstring

    data = write_bytes(bank, name, PACKING).data
    if name == "html":
        assert b"<script" not in data
        return
    archive = zipfile.ZipFile(io.BytesIO(data))
    listed = fromstring(archive.read("imsmanifest.xml")).iter("{http://www.imsglobal.org/xsd/imscp_v1p1}file")
    assert {one.get("href") for one in listed} == set(archive.namelist()) - {"imsmanifest.xml"}
    for member in archive.namelist():
        fromstring(archive.read(member))


def test_the_same_bank_and_time_give_the_same_bytes() -> None:
    from tests.quiz.items import bank_of

    bank = bank_of({"id": "a", "type": "true_false", "stem": "s", "answer": True})
    for name in FORMATS:
        assert write_bytes(bank, name, PACKING).data == write_bytes(bank, name, PACKING).data, name


@pytest.mark.parametrize("name", ["moodle", "apkg", "qti12", "qti21", "html"])
def test_pictures_travel_with_their_items(name: str) -> None:
    from tests.quiz.items import bank_of

    item = {
        "id": "a",
        "type": "true_false",
        "stem": "s",
        "answer": True,
        "image": "figures/net.png",
        "image_alt": "A net",
    }
    bank = bank_of(item)
    packing = Packing(lambda path: b"PNG" if path == "figures/net.png" else None, PACKING.now)
    back = read_bytes(write_bytes(bank, name, packing).data, f"x{FORMATS[name].suffix}", name)
    assert (back.items, back.pictures) == (bank.items, {"figures/net.png": b"PNG"})
    assert "image" in {loss.key for loss in write_bytes(bank, "moodle", PACKING).losses}
    for package in ("qti12", "qti21"):
        assert b"figures/net.png" in write_bytes(bank, package, packing).data
