"""The course's own banks: clean, complete, and with every kind of item in real use."""

import re
from collections import Counter
from pathlib import Path

import pytest

from grader.course.catalog import load_course
from grader.quiz.bank import Library, load_banks
from grader.quiz.draw import draw
from grader.quiz.kinds import Choice, Multiple, TrueFalse
from grader.quiz.lint import lint
from grader.quiz.mark import mark
from grader.quiz.model import ITEM_TYPES
from grader.quiz.show import show

ROOT = Path(__file__).parents[2]
QUIZZES = ROOT / "quizzes"
BANKS = sorted(QUIZZES.glob("*.yaml"))
BONUS = "13_kernels"  # a short bank, beyond the curriculum
TOPICS = ["00_seed", *(bank.stem for bank in BANKS if bank.stem != "00_seed")]


@pytest.fixture(scope="module")
def library() -> Library:
    return load_banks([QUIZZES])


def test_lint_has_nothing_to_say_about_any_bank() -> None:
    exercises = frozenset(exercise.id for exercise in load_course(ROOT).exercises)
    assert [str(finding) for finding in lint([QUIZZES], exercises=exercises)] == []


def test_there_is_a_bank_for_each_topic_and_the_seed() -> None:
    assert [re.match(r"\d\d", bank.stem)[0] for bank in BANKS] == [f"{number:02}" for number in range(14)]


def test_there_are_250_items_and_40_with_fresh_numbers(library: Library) -> None:
    assert len(library.items) >= 250
    assert sum(bool(item.vars) for item in library.items.values()) >= 40


def test_papers_are_cited_by_one_number_each(library: Library) -> None:
    """A number that two first authors share, or a paper under two numbers, is a slip of the pen."""
    cited = [part for item in library.items.values() for part in item.source.split(";") if "arXiv" in part]
    found = [
        (part.split()[0].strip(","), re.findall(r"arXiv:(\d{4}\.\d{4,5})(?!\d)", part)) for part in cited
    ]
    assert all(len(numbers) == 1 for _, numbers in found), found
    authors: dict[str, set[str]] = {}
    for author, (number,) in found:
        authors.setdefault(number, set()).add(author)
    assert len(authors) >= 10
    assert {number: names for number, names in authors.items() if len(names) > 1} == {}


def test_every_type_of_item_is_in_use_at_least_five_times(library: Library) -> None:
    types = Counter(item.type for item in library.items.values())
    assert {name: types[name] for name in ITEM_TYPES if types[name] < 5} == {}


@pytest.mark.parametrize("name", TOPICS)
def test_a_bank_has_its_share(library: Library, name: str) -> None:
    items = next(shelf.bank.items for shelf in library.shelves if shelf.path.stem == name)
    assert len(items) >= {"00_seed": 19, BONUS: 8}.get(name, 20)
    if name != "00_seed":
        assert sum(bool(item.vars) for item in items) >= 4
        assert len({item.type for item in items}) >= (2 if name == BONUS else 8)


def test_all_nineteen_questions_of_the_seed_are_there_as_free_recall(library: Library) -> None:
    seed = next(shelf.bank.items for shelf in library.shelves if shelf.path.stem == "00_seed")
    cited = [re.match(r"Seed question (\d+)\b", item.source) for item in seed]
    assert [found and int(found[1]) for found in cited] == list(range(1, 20))
    assert {item.type for item in seed} == {"recall"}
    for item in seed:
        assert len(item.key_points) >= 3 and item.misconceptions, item.id


def test_every_question_is_taught_by_other_items_too(library: Library) -> None:
    """A topic's bank practises one of the exercises that the seed's question links to."""
    topics = [shelf.bank.items for shelf in library.shelves if shelf.path.stem != "00_seed"]
    links = {exercise for items in topics for item in items for exercise in item.exercises}
    seed = next(shelf.bank.items for shelf in library.shelves if shelf.path.stem == "00_seed")
    assert [item.id for item in seed if not links & set(item.exercises)] == []


def test_true_is_not_always_right(library: Library) -> None:
    fixed = [item.answer for item in library.items.values() if isinstance(item, TrueFalse)]
    fixed = [answer for answer in fixed if isinstance(answer, bool)]
    assert 0.25 <= sum(fixed) / len(fixed) <= 0.75


def test_picking_the_longest_option_does_not_pay(library: Library) -> None:
    """By chance one of four; a learner who always takes the longest must stay below one half."""
    choices = [item for item in library.items.values() if isinstance(item, Choice)]
    longest = [max(range(len(item.options)), key=lambda i: len(item.options[i].text)) for item in choices]
    hits = sum(mark(item, draw(item, 0), pick).correct for item, pick in zip(choices, longest, strict=True))
    assert hits / len(choices) < 0.5


def test_every_option_teaches(library: Library) -> None:
    for item in library.items.values():
        if isinstance(item, Choice | Multiple):
            for option in item.options:
                assert option.feedback.strip(), item.id


def test_every_item_can_be_shown_and_marked_for_many_drawings(library: Library) -> None:
    for item in library.items.values():
        for seed in range(5 if item.vars else 1):
            drawn = draw(item, seed)
            shown = show(item, drawn)
            assert "{{" not in shown.stem + shown.explanation + shown.code, item.id
            got = mark(item, drawn, None)
            assert not got.correct and not got.answered and (got.key or got.parts), item.id
