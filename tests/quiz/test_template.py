import pytest

from grader.quiz.template import TemplateProblem, fill, names_in_text


def test_texts_are_filled_and_floats_are_readable() -> None:
    text = "{{ n }} and {{ x * 3 }} and {{ n / 2 }}{% if n > 3 %} big{% endif %}"
    assert fill(text, {"n": 4, "x": 0.1}) == "4 and 0.3 and 2 big"
    assert fill("no template, $x^{2}$", {}) == "no template, $x^{2}$"
    assert names_in_text("{{ n + floor(m) }}") == {"n", "m"}


@pytest.mark.parametrize(
    "text",
    ["{% for i in n %}{% endfor %}", "{{ n.__class__ }}", "{{ n['x'] }}", "{{ 'a' * 999999999 }}", "{{ 9**9**9 }}",
     "{{ '%999999999d' % 1 }}", "{{ n|center(99) }}", "{{ missing }}", "{{ range(9) }}", "{{", "{% include 'x' %}",
     "{% macro a() %}{% endmacro %}", "{{ [1] * 9 }}", "{{ self }}", "{{ 1 / 0 }}", "{% set a = 1 %}", "{% nope %}"],
)  # fmt: skip
def test_what_is_refused(text: str) -> None:
    with pytest.raises(TemplateProblem):
        fill(text, {"n": 1})
