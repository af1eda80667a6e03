"""One implementation out of a solution file, as a file of its own that can stand in the stub's place.

The solution module is read as text: the wanted definition, whatever it needs of the module (imports, constants,
helpers, the reference where it is built on it), in source order, with the entry's name.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_OWN_MODULE = "grader"


@dataclass(frozen=True)
class Definition:
    """A top-level statement: the names it binds, the names it reads, and its text."""

    binds: frozenset[str]
    reads: frozenset[str]
    text: str
    order: int
    is_import: bool = False


def definitions(source: str) -> list[Definition]:
    """The top-level statements of a module. Raises: `SyntaxError`."""
    lines = source.splitlines(keepends=True)
    found: list[Definition] = []
    previous_end = 0
    for order, node in enumerate(ast.parse(source).body):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            previous_end = node.end_lineno or 0
            continue  # the module's docstring
        found.extend(_imports(node, order) if isinstance(node, ast.Import | ast.ImportFrom) else [])
        if not isinstance(node, ast.Import | ast.ImportFrom):
            found.append(_statement(node, lines, order, previous_end))
        previous_end = node.end_lineno or 0
    return found


def extract(source: str, wanted: Mapping[str, str], *, every_import: bool = False) -> str:
    """The standalone text that defines each of `wanted` (entry name -> the name it has in `source`).

    `every_import`: keep imports that nothing needs yet, for text that is going to be edited.

    Raises: `KeyError` when the module defines no such name.
    """
    statements = definitions(source)
    by_name = {name: statement for statement in statements for name in statement.binds}
    needed = _closure([by_name[name] for name in wanted.values()], by_name)
    renames = _renames(wanted, needed)
    needed += [s for s in statements if every_import and s.is_import and s not in needed]
    ordered = sorted(needed, key=lambda statement: statement.order)
    imports = "\n".join(statement.text for statement in ordered if statement.is_import)
    rest = [
        rename(statement.text.rstrip() + "\n", renames) for statement in ordered if not statement.is_import
    ]
    return "\n\n\n".join(part for part in (imports, "\n\n".join(rest)) if part)


def rename(text: str, names: Mapping[str, str]) -> str:
    """`text` with every use of a name replaced; attributes (`x.name`) and strings stay."""
    if not names:
        return text
    lines = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    swaps = [
        token
        for before, token in zip([None, *tokens], tokens, strict=False)
        if token.type == tokenize.NAME and token.string in names and (before is None or before.string != ".")
    ]
    for token in reversed(swaps):
        row, column = token.start
        line = lines[row - 1]
        lines[row - 1] = line[:column] + names[token.string] + line[column + len(token.string) :]
    return "".join(lines)


def _imports(node: ast.Import | ast.ImportFrom, order: int) -> Iterable[Definition]:
    """One definition per imported name, so that a standalone file imports only what it uses."""
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == _OWN_MODULE:
        return
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return
    for alias in node.names:
        single = (
            ast.Import([alias])
            if isinstance(node, ast.Import)
            else ast.ImportFrom(node.module, [alias], node.level)
        )
        bound = alias.asname or alias.name.split(".")[0]
        yield Definition(frozenset({bound}), frozenset(), ast.unparse(single), order, is_import=True)


def _statement(node: ast.stmt, lines: list[str], order: int, previous_end: int) -> Definition:
    marks = [decorator for decorator in _decorators(node) if _is_mark(decorator)]
    start = min([node.lineno, *(decorator.lineno for decorator in _decorators(node))])
    while start - 1 > previous_end and lines[start - 2].lstrip().startswith("#"):
        start -= 1  # the comment above belongs to it
    dropped = {line for mark in marks for line in range(mark.lineno, (mark.end_lineno or mark.lineno) + 1)}
    text = "".join(lines[at - 1] for at in range(start, (node.end_lineno or start) + 1) if at not in dropped)
    return Definition(frozenset(_bound(node)), frozenset(_read(node)), text, order)


def _decorators(node: ast.stmt) -> list[ast.expr]:
    return getattr(node, "decorator_list", [])


def _is_mark(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id in {"wheat", "chaff"}


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _read(node: ast.stmt) -> set[str]:
    roots = [
        child for child in ast.iter_child_nodes(node) if child not in _decorators(node) or not _is_mark(child)
    ]
    return {n.id for root in roots for n in ast.walk(root) if isinstance(n, ast.Name)}


def _closure(start: Iterable[Definition], by_name: Mapping[str, Definition]) -> list[Definition]:
    found: list[Definition] = []
    waiting = list(start)
    while waiting:
        statement = waiting.pop()
        if statement in found:
            continue
        found.append(statement)
        waiting += [by_name[name] for name in statement.reads if name in by_name]
    return found


def _renames(wanted: Mapping[str, str], needed: Iterable[Definition]) -> dict[str, str]:
    """Each wanted definition gets its entry's name; one that already bears it (the reference) steps aside."""
    bound = {name for statement in needed for name in statement.binds}
    renames = {}
    for entry, name in wanted.items():
        if name != entry:
            renames[name] = entry
            if entry in bound:
                renames[entry] = f"_Reference{entry}" if entry[:1].isupper() else f"_reference_{entry}"
    return renames
