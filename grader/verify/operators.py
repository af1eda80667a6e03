"""The mutation operators: each looks at one node of the tree and says what could stand there instead."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Spanned = ast.expr | ast.stmt


@dataclass(frozen=True)
class Change:
    """The text that replaces a node's span."""

    operator: str
    node: Spanned
    text: str


_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_CALLS = {
    "sum": "mean", "mean": "sum", "max": "min", "min": "max", "amax": "amin", "amin": "amax", "maximum": "minimum",
    "minimum": "maximum", "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like",
    "new_zeros": "new_ones", "new_ones": "new_zeros", "floor": "ceil", "ceil": "floor", "argmax": "argmin",
    "argmin": "argmax", "rand": "randn", "randn": "rand", "var": "std", "std": "var",
}  # fmt: skip
_DTYPES = {"float64": "float32", "float32": "float64", "double": "float", "float": "double", "half": "float"}
_AXES = ("dim", "axis", "dims")
_CONTEXTS = (ast.With,)


def changes(tree: ast.Module, tensors: Sequence[str], entries: Sequence[str]) -> Iterator[Change]:
    """Every change that some operator proposes, in source order, one node at a time."""
    for node, scope in _walk(tree, _Scope()):
        if (
            isinstance(node, ast.Return)
            and node.value is not None
            and scope.function in (*entries, "forward")
        ):
            yield from _forced(node, node.value)
        for name, operator in OPERATORS.items():
            for text in operator(node, scope):
                yield Change(name, node, text)
        if scope.function and isinstance(node, ast.Name) and node.id in tensors:
            if isinstance(node.ctx, ast.Load) and not scope.attribute:
                yield Change("detach", node, f"{node.id}.detach()")


@dataclass(frozen=True)
class _Scope:
    """Where a node stands."""

    function: str = ""  # the innermost function's name
    attribute: bool = False  # it is the object whose attribute is read: `x` in `x.shape`
    rebinds: bool = False  # a statement whose names are bound before it as well


def _walk(node: ast.AST, scope: _Scope) -> Iterator[tuple[Spanned, _Scope]]:
    """Expressions and statements whose change can matter: no docstrings, annotations, messages or f-strings."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom | ast.arg):
        return
    if isinstance(node, ast.expr | ast.stmt):
        yield node, scope
    function = node.name if isinstance(node, ast.FunctionDef) else scope.function
    bound: set[str] = set()
    for child in ast.iter_child_nodes(node):
        if _is_docstring(child) or _is_annotation(node, child):
            continue
        rebinds = isinstance(child, ast.stmt) and bool(_bound(child)) and _bound(child) <= bound
        yield from _walk(child, _Scope(function, isinstance(node, ast.Attribute), rebinds))
        bound |= _bound(child) | _parameters(child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_annotation(parent: ast.AST, child: ast.AST) -> bool:
    return child is getattr(parent, "annotation", None) or child is getattr(parent, "returns", None)


def _bound(node: ast.AST) -> set[str]:
    """The names an assignment binds; for a compound statement, those bound anywhere inside."""
    if not isinstance(node, ast.stmt) or isinstance(node, ast.FunctionDef | ast.ClassDef):
        return set()
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _parameters(node: ast.AST) -> set[str]:
    return (
        {arg.arg for arg in ast.walk(node) if isinstance(arg, ast.arg)}
        if isinstance(node, ast.arguments)
        else set()
    )


# --------------------------------------------------------------------------------------------------------- operators


def _text(node: ast.AST) -> str:
    text = ast.unparse(node)
    simple = isinstance(
        node, ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript | ast.Tuple | ast.List
    )
    return f"({text})" if isinstance(node, ast.expr) and not simple else text


def arithmetic(node: Spanned, scope: _Scope) -> Iterator[str]:
    """Another operator in `a + b` and `a += b`; the sides of `a @ b` exchanged."""
    if isinstance(node, ast.BinOp | ast.AugAssign):
        other = _ARITHMETIC.get(type(node.op))
        if other is not None and isinstance(node, ast.BinOp):
            yield _text(ast.BinOp(node.left, other(), node.right))
        elif other is not None and isinstance(node, ast.AugAssign):
            yield _text(ast.AugAssign(node.target, other(), node.value))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield _text(ast.BinOp(node.right, ast.MatMult(), node.left))


def comparison(node: Spanned, scope: _Scope) -> Iterator[str]:
    """The opposite of a comparison or condition; `and` for `or`; either side of a choice."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield _text(ast.Compare(node.left, [_NEGATED[type(node.ops[0])]()], node.comparators))
    elif isinstance(node, ast.BoolOp):
        yield _text(ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values))
    elif isinstance(node, ast.IfExp):
        yield from (_text(node.body), _text(node.orelse))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _text(node.operand)


