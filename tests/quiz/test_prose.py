import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.quiz.maths import formula, unicode_maths
from grader.quiz.prose import lines_of, plain


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\lfloor (h - k)/s \rfloor + 1", "⌊(h − k)/s⌋ + 1"),
        (r"\frac{a+b}{c}", "(a+b)/c"),
        (
            r"\text{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V",
            "softmax((QK^⊤)/(√dₖ))V".replace("^⊤", "^⊤"),
        ),
        (r"x^{2n}_{ij}", "x²ⁿᵢⱼ"),
        (r"\log_2 n \le 10^{-3}", "log₂ n ≤ 10⁻³"),
        (r"W_{Q}", "W_(Q)"),
        (r"\max(0, x)", "max(0, x)"),
    ],
)
def test_formulas_read_as_unicode(tex: str, text: str) -> None:
    assert formula(tex) == text


def test_dollars_that_are_money_or_code_stay() -> None:
    assert unicode_maths("$5 or $6, `$x$` and $x^2$") == "$5 or $6, `$x$` and x²"


def test_prose_is_wrapped_and_code_is_not() -> None:
    text = (
        "Some **bold** and `a * b * c` words.\n\n- a list entry that is long\n\n```python\nx  =  1\n\ny\n```"
    )
    assert lines_of(text, 24, "", "a) ") == [
        "a) Some bold and a * b *",
        "c words.",
        "",
        "- a list entry that is",
        "  long",
        "",
        "    x  =  1",
        "",
        "    y",
    ]


def test_names_with_underscores_and_stars_are_left_alone() -> None:
    assert (
        plain("snake_case_name, 3 * 4 * 5, __init__ in `code_a`")
        == "snake_case_name, 3 * 4 * 5, init in code_a"
    )


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="$\\{}_^frac sqrt`*[]()\n-xyz12", max_size=60), st.integers(1, 100))
def test_no_text_breaks_the_layout(text: str, width: int) -> None:
    lines_of(text, width)
    formula(text)
