from __future__ import annotations

from pathlib import Path

from grader.verify.result import Hunted, Judged
from grader.verify.store import Store


def test_what_is_put_is_got_for_the_same_content_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep" / "store")
    store.put("conv2d-judged", "one", Judged(wheats=3))
    assert store.get("conv2d-judged", "one", Judged) == Judged(wheats=3)
    assert store.get("conv2d-judged", "two", Judged) is None
    store.put("conv2d-judged", "two", Judged(wheats=4))
    assert len(list(store.folder.iterdir())) == 1, "older results of that name go"


def test_how_long_a_job_took_outlives_a_change(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.last_wall_s("a") is None
    store.put("a", "x", Judged(wall_s=3.5))
    assert store.get("a", "y", Judged) is None and store.last_wall_s("a") == 3.5


def test_a_damaged_entry_counts_as_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("a", "x", Hunted(total=1))
    (file,) = tmp_path.iterdir()
    file.write_text("{")
    assert store.get("a", "x", Hunted) is None
    file.write_text('{"wheats": 1}')
    assert store.get("a", "x", Hunted) is None


def test_a_store_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    store.put("a", "x", Hunted())
    assert store.get("a", "x", Hunted) is None
