"""Archives: what is taken, and every way in which one can be hostile."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.batch.archive import Bounds, Left, is_archive, stem, unpack
from grader.batch.submission import Collected, Trouble
from grader.errors import InputError

Find = Callable[..., Collected]
SMALL = Bounds(total=1 << 20, file=1 << 18, members=50)


def zipped(path: Path, files: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data, **options)
    return path


def tarred(path: Path, members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member, data in members:
            archive.addfile(member, io.BytesIO(data))
    return path


def member(
    name: str, data: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    return info, data


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"])
def test_ordinary_archives(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"ada{suffix}"
    if suffix == ".zip":
        zipped(path, {"hw/axpy.py": b"one", "hw/steps.py": b"two" * 10_000})
    else:
        mode = {".tar": "w", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}.get(suffix, "w:gz")
        tarred(path, [member("hw/axpy.py", b"one"), member("hw/steps.py", b"two" * 10_000)], mode)
    assert unpack(path, tmp_path / "out") == []
    assert files_in(tmp_path / "out") == {"hw/axpy.py": b"one", "hw/steps.py": b"two" * 10_000}
    assert (is_archive(path.name), stem(path.name)) == (True, "ada")


@pytest.mark.parametrize("name", ["../out.py", "/etc/out.py", "a/../../out.py", "..\\out.py", "C:\\out.py"])
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_nothing_is_written_outside(name: str, form: str, tmp_path: Path) -> None:
    inside = tmp_path / "deep" / "er"
    if form == "zip":
        path = zipped(tmp_path / "a.zip", {name: b"bad", "axpy.py": b"good"})
    else:
        path = tarred(tmp_path / "a.tar.gz", [member(name, b"bad"), member("axpy.py", b"good")])
    left = unpack(path, inside)
    assert [one.why for one in left] == ["its path leads out of the archive"]
    assert files_in(tmp_path / "deep") == {"er/axpy.py": b"good"}


@given(name=st.text(min_size=1, max_size=30), data=st.binary(max_size=50))
@settings(deadline=None, max_examples=60)
def test_whatever_a_member_is_called_it_stays_below_the_folder(
    name: str, data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("any")
    info = tarfile.TarInfo(name + ".py")
    info.size = len(data)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        try:
            archive.addfile(info, io.BytesIO(data))
        except UnicodeEncodeError:
            return
    (place / "a.tar").write_bytes(buffer.getvalue())
    unpack(place / "a.tar", place / "out")
    written = files_in(place)
    written.pop("a.tar")
    assert all(path.startswith("out/") for path in written)


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    path = tarred(
        tmp_path / "a.tar",
        [
            member("axpy.py", b"", tarfile.SYMTYPE, "/etc/passwd"),
            member("steps.py", b"", tarfile.LNKTYPE, "/etc/passwd"),
            member("null.py", b"", tarfile.CHRTYPE),
            member("fifo.py", b"", tarfile.FIFOTYPE),
        ],
        "w",
    )
    assert [one.why for one in unpack(path, tmp_path / "out")] == ["is a link"] * 2 + [
        "is not a regular file"
    ] * 2
    assert files_in(tmp_path / "out") == {}
    info = zipfile.ZipInfo("axpy.py")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert [one.why for one in unpack(tmp_path / "a.zip", tmp_path / "out")] == ["is a symbolic link"]


def test_an_encrypted_member_is_listed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"axpy.py": b"secret"})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the local header's flag, and the directory's
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    assert [one.why for one in unpack(path, tmp_path / "out")] == [
        "is encrypted: hand in an archive without a password"
    ]


def test_bombs_end_early(tmp_path: Path) -> None:
    zeros = b"\0" * (64 << 20)
    bombs = {
        "zip": zipped(tmp_path / "a.zip", {f"{n}.py": zeros[: 1 << 18] for n in range(40)}),
        "large": zipped(tmp_path / "b.zip", {"axpy.py": zeros}),
        "gz": tmp_path / "c.tar.gz",
        "bz2": tmp_path / "d.tar.bz2",
        "xz": tmp_path / "e.tar.xz",
    }
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name in ("0.py", "axpy.py"):
            info = tarfile.TarInfo(name)
            info.size = len(zeros)
            archive.addfile(info, io.BytesIO(zeros))
    bombs["gz"].write_bytes(gzip.compress(raw.getvalue(), 1))
    bombs["bz2"].write_bytes(bz2.compress(raw.getvalue(), 1))
    bombs["xz"].write_bytes(lzma.compress(raw.getvalue(), preset=0))
    del raw, zeros
    for name, path in bombs.items():
        tracemalloc.start()
        left = unpack(path, tmp_path / name, SMALL)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert left, name
        assert peak < 24 << 20, (name, peak)
        assert sum(len(data) for data in files_in(tmp_path / name).values()) <= SMALL.total, name


def test_an_extended_header_of_a_gigabyte_takes_no_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    (tmp_path / "a.tar.gz").write_bytes(
        gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + b"\0" * (32 << 20), 1)
    )
    tracemalloc.start()
    with pytest.raises((InputError, AssertionError)):
        left = unpack(tmp_path / "a.tar.gz", tmp_path / "out", SMALL)
        assert not left
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 << 20


def test_too_many_members(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {f"{n}.py": b"" for n in range(60)})
    with pytest.raises(InputError, match="more than 50 members"):
        unpack(path, tmp_path / "out", SMALL)
    path = tarred(tmp_path / "a.tar", [member(f"{n}.py") for n in range(60)], "w")
    assert unpack(path, tmp_path / "out2", SMALL)[-1] == Left("the rest", "it holds more than 50 members")


@given(
    data=st.binary(max_size=2000), suffix=st.sampled_from([".zip", ".tar", ".tar.gz", ".tar.xz", ".tar.bz2"])
)
@settings(deadline=None, max_examples=80)
def test_garbage_is_an_input_error_or_nothing(
    data: bytes, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("garbage")
    path = place / f"a{suffix}"
    path.write_bytes(
        {".tar.gz": b"\x1f\x8b", ".tar.bz2": b"BZh9", ".tar.xz": b"\xfd7zXZ\0"}.get(suffix, b"") + data
    )
    try:
        unpack(path, place / "out")
    except InputError:
        pass


def test_cut_short(tmp_path: Path) -> None:
    whole = tarred(tmp_path / "a.tar.gz", [member("axpy.py", b"good"), member("steps.py", os.urandom(5000))])
    whole.write_bytes(whole.read_bytes()[:-2000])
    left = unpack(whole, tmp_path / "out")
    assert left[-1].name == "the rest"
    assert files_in(tmp_path / "out")["axpy.py"] == b"good"


def test_a_class_as_one_zip_of_zips(root: Path, found: Find, tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"axpy.py": b"a", "deeper.zip": b"PK\5\6" + b"\0" * 18})
    moodle = {
        "Ada_1_assignsubmission_file_/work.zip": inner.read_bytes(),
        "Bob_2_assignsubmission_file_/steps.py": b"b",
        "__MACOSX/._x.py": b"",
    }
    result = found(zipped(tmp_path / "class.zip", moodle))
    assert [(s.learner, s.exercise.id) for s in result.submissions] == [("Ada_1", "axpy"), ("Bob_2", "steps")]
    assert result.submissions[0].shown == "Ada_1_assignsubmission_file_/work.zip!/axpy.py"
    nested = [a for a in result.asides if a.kind is Trouble.UNREADABLE]
    assert [a.why for a in nested] == ["is an archive in an archive, which is not opened"]


def test_an_archive_for_a_learner(root: Path, found: Find) -> None:
    zipped(root / "ada.zip", {"01_numbers/axpy.py": b"a"})
    tarred(root / "bob.tar.xz", [member("steps.py", b"b")], "w:xz")
    (root / "eve.zip").write_bytes(b"not a zip")
    (root / "mallory.rar").write_bytes(b"Rar!")
    result = found()
    assert [(s.learner, s.exercise.id) for s in result.submissions] == [("ada", "axpy"), ("bob", "steps")]
    assert {(a.kind, a.path) for a in result.asides if a.kind is not Trouble.EMPTY} == {
        (Trouble.UNREADABLE, "eve.zip"),
        (Trouble.UNUSED, "mallory.rar"),
    }
    assert [a.learner for a in result.asides if a.kind is Trouble.EMPTY] == ["eve"]
