import gc
import json
from pathlib import Path

import pytest

from grader.errors import CourseError
from grader.quiz.bank import load_bank, load_banks
from grader.quiz.frozen import freeze
from grader.quiz.model import Bank, fingerprint
from grader.quiz.schema import quiz_schema
from tests.quiz.items import FIXTURES, bank_of, item_of

ITEM = "  - {{id: {id}, type: true_false, stem: s, answer: {answer}}}\n"


def write(path: Path, *ids: str, answer: str = "true") -> Path:
    path.write_text(
        "format: 1\ntitle: t\ntopic: t\nitems:\n" + "".join(ITEM.format(id=i, answer=answer) for i in ids)
    )
    return path


def test_a_folder_of_banks_becomes_one_library(tmp_path: Path) -> None:
    write(tmp_path / "b.yaml", "b1", "b2")
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub" / "a.yml", "a1")
    library = load_banks([tmp_path])
    assert list(library.items) == ["b1", "b2", "a1"]
    assert library.shelf_of["a1"].path.name == "a.yml"


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "x", "x", answer="3")
    write(tmp_path / "b.yaml", "y", "y")
    write(tmp_path / "c.yaml", "y")
    with pytest.raises(CourseError) as caught:
        load_banks([tmp_path])
    assert [(p.path.name, p.line) for p in caught.value.problems] == [
        ("a.yaml", 5), ("a.yaml", 6), ("b.yaml", 6), ("c.yaml", 5),
    ]  # fmt: skip
    assert "must be true, false or an expression" in str(caught.value)


def test_the_cache_gives_the_same_bank_and_never_a_stale_or_damaged_one(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    plain = load_bank(FIXTURES / "every_type.yaml")
    assert load_bank(FIXTURES / "every_type.yaml", cache=cache) == plain
    (entry,) = cache.iterdir()
    assert load_bank(FIXTURES / "every_type.yaml", cache=cache) == plain
    other = plain.model_copy(update={"title": "changed"})
    entry.write_text(freeze(other))
    assert load_bank(FIXTURES / "every_type.yaml", cache=cache) == other  # so it is really read
    for damaged in (freeze(other).replace("et-choice", "et-chance"), "{broken", "", "\n"):
        entry.write_text(damaged)
        assert load_bank(FIXTURES / "every_type.yaml", cache=cache) == plain
    bank = write(tmp_path / "a.yaml", "one")
    assert load_bank(bank, cache=cache).items[0].answer is True
    write(bank, "one", answer="false")
    assert load_bank(bank, cache=cache).items[0].answer is False


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert load_bank(write(tmp_path / "a.yaml", "one"), cache=blocked / "cache").items


def test_collecting_garbage_goes_on_after_loading(tmp_path: Path) -> None:
    load_bank(write(tmp_path / "a.yaml", "one"))
    with pytest.raises(CourseError):
        load_banks([tmp_path / "none.yaml"])
    assert gc.isenabled()


def test_models_round_trip_through_json() -> None:
    bank = load_bank(FIXTURES / "every_type.yaml")
    assert Bank.model_validate_json(bank.model_dump_json(exclude_defaults=True), strict=True) == bank


def test_a_fingerprint_follows_the_meaning_and_not_the_polish() -> None:
    base = {"answer": 8, "explanation": "a"}
    one = fingerprint(item_of("numeric", **base))
    assert one == fingerprint(item_of("numeric", **base | {"explanation": "b", "hints": "h", "abs_tol": 0.1}))
    assert one != fingerprint(item_of("numeric", **base | {"answer": 9}))
    assert one != fingerprint(item_of("numeric", **base | {"stem": "other"}))


def test_the_schema_knows_every_type_and_is_met_by_the_example() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    import yaml

    schema = quiz_schema()
    data = yaml.safe_load((FIXTURES / "every_type.yaml").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(data)) == []
    data["items"][0]["colour"] = "red"
    assert list(validator.iter_errors(data))


def test_bank_of_is_a_bank() -> None:
    assert bank_of({"id": "a", "type": "true_false", "stem": "s", "answer": True}).items[0].answer is True


def test_the_schema_beside_the_banks_is_the_models_own() -> None:
    kept = json.loads((Path(__file__).parents[2] / "quizzes" / "quiz.schema.json").read_text())
    fresh = quiz_schema()
    assert {name: sorted(one.get("properties", ())) for name, one in kept["$defs"].items()} == {
        name: sorted(one.get("properties", ())) for name, one in fresh["$defs"].items()
    }, "run `grader schema quiz > quizzes/quiz.schema.json`"
