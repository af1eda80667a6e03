import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.quiz_exchange import stats
from grader.errors import InputError
from grader.quiz.bank import Library, load_banks
from grader.quiz.exam import handed_in, result, write_result
from grader.quiz.exam_import import read_result, read_results
from grader.quiz.memory import remember
from grader.quiz.plan import Mode, Wish
from grader.quiz.seal import load_key
from grader.quiz.session import Session
from grader.quiz.store import ReviewLog
from tests.quiz.conftest import Clock
from tests.quiz.sessions import SEED, exam, right, wrong


@pytest.fixture
def sat(library: Library, log: ReviewLog, clock: Clock) -> Session:
    """An exam with every question answered rightly but the last, and a break of an hour."""
    session = exam(library, log, clock(), time_limit_s=600)
    for place in range(10):
        if place == 5:
            clock.now += timedelta(hours=1)
            session = Session.resume(library, log, remember(log), "s", clock())
        session.submit(right(session.current.item, session.current.drawn), clock())
        session.advance(clock())
    session.finish(clock())
    return session


def written(sat: Session, tmp_path: Path, learner: str = "Ada", key: str = "key.pem") -> Path:
    path = tmp_path / f"{learner}-{key}.json"
    write_result(result(sat.log, sat.library, "s", learner), load_key(tmp_path / key), [path])
    return path


def test_the_instructor_reads_what_the_learner_earned(sat: Session, library: Library, tmp_path: Path) -> None:
    found = read_result(written(sat, tmp_path), library)
    assert (found.learner, found.score, found.max_score, found.answered) == ("Ada", 10, 11, 10)
    assert found.notes == ("1 break, 59:47 in all",)
    assert 0 < found.used_s < 100


@pytest.mark.parametrize(
    ("old", "new"), [('"Ada"', '"Bob"'), ('"score": 1.0', '"score": 2.0'), ('"attempt": 1', '"attempt": 0')]
)
def test_a_changed_file_is_refused(
    sat: Session, library: Library, tmp_path: Path, old: str, new: str
) -> None:
    path = written(sat, tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match="was changed after it was signed"):
        read_result(path, library)


def test_a_score_signed_by_a_forger_is_marked_again(sat: Session, library: Library, tmp_path: Path) -> None:
    """Whoever holds the key can sign anything; the points come from the responses all the same."""
    content = result(sat.log, library, "s", "Ada") | {"score": 99.0}
    for question in content["questions"]:
        question["response"], question["score"] = "nonsense", 9.0
        question.setdefault("fingerprint", "")
        question.setdefault("drawn", {})
    write_result(content, load_key(tmp_path / "key.pem"), [tmp_path / "forged.json"])
    found = read_result(tmp_path / "forged.json", library)
    assert found.score < 1
    assert "the file says 99 points" in found.notes


def test_numbers_that_the_seed_does_not_give_are_noticed(
    sat: Session, library: Library, tmp_path: Path
) -> None:
    content = result(sat.log, library, "s", "Ada")
    question = next(one for one in content["questions"] if one["item"] == "et-numeric")
    question["drawn"]["values"]["h"] += 1
    write_result(content, load_key(tmp_path / "key.pem"), [tmp_path / "easy.json"])
    assert "et-numeric was not drawn from its seed" in read_result(tmp_path / "easy.json", library).notes


def test_shared_keys_and_second_copies_are_noticed(sat: Session, library: Library, tmp_path: Path) -> None:
    paths = [
        written(sat, tmp_path),
        written(sat, tmp_path, "Bob"),
        written(sat, tmp_path, "Bob", "other.pem"),
    ]
    notes = [one.notes for one in read_results(paths, library)]
    assert "same key as Bob" in notes[0]
    assert "several keys for this learner" in notes[1]
    assert "handed in more than once" in notes[2]


def test_a_mended_bank_marks_by_what_it_says_now(
    sat: Session, library: Library, course: Path, tmp_path: Path
) -> None:
    path = written(sat, tmp_path)
    bank = course / "quizzes" / "every_type.yaml"
    bank.write_text(
        bank.read_text().replace("accept: [translation equivariance,", "accept: [something else,")
    )
    found = read_result(path, load_banks([bank]))
    assert "et-short was changed since" in found.notes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"result": 1, "public_key": "AA==", "signature": "AA=="}',
        "[" * 5000,
        '{"public_key": 3}',
        "\0",
    ],
)
def test_files_that_are_no_results_are_refused(library: Library, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=r"x\.json"):
        read_result(tmp_path / "x.json", library)


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "home" / "key.pem"
    assert load_key(path).private_bytes_raw() == load_key(path).private_bytes_raw()
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["key.pem"]
    path.write_text("no key")
    with pytest.raises(InputError, match="is no key"):
        load_key(path)


def test_an_exam_is_taken_once_and_again_only_as_a_second_attempt(
    sat: Session, library: Library, log: ReviewLog, clock: Clock
) -> None:
    wish = Wish(mode=Mode.EXAM, seed=SEED, time_limit_s=600)
    assert handed_in(log, wish) == "s"
    second = exam(library, log, clock(), "t", time_limit_s=600)
    assert handed_in(log, wish) is None
    second.finish(clock())
    assert handed_in(log, wish) == "t"
    assert result(log, library, "t", "Ada")["attempt"] == 2
    assert json.dumps(result(log, library, "s", "Ada")) == json.dumps(result(log, library, "s", "Ada"))


def test_a_result_that_cannot_be_written_says_what_to_do(sat: Session, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--out"):
        write_result(
            result(sat.log, sat.library, "s", "Ada"), load_key(tmp_path / "k"), [tmp_path / "file" / "x.json"]
        )


def test_exam_results_are_counted_by_item_analysis(
    library: Library, course: Path, tmp_path: Path, clock: Clock
) -> None:
    """Two learners sit an exam, one of them twice; their signed files are what `quiz stats` sees."""
    results = tmp_path / "results"
    for learner, sessions in (("Ada", ("a", "b")), ("Bob", ("c",))):
        with ReviewLog(tmp_path / f"{learner}.db") as log:
            for place, name in enumerate(sessions):
                session = exam(library, log, clock(), name)
                for asked in range(3):
                    item, drawn = session.current.item, session.current.drawn
                    is_right = learner == "Bob" or place > 0 or asked > 0
                    session.submit(right(item, drawn) if is_right else wrong(item, drawn), clock())
                    session.advance(clock())
                session.finish(clock())
                content = result(log, library, name, learner)
                write_result(content, load_key(tmp_path / f"{learner}.pem"), [results / f"{name}.json"])
    asked_first = content["questions"][0]["item"]

    done = CliRunner().invoke(
        stats, ["--course", str(course), "--exam", str(results), "--format", "json"], catch_exceptions=False
    )
    found = {one["item"]: one for one in json.loads(done.stdout)["items"]}
    assert {one["count"] for one in found.values()} == {2}, "a second attempt is no first one"
    assert len(found) == 3
    assert {item: one["facility"] for item, one in found.items()} == {
        item: 0.5 if item == asked_first else 1.0 for item in found
    }
    assert all(one["median_s"] is not None for one in found.values())