def boundary(node: Spanned, scope: _Scope) -> Iterator[str]:
    """`<` for `<=`; one step more or fewer in a range."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _BOUNDARY:
        yield _text(ast.Compare(node.left, [_BOUNDARY[type(node.ops[0])]()], node.comparators))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        end = min(len(node.args), 2) - 1
        for operator in (ast.Add(), ast.Sub()) if end >= 0 else ():
            moved = ast.BinOp(node.args[end], operator, ast.Constant(1))
            yield _text(ast.Call(node.func, [*node.args[:end], moved, *node.args[end + 1 :]], []))


def constant(node: Spanned, scope: _Scope) -> Iterator[str]:
    """One more, one less; twice, none; the other truth value."""
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield str(not node.value)
    elif isinstance(node.value, int):
        yield from (str(node.value + 1), f"({node.value - 1})")
    elif isinstance(node.value, float):
        yield from (repr(node.value * 2), "0.0" if node.value else "1.0")


def index(node: Spanned, scope: _Scope) -> Iterator[str]:
    """A slice without its start, end or step, or ending one earlier."""
    if not isinstance(node, ast.Subscript):
        return
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for at, item in enumerate(items):
        for other in _other_slices(item) if isinstance(item, ast.Slice) else ():
            parts = [*items[:at], other, *items[at + 1 :]]
            whole = ast.Tuple(parts, ast.Load()) if isinstance(node.slice, ast.Tuple) else other
            yield ast.unparse(ast.Subscript(node.value, whole, node.ctx))


def _other_slices(item: ast.Slice) -> Iterator[ast.Slice]:
    if item.lower is not None:
        yield ast.Slice(None, item.upper, item.step)
    if item.upper is not None:
        yield ast.Slice(item.lower, None, item.step)
        yield ast.Slice(item.lower, ast.BinOp(item.upper, ast.Sub(), ast.Constant(1)), item.step)
    if item.step is not None:
        yield ast.Slice(item.lower, item.upper, None)


def axis(node: Spanned, scope: _Scope) -> Iterator[str]:
    """One axis of several left out; the two of a pair exchanged."""
    if (
        isinstance(node, ast.Tuple)
        and len(node.elts) == 2
        and ast.dump(node.elts[0]) != ast.dump(node.elts[1])
    ):
        yield _text(ast.Tuple(node.elts[::-1], node.ctx))
    if not isinstance(node, ast.Call):
        return
    for at, keyword in enumerate(node.keywords):
        if keyword.arg in _AXES and isinstance(keyword.value, ast.Tuple | ast.List):
            axes = keyword.value.elts
            for drop in range(len(axes) if len(axes) > 1 else 0):
                fewer = ast.Tuple([*axes[:drop], *axes[drop + 1 :]], ast.Load())
                yield _with_keyword(node, at, ast.keyword(keyword.arg, fewer))
    if isinstance(node.func, ast.Attribute) and node.func.attr in (
        "permute",
        "transpose",
        "movedim",
        "swapaxes",
    ):
        for first in range(len(node.args) - 1):
            swapped = [*node.args[:first], node.args[first + 1], node.args[first], *node.args[first + 2 :]]
            yield _text(ast.Call(node.func, swapped, node.keywords))


def _with_keyword(node: ast.Call, at: int, keyword: ast.keyword) -> str:
    return _text(ast.Call(node.func, node.args, [*node.keywords[:at], keyword, *node.keywords[at + 1 :]]))


def keyword(node: Spanned, scope: _Scope) -> Iterator[str]:
    """A call without one of its keyword arguments."""
    if isinstance(node, ast.Call):
        for at, given in enumerate(node.keywords):
            if given.arg is not None:
                rest = [*node.keywords[:at], *node.keywords[at + 1 :]]
                yield _text(ast.Call(node.func, node.args, rest))


def call(node: Spanned, scope: _Scope) -> Iterator[str]:
    """Another reduction, creation or rounding of the same form; a method that is not called."""
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in _CALLS:
            renamed = ast.Attribute(node.func.value, _CALLS[node.func.attr], ast.Load())
            yield _text(ast.Call(renamed, node.args, node.keywords))
        elif not node.args and not node.keywords and not _is_module(node.func.value):
            if node.func.attr not in ("detach", "item", "data", *_DTYPES):
                yield _text(node.func.value)
    elif isinstance(node.func, ast.Name) and node.func.id in ("max", "min", "sum"):
        if node.func.id in ("max", "min"):
            yield _text(ast.Call(ast.Name(_CALLS[node.func.id], ast.Load()), node.args, node.keywords))


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("torch", "F", "nn", "np", "math", "super", "itertools")


def deletion(node: Spanned, scope: _Scope) -> Iterator[str]:
    """A statement left out whose absence is no mere NameError."""
    if not scope.function:
        return
    if isinstance(node, ast.AugAssign | ast.For | ast.While | ast.Assert):
        yield "pass"
    elif isinstance(node, ast.Expr) and not _is_docstring(node) and "super" not in ast.unparse(node):
        yield "pass"
    elif isinstance(node, ast.If) and not node.orelse:
        yield "pass"
    elif isinstance(node, ast.Assign):
        into = not any(isinstance(target, ast.Name | ast.Tuple) for target in node.targets)
        if scope.rebinds or into:
            yield "pass"


def context(node: Spanned, scope: _Scope) -> Iterator[str]:
    """A `with` block's body without its context, such as `torch.no_grad()`."""
    if isinstance(node, _CONTEXTS):
        yield _text(ast.If(ast.Constant(True), node.body, [])).replace("\n", "\n" + " " * node.col_offset)


