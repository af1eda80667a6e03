"""Forbidden operations found by reading a file: aliases are followed, own functions of the same name are not mistaken.

It points at the line and explains; it proves nothing, and need not: what runs is judged by the worker's guard. So it reports only
what it can trace to torch or NumPy, and leaves alone what is only run by hand (`if __name__ == "__main__"`).
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

MAX_SOURCE = 1 << 17
"characters; a syntax tree takes some 500 times its source, and a longer file is judged by what runs"

_ROOTS = ("torch", "numpy", "math", "cmath")
_IMPORTERS = ("importlib.import_module", "__import__")
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Finding:
    """A use of a forbidden operation: its full name, and the line that uses it."""

    name: str
    line: int


def find_forbidden(source: str, forbidden: tuple[str, ...]) -> list[Finding]:
    """Uses in `source` of operations that a pattern of `forbidden` names, by line. A file that is not Python has none."""
    if not forbidden or len(source) > MAX_SOURCE or not _mentions(source, forbidden):
        return []
    try:
        tree = ast.parse(source)
        reader = _Reader(forbidden)
        reader.read(tree.body, {})
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return sorted(reader.found, key=lambda finding: (finding.line, finding.name))


def matches(path: str, forbidden: Iterable[str]) -> bool:
    """Whether the operation at a full dotted path is forbidden; class names are read as operators' (`MaxPool2d`, max_pool2d)."""
    root, *parts = path.split(".")
    if root not in _ROOTS or not parts:
        return False
    if root == "torch" and parts[0] == "ops" and len(parts) > 2:
        names = parts[2:3]  # torch.ops.<namespace>.<operator>.<overload>
    else:
        names = parts[-1:]
    for pattern in forbidden:
        library = pattern.partition(".")[0]
        library = library if library in _ROOTS else "torch"
        if library != root:
            continue
        glob = pattern.removeprefix(f"{library}.")
        if "." in glob:
            if fnmatchcase(path, pattern):
                return True
            continue
        if any(fnmatchcase(form, glob) for name in names for form in _forms(name)):
            return True
    return False


def _forms(name: str) -> set[str]:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return {name, name.lower(), snake}


_WORD = re.compile(r"[A-Za-z_]\w*")
_STAR = re.compile(r"^\s*from\s+(?:torch|numpy|math|cmath)[\w.]*\s+import\s+(?:\(\s*)?\*", re.MULTILINE)


def _mentions(source: str, forbidden: tuple[str, ...]) -> bool:
    """Whether the text could hold a use at all. Most files do not, and building a tree costs more than judging some exercises.

    A word that matches must come after a dot or a quote, stand in an import, or anywhere below a star import.
    """
    if "@" in source and any(fnmatchcase("matmul", pattern.removeprefix("numpy.")) for pattern in forbidden):
        return True
    globs = [pattern.split(".")[-1] for pattern in forbidden]
    words = {
        word
        for word in _WORD.findall(source)
        if any(fnmatchcase(f, glob) for glob in globs for f in _forms(word))
    }
    if not words:
        return False
    if _STAR.search(source):
        return True
    for match in re.finditer(rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, words)))})\b", source):
        before = source[max(0, match.start() - 200) : match.start()].rstrip(" \t\n\\(")
        if before.endswith((".", '"', "'", ",", "import")) or "import" in before.rpartition("\n")[2]:
            return True
    return False


#: what a name stands for: a dotted path in torch or NumPy, or None for the learner's own
_Scope = dict[str, str | None]


