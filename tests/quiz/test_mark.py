import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.quiz.draw import draw
from grader.quiz.kinds import Numeric
from grader.quiz.mark import Mark, Rating, Status, confirmed, mark
from grader.quiz.marking.numeric import shown_key
from grader.quiz.marking.quantity import read_quantity
from tests.quiz.items import every_type, item_of, marked

ITEMS = every_type()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from(["pad", "what", "x"]), inner),
    max_leaves=8,
)
SIGNS = st.text(alphabet="(){}[],.*/+-x^0123456789 NHWeE%_'\"\\\n×−½²naifot", max_size=60)


@settings(deadline=None, max_examples=150)
@given(response=JSON | SIGNS, kind=st.sampled_from(sorted(ITEMS)), seed=st.integers(0, 50))
def test_no_response_makes_marking_fail(response: object, kind: str, seed: int) -> None:
    got = marked(ITEMS[kind], response, seed)
    assert 0 <= got.score <= 1 and got.key
    assert got.answered or got.score == 0
    assert got == marked(ITEMS[kind], response, seed)
    json.dumps(got.as_json())


@pytest.mark.parametrize("kind", sorted(ITEMS))
@pytest.mark.parametrize("response", [None, "", "  \n", [], {}, float("nan")])
def test_nothing_is_no_answer(kind: str, response: object) -> None:
    got = marked(ITEMS[kind], response)
    if not (isinstance(response, float) and kind == "numeric"):
        assert not got.answered
    assert got.score == 0 and not got.correct and got.rating is Rating.AGAIN


@pytest.mark.parametrize("kind", ["numeric", "shape", "short", "output"])
def test_the_key_shown_is_marked_right(kind: str) -> None:
    for seed in range(20):
        key = marked(ITEMS[kind], None, seed).key
        assert marked(ITEMS[kind], key, seed).correct


def test_choice_tells_about_chosen_and_not_chosen() -> None:
    right, wrong = marked(ITEMS["choice"], 0), marked(ITEMS["choice"], 1)
    assert right.correct and not wrong.correct
    assert wrong.feedback == (
        "A transposed convolution does that.",
        "Every second position is left out.",
    ) or set(wrong.feedback) == {"A transposed convolution does that.", "Every second position is left out."}
    assert {part.status for part in wrong.parts} == {Status.RIGHT, Status.WRONG, Status.MISSING}


@pytest.mark.parametrize(
    ("credit", "picked", "score"),
    [("balanced", [0, 1], 1), ("balanced", [0], 0.5), ("balanced", [0, 1, 2], 0.5), ("balanced", [0, 1, 2, 3], 0),
     ("each", [0], 0.75), ("each", [0, 1, 2, 3], 0.5), ("all_or_nothing", [0], 0), ("all_or_nothing", [1, 0], 1)],
)  # fmt: skip
def test_multiple_choice_pays_by_the_stated_rule(credit: str, picked: list[int], score: float) -> None:
    options = [{"text": t, "correct": t in "ab"} for t in "abcd"]
    assert marked(item_of("multiple", options=options, credit=credit), picked).score == score


def test_true_false_follows_the_drawn_values() -> None:
    item = ITEMS["true_false"]
    for seed in range(10):
        assert marked(item, draw(item, seed).values["n"] == 0, seed).correct


@pytest.mark.parametrize(
    ("text", "value"),
    [("1024", 1024), ("1,024", 1024), ("1 024", 1024), ("1,5", 1.5), (".5", 0.5), ("−3", -3), ("1e-3", 0.001),
     ("1.5 × 10^-3", 0.0015), ("2^10", 1024), ("2**10", 1024), ("3/4", 0.75), ("= 7", 7), ("10³", 1000), ("~12.50", 12.5),
     ("1,024,000.5", 1024000.5), ("12,34", 12.34)],
)  # fmt: skip
def test_numbers_as_people_type_them(text: str, value: float) -> None:
    got = read_quantity(text)
    assert got is not None and got.value == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "1e999", "1/0", "--3", "9^9999", "7" * 300, "ten"])
def test_what_is_no_number(text: str) -> None:
    assert read_quantity(text) is None


