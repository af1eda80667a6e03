from __future__ import annotations

import ast
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.verify.mutate import mutants, sample


def changed(body: str, tensors: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Operator -> the bodies it makes of a function's one-line body."""
    source = f"def f(x, y):\n    {body}\n"
    found: dict[str, set[str]] = {}
    for mutant in mutants(source, tensors, ("f",)):
        lines = mutant.source.splitlines()
        found.setdefault(mutant.operator, set()).add("\n".join(line[4:] for line in lines[1:]))
    return found


@pytest.mark.parametrize(
    ("body", "operator", "wanted"),
    [
        ("y = x + 1", "arithmetic", "y = (x - 1)"),
        ("y = x @ w", "arithmetic", "y = (w @ x)"),
        ("y += x", "arithmetic", "y -= x"),
        ("y = x < 3", "comparison", "y = (x >= 3)"),
        ("y = x is None", "comparison", "y = (x is not None)"),
        ("y = a if x else b", "comparison", "y = b"),
        ("y = x and z", "comparison", "y = (x or z)"),
        ("y = x < 3", "boundary", "y = (x <= 3)"),
        ("y = list(range(x))", "boundary", "y = list(range(x - 1))"),
        ("y = list(range(1, x))", "boundary", "y = list(range(1, x + 1))"),
        ("y = x + 2", "constant", "y = x + 3"),
        ("y = g(x, True)", "constant", "y = g(x, False)"),
        ("y = x + 1e-5", "constant", "y = x + 0.0"),
        ("y = x[:, 1:-1:2]", "index", "y = x[:, :-1:2]"),
        ("y = x[:, 1:-1:2]", "index", "y = x[:, 1:-1]"),
        ("y = x[:n]", "index", "y = x[:n - 1]"),
        ("y = x.mean(dim=(0, 2))", "axis", "y = x.mean(dim=(0,))"),
        ("a, b = x", "axis", "(b, a) = x"),
        ("y = x.transpose(0, 1)", "axis", "y = x.transpose(1, 0)"),
        ("y = x.mean(dim=1, keepdim=True)", "keyword", "y = x.mean(dim=1)"),
        ("y = x.sum()", "call", "y = x.mean()"),
        ("y = x.sqrt()", "call", "y = x"),
        ("opt.step()", "deletion", "pass"),
        ("y = x + 1", "deletion", "pass"),
        ("return -x", "sign", "return x"),
        ("y = x.to(y.dtype)", "dtype", "y = x"),
        ("return x + y", "dtype", "return (x + y).float()"),
        ("return x, y", "dtype", "return (x.float(), y)"),
        ("y = x.detach()", "detach", "y = x"),
        ("y = x + 1", "detach", "y = x.detach() + 1"),
    ],
)
def test_each_operator(body: str, operator: str, wanted: str) -> None:
    found = changed(body, ("x",))
    assert wanted in found.get(operator, set()), found


def test_a_context_is_left_and_its_body_stays() -> None:
    source = "def f(x):\n    with torch.no_grad():\n        x.add_(1)\n    return x\n"
    (left,) = [m for m in mutants(source) if m.operator == "context"]
    assert "no_grad" not in left.source and "x.add_(1)" in left.source


@pytest.mark.parametrize(
    "body",
    [
        '"""Only a docstring with 1 + 2."""',
        'raise ValueError("at least 1")',
        "import math",
    ],
)
def test_what_cannot_matter_is_not_changed(body: str) -> None:
    assert changed(body) == {}


def test_annotations_shapes_and_first_assignments_are_spared() -> None:
    assert "deletion" not in changed("z = 3")
    assert "x.detach().shape" not in str(changed("y = x.shape", ("x",)))
    assert mutants("def f(x: int = None) -> int:\n    pass\n") == []


expressions = st.recursive(
    st.sampled_from(["a", "b", "c"]),
    lambda inner: st.builds(
        lambda one, operator, other, bare: (
            f"{one} {operator} {other}" if bare else f"({one} {operator} {other})"
        ),
        inner,
        st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]),
        inner,
        st.booleans(),
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(expressions)
def test_an_arithmetic_mutant_changes_exactly_one_operator(text: str) -> None:
    """Whatever the precedence: the tree keeps its form."""
    original = ast.parse(f"y = {text}")
    for mutant in mutants(f"y = {text}"):
        tree = ast.parse(mutant.source)
        one = [type(n.op).__name__ for n in ast.walk(original) if isinstance(n, ast.BinOp)]
        other = [type(n.op).__name__ for n in ast.walk(tree) if isinstance(n, ast.BinOp)]
        names = [[n.id for n in ast.walk(t) if isinstance(n, ast.Name)] for t in (original, tree)]
        assert names[0] == names[1]
        assert sum(a != b for a, b in zip(one, other, strict=True)) == 1


def test_a_sample_is_fair_and_always_the_same() -> None:
    source = "def f(x):\n" + "".join(f"    x = x + {at}\n" for at in range(60)) + "    return -x\n"
    found = mutants(source, (), ("f",))
    chosen = sample(found, 12, "name")
    assert chosen == sample(found, 12, "name") and len(chosen) == 12
    assert chosen != sample(found, 12, "other")
    assert set(Counter(m.operator for m in chosen)) == set(Counter(m.operator for m in found))
    assert sample(found, 10_000, "name") == found


def test_text_outside_ascii_keeps_its_place() -> None:
    source = 'def f(x):\n    # größer als π\n    return g("ä", x + 1)  # ß\n'
    (plus,) = [m for m in mutants(source) if m.operator == "arithmetic"]
    assert plus.source == source.replace("x + 1", "(x - 1)")
    assert plus.diff(source).splitlines()[-2:] == [
        '-    return g("ä", x + 1)  # ß',
        '+    return g("ä", (x - 1))  # ß',
    ]