class _Reader:
    """Walks statements with what each name stands for. Scopes are copied inwards, so that a local name hides an outer one."""

    def __init__(self, forbidden: tuple[str, ...]) -> None:
        self.forbidden = forbidden
        self.found: set[Finding] = set()

    def read(self, body: list[ast.stmt], scope: _Scope) -> None:
        """Module level, or the body of a function whose own names are in `scope` already."""
        _bind(body, scope)
        for statement in body:
            if not _run_by_hand(statement):
                self.visit(statement, scope)

    def visit(self, node: ast.AST, scope: _Scope) -> None:
        if isinstance(node, _Function):
            self._function(node, scope)
            return
        if isinstance(node, ast.ClassDef):
            for part in (*node.decorator_list, *node.bases, *node.keywords):
                self.visit(part, scope)
            self.read(node.body, dict(scope))
            return
        if isinstance(node, ast.expr):
            path = _path(node, scope)
            if path is not None:
                self._note(path, node)
                return
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                self._note_operator("matmul", node)
        for child in _children(node):
            self.visit(child, scope)

    def _function(self, node: _Function, scope: _Scope) -> None:
        for part in (*getattr(node, "decorator_list", ()), *node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part, scope)
        inner = dict(scope)
        arguments = node.args
        for argument in (
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ):
            if argument is not None:
                inner[argument.arg] = None
        if isinstance(node, ast.Lambda):
            self.visit(node.body, inner)
        else:
            self.read(node.body, inner)

    def _note(self, path: str, node: ast.expr) -> None:
        if matches(path, self.forbidden):
            self.found.add(Finding(path, node.lineno))

    def _note_operator(self, name: str, node: ast.expr) -> None:
        if any(fnmatchcase(name, pattern.removeprefix("numpy.")) for pattern in self.forbidden):
            self.found.add(Finding(f"the @ operator ({name})", node.lineno))


def _bind(body: list[ast.stmt], scope: _Scope) -> None:
    """Enter into `scope` what the statements' imports, definitions and assignments make names stand for."""
    aliases: list[tuple[str, ast.expr]] = []
    for node in _own_statements(body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                scope[name] = _known(alias.name if alias.asname else name)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    scope["*"] = _known(node.module or "") or scope.get("*")
                else:
                    scope[alias.asname or alias.name] = _known(f"{node.module}.{alias.name}")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            scope[node.name] = None
        elif (
            isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        ):
            aliases.append((node.targets[0].id, node.value))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            scope.setdefault(node.id, None)
    for name, value in aliases:
        scope[name] = _path(value, scope)


def _known(path: str) -> str | None:
    return path if path.split(".")[0] in (*_ROOTS, "importlib") else None


def _own_statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Every node that belongs to this scope: nested functions and classes are given, but not entered."""
    for node in body:
        yield node
        if not isinstance(node, (*_Function.__args__, ast.ClassDef)) and not _run_by_hand(node):
            yield from _own_statements(ast.iter_child_nodes(node))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What a node runs: types that are only named (annotations, `isinstance`) are left out."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("isinstance", "issubclass")
    ):
        yield from node.args[:1]
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        yield from (
            part for part in (value if isinstance(value, list) else [value]) if isinstance(part, ast.AST)
        )


def _path(node: ast.expr, scope: _Scope) -> str | None:
    """The dotted path in torch or NumPy that an expression stands for, if it is plain to see."""
    if isinstance(node, ast.Name):
        if node.id in scope:
            return scope[node.id]
        return f"{scope['*']}.{node.id}" if scope.get("*") and not hasattr(builtins, node.id) else None
    if isinstance(node, ast.Attribute):
        owner = _path(node.value, scope)
        return None if owner is None else f"{owner}.{node.attr}"
    if isinstance(node, ast.Subscript) and _text(node.slice) is not None:
        owner = _namespace_of(node.value, scope)
        return None if owner is None else f"{owner}.{_text(node.slice)}"
    if isinstance(node, ast.Call) and node.args:
        return _called(node, scope)
    return None


def _called(node: ast.Call, scope: _Scope) -> str | None:
    first = _text(node.args[0])
    name = node.func.id if isinstance(node.func, ast.Name) else None
    if first is not None and (name == "__import__" or _path(node.func, scope) in _IMPORTERS):
        return _known(first if name != "__import__" else first.split(".")[0])
    if name == "getattr" and len(node.args) >= 2 and _text(node.args[1]) is not None:
        owner = _path(node.args[0], scope)
        return None if owner is None else f"{owner}.{_text(node.args[1])}"
    return None


def _namespace_of(node: ast.expr, scope: _Scope) -> str | None:
    """The module whose `__dict__` or `vars()` an expression is."""
    if isinstance(node, ast.Attribute) and node.attr == "__dict__":
        return _path(node.value, scope)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "vars"
        and len(node.args) == 1
    ):
        return _path(node.args[0], scope)
    return None


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _run_by_hand(node: ast.AST) -> bool:
    """`if __name__ == "__main__":`, without an else; the judge never runs it."""
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    return (
        names == ["__name__"]
        and "__main__" in [_text(side) for side in sides]
        and isinstance(node.test.ops[0], ast.Eq)
    )
