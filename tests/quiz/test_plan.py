from datetime import timedelta

import pytest

from grader.errors import UsageError
from grader.quiz.bank import Library
from grader.quiz.entry import Entry, Kind
from grader.quiz.memory import Memory, remember
from grader.quiz.plan import Mode, Plan, Wish, make_plan
from grader.quiz.rating import Rating
from grader.quiz.store import ReviewLog
from tests.quiz.conftest import NOON


def planned(library: Library, memory: Memory, **wishes: object) -> list[str]:
    plan = make_plan(library, memory, Wish(**wishes), now=NOON + timedelta(days=5), seed=3)  # type: ignore[arg-type]
    return [one.item for one in plan.items]


def known(log: ReviewLog) -> Memory:
    for item, rating, days in [
        ("et-short", Rating.GOOD, 0),
        ("et-shape", Rating.AGAIN, 1),
        ("et-cloze", Rating.EASY, 4),
    ]:
        log.append(Entry(Kind.ANSWER, NOON + timedelta(days=days), item=item, fingerprint="f", rating=rating))
    return remember(log)


def test_what_is_due_comes_first_then_what_is_new(library: Library, log: ReviewLog) -> None:
    order = planned(library, known(log))
    assert order[:2] == ["et-short", "et-shape"], "the longest overdue first"
    assert order[2:] == [item for item in library.items if item not in {"et-short", "et-shape", "et-cloze"}]


def test_a_named_bank_is_asked_whole_and_due_only_asks_what_is_due(library: Library, log: ReviewLog) -> None:
    memory = known(log)
    assert planned(library, memory, banks=("every_type",))[-1] == "et-cloze"
    assert planned(library, memory, due=True) == ["et-short", "et-shape"]
    assert planned(library, memory, count=1) == ["et-short"]


def test_a_seed_gives_the_same_session_whatever_is_known(library: Library, log: ReviewLog) -> None:
    wish = Wish(seed=11, mode=Mode.EXAM)
    plans = [
        make_plan(library, memory, wish, now=NOON, seed=seed)
        for memory, seed in [(Memory(), 1), (known(log), 2)]
    ]
    assert plans[0] == plans[1]
    assert plans[0] != make_plan(library, Memory(), Wish(seed=12, mode=Mode.EXAM), now=NOON, seed=1)
    assert Plan.of_json(plans[0].as_json()) == plans[0]


def test_nothing_due_says_when(library: Library, log: ReviewLog) -> None:
    log.append(Entry(Kind.ANSWER, NOON, item="et-short", fingerprint="f", rating=Rating.EASY))
    with pytest.raises(UsageError, match=r"nothing is due; the next question comes in \d+ days"):
        make_plan(library, remember(log), Wish(due=True), now=NOON, seed=1)


def test_an_output_item_whose_code_nobody_ran_is_not_asked(library: Library) -> None:
    from grader.quiz.bank import load_banks
    from tests.quiz.items import FIXTURES

    assert "et-output" in planned(library, Memory())
    assert "et-output" not in planned(load_banks([FIXTURES / "every_type.yaml"]), Memory())


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"count": 0}, "--count"),
        ({"time_limit_s": 0.0}, "--time-limit"),
        ({"time_limit_s": float("nan")}, "--time-limit"),
        ({"due": True, "mode": Mode.EXAM}, "exam"),
    ],
)
def test_wishes_that_make_no_sense_are_refused(wishes: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Wish(**wishes)  # type: ignore[arg-type]