@pytest.mark.parametrize(
    ("typed", "score"),
    [("1536 MiB", 1), ("1.5 GiB", 1), ("1536 mebibytes", 1), ("1536mib", 1), ("1536", 0.5), ("1536 MB", 0), ("1537 MiB", 0)],
)  # fmt: skip
def test_units(typed: str, score: float) -> None:
    unit = {"symbol": "MiB", "also": "mebibytes", "convert": {"GiB": 1024.0}, "required": True}
    assert marked(item_of("numeric", answer=1536, unit=unit), typed).score == score


def test_tolerance_is_the_larger_of_both_and_holds_at_its_edge() -> None:
    item = item_of("numeric", answer=1.0, abs_tol=0.1, rel_tol=0.01)
    assert marked(item, "1.1").correct and marked(item, 0.9).correct and not marked(item, "1.11").correct
    assert marked(item_of("numeric", answer=12_000_000), "12 million").correct
    assert not marked(item_of("numeric", answer=8, unit={"symbol": "Mb"}), "8 MB").correct


@pytest.mark.parametrize(
    ("answer", "tolerance", "shown"),
    [
        (4.018149928, {"abs_tol": 0.01}, "4.018"),
        (4.018149928, {}, "4.018149928"),
        (123456, {"rel_tol": 0.01}, "123456"),
        (25700, {"abs_tol": 0.5}, "25700"),
        (0.0, {"rel_tol": 0.1}, "0"),
    ],
)
def test_the_right_number_is_shown_with_one_decimal_more_than_counts(
    answer: float, tolerance: dict[str, float], shown: str
) -> None:
    item = item_of("numeric", answer=answer, **tolerance)
    assert isinstance(item, Numeric)
    assert shown_key(item, marked(item, None).key) == shown


def test_the_shown_number_has_its_unit() -> None:
    item = item_of("numeric", answer="2 / 3", abs_tol=0.01, unit={"symbol": "MiB"})
    assert isinstance(item, Numeric)
    assert shown_key(item, marked(item, None).key) == "0.667 MiB"


def test_a_foreseen_number_is_answered() -> None:
    item = ITEMS["numeric"]
    right = read_quantity(marked(item, None).key)
    assert right is not None
    assert marked(item, str(right.value - 1)).feedback == ("The first position counts too.",)


@pytest.mark.parametrize(
    ("typed", "right"),
    [("(N, 64, H//2, W)", True), ("[n,64,h//2,w]", True), ("N x 64 x H/2 x W", True), ("torch.Size([B, 64, H//2, W])", True),
     ("batch 64 H//2 W", False), ("(-1, 64, floor(H/2), W)", True), ("(N, 2*32, H//2, 1*W)", True), ("(N, 64, W, H//2)", False),
     ("(N, 64, H//2)", False), ("(N, 64, (H+1)//2, W)", False), ("((((", False), ("(N, 64, __import__('os'), W)", False)],
)  # fmt: skip
def test_shapes_however_they_are_written(typed: str, right: bool) -> None:
    item = item_of("shape", answer="(N, 64, H//2, W)", symbols={"N": ["B", "batch", "-1"]})
    assert marked(item, typed).correct is right


def test_a_shape_is_computed_from_drawn_values_and_paid_by_parts() -> None:
    item = item_of("shape", answer="(N, (h - 3)//2 + 1)", vars={"h": {"min": 9, "max": 9}}, credit="parts")
    assert marked(item, "(N, 4)").correct and marked(item, "(N, 5)").score == 0.5
    assert marked(item, "(N, h)").score == 0.5  # a variable's name is no answer
    assert (
        marked(item_of("shape", answer="(5,)"), "(5,)").correct
        and marked(item_of("shape", answer="()"), "()").correct
    )


@pytest.mark.parametrize(
    ("typed", "right"),
    [("Equivariance", True), ("the translation-equivariance", True), ("equivarience", True), ("translaton equivarianse", True),
     ("invariance", False), ("invarience", False), ("quivariance", False), ("equi", False), ("`equivariance`.", True),
     ("equivariance2", False), ("x" * 900, False)],
)  # fmt: skip
def test_wordings_and_typing_errors(typed: str, right: bool) -> None:
    assert marked(ITEMS["short"], typed).correct is right


