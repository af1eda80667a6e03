"""Which files a worker sees: Python, one framework with what it depends on, and the worker's own code. Nothing else.

Packages are listed file by file from their installed records, not by mounting `site-packages`: the grader itself, its
built-in solutions and unrelated packages lie there too.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.errors import MachineError

#: framework -> the distributions it stands for; their dependencies follow
FRAMEWORKS: dict[str, tuple[str, ...]] = {
    "numpy": ("numpy",),
    "torch": ("torch", "numpy"),
    "triton": ("triton", "torch", "numpy"),
    "pytest": ("torch", "numpy", "pytest"),
}

WORKER = Path(__file__).resolve().parent.parent / "worker"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Python:
    """The interpreter a worker runs on, without any `site-packages`."""

    executable: Path
    trees: tuple[Path, ...]
    "folders to show, read-only"
    masks: tuple[Path, ...]
    "folders inside them to hide"


@cache
def python() -> Python:
    """The base interpreter of the running environment (a venv's own folder is never shown)."""
    executable = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    base = Path(sys.base_prefix).resolve()
    prefixes = {"platbase": sys.base_exec_prefix, "installed_platbase": sys.base_exec_prefix}
    own = [Path(sysconfig.get_path(name, vars=prefixes)).resolve() for name in ("stdlib", "platstdlib")]
    trees = _outermost([*_libraries(), *own, *([] if base == Path("/usr") else [base / "lib"])])
    real = [tree for tree in trees if not tree.is_symlink()]
    masks = {mask for tree in real for mask in _package_folders(tree)}
    return Python(executable, trees, tuple(sorted(masks)))


def _libraries() -> list[Path]:
    """Where the system keeps shared libraries and the loader; /usr/lib holds much else where it has a folder for them."""
    places = [Path(root) for root in ("/lib", "/usr/lib", "/lib64", "/usr/lib64")]
    by_machine = [folder for root in places[:2] for folder in root.glob("*-linux-*") if not root.is_symlink()]
    links = [root for root in places if root.is_symlink()]
    return [*links, *(by_machine or places[:2]), *places[2:]]


def _outermost(paths: list[Path]) -> tuple[Path, ...]:
    found: list[Path] = []
    for path in sorted({p for p in paths if p.is_dir()}, key=lambda p: len(p.parts)):
        if path.is_symlink() or not any(path.is_relative_to(outer) for outer in found):
            found.append(path)
    return tuple(found)


def _package_folders(tree: Path) -> list[Path]:
    patterns = ("site-packages", "dist-packages", "python*/site-packages", "python*/dist-packages")
    return [
        found
        for pattern in patterns
        for found in tree.glob(pattern)
        if found.is_dir() and not found.is_symlink()
    ]


@cache
def packages(framework: str) -> dict[str, Path]:
    """Import path inside the worker's package folder -> the file or folder it shows.

    Raises: `MachineError` when the framework is not installed.
    """
    found: dict[str, Path] = {}
    for name in _closure(FRAMEWORKS[framework]):
        found.update(_top_level(importlib.metadata.distribution(name)))
    return dict(sorted(found.items()))


def _closure(roots: tuple[str, ...]) -> list[str]:
    todo, seen = list(roots), []
    while todo:
        name = todo.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in seen:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if name in roots:
                raise MachineError(f"{name} is not installed", remedy=f"pip install {name}") from None
            continue
        seen.append(key)
        todo += [
            _name_of(line) for line in distribution.requires or () if not re.search(r"\bextra\s*==", line)
        ]
    return seen


def _name_of(requirement: str) -> str:
    match = _NAME.match(requirement)
    return match[0] if match else requirement


def _top_level(distribution: importlib.metadata.Distribution) -> dict[str, Path]:
    """The distribution's packages and modules; a namespace folder is shown one level deeper, so that it stays its own."""
    record = distribution.read_text("RECORD") or ""
    files = [line.split(",")[0].strip('"').split("/") for line in record.splitlines()]
    files = [
        parts
        for parts in files
        if parts[0] not in ("..", "__pycache__", "") and not parts[0].endswith(".pth")
    ]
    packaged = {parts[0] for parts in files if len(parts) > 1 and parts[1].startswith("__init__.")}
    names = set()
    for parts in files:
        whole = len(parts) <= 2 or parts[0] in packaged or parts[0].endswith((".dist-info", ".libs"))
        names.add("/".join(parts[: 1 if whole else 2]))
    return {
        name: path for name in names if (path := Path(str(distribution.locate_file(name))).resolve()).exists()
    }