def sign(node: Spanned, scope: _Scope) -> Iterator[str]:
    """A minus left out."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield _text(node.operand)


def dtype(node: Spanned, scope: _Scope) -> Iterator[str]:
    """Another precision; a conversion left out."""
    if isinstance(node, ast.Attribute) and node.attr in ("float32", "float64"):
        yield _text(ast.Attribute(node.value, _DTYPES[node.attr], ast.Load()))
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and not _is_module(node.func.value)
    ):
        if node.func.attr in ("float", "double", "half") and not node.args:
            renamed = ast.Attribute(node.func.value, _DTYPES[node.func.attr], ast.Load())
            yield from (_text(ast.Call(renamed, [], [])), _text(node.func.value))
        elif node.func.attr in ("to", "type_as", "astype"):
            yield _text(node.func.value)


def _forced(node: ast.Return, value: ast.expr) -> Iterator[Change]:
    """A result, or the first of several, forced to float32."""
    if isinstance(value, ast.Tuple) and value.elts:
        first = ast.parse(f"{_text(value.elts[0])}.float()", mode="eval").body
        yield Change("dtype", node, f"return {_text(ast.Tuple([first, *value.elts[1:]], ast.Load()))}")
    elif not isinstance(value, ast.Constant):
        yield Change("dtype", node, f"return {_text(value)}.float()")


def detach(node: Spanned, scope: _Scope) -> Iterator[str]:
    """A tensor that stays in the graph where it should leave it."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        if node.func.attr in ("detach", "item"):
            yield _text(node.func.value)
    elif isinstance(node, ast.Attribute) and node.attr == "data" and isinstance(node.ctx, ast.Load):
        yield _text(node.value)


OPERATORS: dict[str, Callable[[Spanned, _Scope], Iterator[str]]] = {
    one.__name__: one
    for one in (
        arithmetic, comparison, boundary, constant, index, axis, keyword, call, deletion, context, sign, dtype, detach,
    )
}  # fmt: skip