def test_short_words_signs_and_case_are_not_guessed() -> None:
    pooling = item_of("short", accept="max pooling")
    assert not marked(pooling, "min pooling").correct and marked(pooling, "max poolng").correct
    assert not marked(item_of("short", accept="ResNet-50"), "ResNet-51").correct
    assert not marked(item_of("short", accept="symmetric"), "asymmetric").correct
    assert not marked(item_of("short", accept="ReLU", case_sensitive=True), "relu").correct
    assert not marked(item_of("short", accept="convolution", typos=0), "convolutoin").correct


def test_blanks_partners_and_order_are_paid_by_parts() -> None:
    assert marked(ITEMS["cloze"], {"pad": "2", "what": "size"}).correct
    assert marked(ITEMS["cloze"], {"pad": "2"}).score == 0.5
    assert marked(ITEMS["matching"], [0, 1, 2]).correct
    assert marked(ITEMS["matching"], [0, 2, None]).score == pytest.approx(1 / 3)
    assert marked(ITEMS["ordering"], [0, 1, 2, 3, 4]).correct
    assert marked(ITEMS["ordering"], [1, 0, 2, 3, 4]).score == pytest.approx(0.8)
    assert marked(ITEMS["ordering"], [4, 3, 2, 1, 0]).score == 0
    assert "each once" in marked(ITEMS["ordering"], [0, 0, 1, 2, 3]).feedback[0]


@pytest.mark.parametrize(
    ("text", "states", "rating"),
    [("Weight sharing and local receptive fields.", "found found", "good"),
     ("The same filter is used at each place, on a small patch.", "found found", "good"),
     ("Weight sharing.", "found missing", "hard"),
     ("There is no weight sharing.", "contradicted missing", "again"),
     ("They do not share weights, and lack local connectivity.", "contradicted contradicted", "again"),
     ("Dense layers don't share weights. Convolutions share weights.", "found missing", "hard"),
     ("It not only shares weights but also has local connections.", "found found", "good"),
     ("It is not true that there is weight sharing or a local receptive field.", "contradicted contradicted", "again"),
     ("Each position has separate weights at each location.", "contradicted missing", "again"),
     ("Weight sharing is not used.", "contradicted missing", "again"),
     ("asdf jkl", "missing missing", "again")],
)  # fmt: skip
def test_recall_reads_what_is_said_and_what_is_denied(text: str, states: str, rating: str) -> None:
    got = marked(ITEMS["recall"], text)
    assert " ".join(part.status for part in got.parts) == states
    assert got.rating == rating and got.confirm
    for part in got.parts:
        assert part.span is None or text[slice(*part.span)] == part.given


def test_a_wrong_idea_keeps_a_full_answer_from_being_good() -> None:
    text = "Weight sharing and local connections, and the image is made smaller."
    got = marked(ITEMS["recall"], text)
    assert [part.status for part in got.parts] == [Status.FOUND, Status.FOUND]
    assert not got.correct and got.rating is Rating.HARD and "full size" in got.misconceptions[0].feedback
    assert not marked(ITEMS["recall"], "The image is not resized.").misconceptions


def test_the_learner_has_the_last_word() -> None:
    item = ITEMS["recall"]
    got = marked(item, "Weights get reused, the view is narrow.")
    assert got.rating is Rating.AGAIN
    better = confirmed(item, got, [True, True])
    assert better.correct and better.rating is Rating.GOOD and not better.confirm
    worse = confirmed(item, marked(item, "Weight sharing and local connections."), [True, False])
    assert worse.rating is Rating.HARD
    with pytest.raises(ValueError):
        confirmed(item, got, [True])


def test_a_pattern_that_takes_for_ever_is_left_to_the_learner() -> None:
    item = item_of("recall", answer="a", key_points=[{"point": "p", "patterns": [r"(\w+\s?)+ the size"]}])
    got = marked(item, "the filter is " * 300)
    assert got.parts[0].status is Status.UNCLEAR and not got.correct


def test_marking_is_pure() -> None:
    item = ITEMS["numeric"]
    drawn = draw(item, 3)
    assert isinstance(mark(item, drawn, "3"), Mark) and mark(item, drawn, "3") == mark(item, drawn, "3")
