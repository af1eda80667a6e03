"""The figures against numbers worked out by hand, and against numpy's and scipy's."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import InputError
from grader.quiz.attempts import from_log, read_sheet
from grader.quiz.entry import Entry, Kind
from grader.quiz.stats import FirstAttempt, analyse, correlation, kr20, quantile, reliability
from grader.quiz.stats_flags import flags_of
from grader.quiz.stats_page import stats_page
from grader.quiz.stats_table import stats_json, stats_text
from tests.quiz.conftest import NOON
from tests.quiz.items import item_of

# Four learners, three items. Totals 3, 2, 1, 0: mean 1.5, variance 1.25. Shares 3/4, 2/4, 1/4: sum pq = 3/16 + 4/16 + 3/16.
# KR-20 = 3/2 * (1 - 0.625 / 1.25) = 0.75.
GUTTMAN = [[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]]


def attempts(table: list[list[float]]) -> list[FirstAttempt]:
    return [
        FirstAttempt(f"l{row}", f"i{column}", score)
        for row, scores in enumerate(table)
        for column, score in enumerate(scores)
    ]


def test_kr20_and_alpha_by_hand() -> None:
    assert kr20(GUTTMAN) == pytest.approx(0.75)
    assert reliability(GUTTMAN) == pytest.approx(0.75)
    found = analyse(attempts(GUTTMAN), {})
    assert (found.alpha, found.kr20, found.complete) == (pytest.approx(0.75), pytest.approx(0.75), 4)
    assert found.sem == pytest.approx((1.25 * 0.25) ** 0.5)
    # without i1 the totals are 2, 1, 1, 0: variance 0.5; sum pq = 6/16; alpha = 2 * (1 - 0.375 / 0.5) = 0.5
    assert found.items[1].alpha_without == pytest.approx(0.5)


def test_facility_and_discrimination_by_hand() -> None:
    found = analyse(attempts(GUTTMAN), {}).items[0]
    assert found.facility == 0.75
    # scores 1 1 1 0; rest means 1, 0.5, 0, 0: means 0.75 and 0.375; sum of products 0.375; sums of squares 0.75, 0.6875
    assert found.discrimination == pytest.approx(0.375 / (0.75 * 0.6875) ** 0.5)


@given(st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=4, max_size=4), min_size=3, max_size=12))
@settings(deadline=None, max_examples=80)
def test_the_figures_are_numpys_and_scipys(table: list[list[float]]) -> None:
    scores = np.array(table)
    total = scores.sum(axis=1).var(ddof=1)
    if total > 1e-9:
        assert reliability(table) == pytest.approx(4 / 3 * (1 - scores.var(axis=0, ddof=1).sum() / total))
    for place, one in enumerate(analyse(attempts(table), {}).items):
        rest = np.delete(scores, place, axis=1).mean(axis=1)
        if one.discrimination is None:
            assert scores[:, place].std() < 1e-9 or rest.std() < 1e-9
        else:
            assert one.discrimination == pytest.approx(np.corrcoef(scores[:, place], rest)[0, 1], abs=1e-9)


def test_point_biserial_and_quantile_are_scipys_and_numpys() -> None:
    from scipy.stats import pointbiserialr

    right, rest = [1, 0, 1, 1, 0, 0, 1], [0.9, 0.2, 0.6, 0.8, 0.5, 0.1, 0.7]
    assert correlation(right, rest) == pytest.approx(pointbiserialr(right, rest).statistic)
    assert quantile(rest, 0.9) == pytest.approx(np.quantile(rest, 0.9))


def test_what_cannot_be_measured_is_none() -> None:
    found = analyse(attempts([[1, 1], [1, 1]]), {})
    assert (found.alpha, found.kr20, found.items[0].discrimination, found.items[0].median_s) == (
        None,
        None,
        None,
        None,
    )
    assert correlation([1, 0], [1, 0]) is None
    assert kr20([[0.5, 1], [0, 1]]) is None
    assert analyse([], {}).items == ()
    assert "not measurable" in stats_text(found, ())


def test_only_the_first_attempt_counts_and_scores_are_checked() -> None:
    found = analyse([FirstAttempt("a", "i", 0.0), FirstAttempt("a", "i", 1.0)], {})
    assert (found.items[0].count, found.items[0].facility) == (1, 0.0)
    with pytest.raises(ValueError, match="not in"):
        analyse([FirstAttempt("a", "i", float("nan"))], {})


def make_class() -> tuple[list[FirstAttempt], dict[str, object]]:
    """Thirty learners of rising skill; `bad` has the wrong key, `slow` takes long, `easy` measures nothing."""
    options = [{"text": "A", "correct": True}, {"text": "B"}, {"text": "C"}]
    items = {name: item_of("choice", id=name, options=options) for name in ("good", "bad", "easy", "slow")}
    found = []
    for learner in range(30):
        strong = learner >= 15
        for name in items:
            right = True if name == "easy" else strong if name != "bad" else learner < 10
            found.append(
                FirstAttempt(
                    f"l{learner}", name, float(right), (0 if right else 1,), 90.0 if name == "slow" else 10.0
                )
            )
    return found, items


def test_bad_items_are_flagged_with_the_reason() -> None:
    found, items = make_class()
    stats = analyse(found, items)
    flags = {(flag.item, flag.code) for flag in flags_of(stats, items)}
    assert {
        ("bad", "negative"),
        ("bad", "strong-distractor"),
        ("bad", "popular-distractor"),
        ("easy", "easy"),
        ("slow", "slow"),
    } <= flags
    assert ("good", "unused-option") in flags
    assert not {code for name, code in flags if name == "good"} - {"unused-option"}
    good = stats.items[0].options
    assert [(use.count, use.share, use.is_key) for use in good] == [
        (15, 0.5, True),
        (15, 0.5, False),
        (0, 0.0, False),
    ]
    assert (good[0].discrimination or 0) > 0 > (good[1].discrimination or 0)


def test_few_answers_raise_no_flag() -> None:
    found, items = make_class()
    few = [one for one in found if one.learner in {"l1", "l2", "l20", "l21"}]
    assert flags_of(analyse(few, items), items) == ()


def test_the_page_has_plots_with_text_and_every_figure_in_a_table() -> None:
    pytest.importorskip("matplotlib")
    found, items = make_class()
    stats = analyse(found, items)
    page = stats_page(stats, flags_of(stats, items), "<Class>")
    assert page.count("<svg") == 2 == page.count('role="img" aria-label="')
    assert "&lt;Class&gt;" in page and "<script" not in page
    assert page.count("<caption>") == 5
    assert page == stats_page(stats, flags_of(stats, items), "<Class>")
    assert stats_json(stats, flags_of(stats, items))["items"][0]["facility"] == 0.5


def test_a_log_gives_first_answers_as_corrected_later() -> None:
    log = [
        Entry(Kind.SKIP, NOON, item="a", seq=1),
        Entry(Kind.ANSWER, NOON, item="a", response=[0, 2], mark={"score": 0.0}, elapsed_s=3.5, seq=2),
        Entry(Kind.ANSWER, NOON, item="a", response=[1], mark={"score": 0.2}, seq=3),
        Entry(Kind.ANSWER, NOON, item="b", response=True, mark={"score": 1.0}, seq=4),
        Entry(Kind.ANSWER, NOON, item="exercise:x", mark={"score": 1.0}, seq=5),
        Entry(Kind.CORRECT, NOON, item="a", refers=2, mark={"score": 0.75}, seq=6),
    ]
    assert from_log(log, "ann") == [
        FirstAttempt("ann", "a", 0.75, (0, 2), 3.5),
        FirstAttempt("ann", "b", 1.0),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learner,item\na,b\n", "no column score"),
        ("learner,item,score\na,b,1\na,c,2\n", ":3: cannot be read"),
        ("learner,item,score\na,b,x\n", ":2: "),
    ],
)
def test_a_bad_sheet_is_refused_at_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_sheet(path)
