from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from grader.errors import MachineError
from grader.sandbox import Pool, visible
from tests.sandbox.conftest import run_once


def test_a_framework_brings_what_it_depends_on_and_nothing_else() -> None:
    torch = visible.packages("torch")
    assert {"torch", "numpy", "sympy", "mpmath", "typing_extensions.py", "jinja2", "markupsafe"} <= set(torch)
    assert not {"grader", "scipy", "sklearn", "pytest", "click", "sqlalchemy"} & set(torch)
    assert set(visible.packages("numpy")) < set(torch)
    assert "torch" not in visible.packages("numpy")
    assert "pytest" in visible.packages("pytest")


def test_every_package_shown_is_the_installed_one() -> None:
    for name, path in visible.packages("torch").items():
        assert path.exists()
        assert path.name == Path(name).name


def test_no_tree_shows_site_packages() -> None:
    python = visible.python()
    packages = Path(importlib.metadata.distribution("numpy").locate_file("numpy").__str__()).resolve()
    for tree in python.trees:
        hidden = any(packages.is_relative_to(mask) for mask in python.masks)
        assert hidden or not packages.is_relative_to(tree.resolve())


def test_a_framework_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(visible.FRAMEWORKS, "absent", ("no-such-framework",))
    with pytest.raises(MachineError, match="pip install no-such-framework"):
        visible.packages("absent")


@pytest.mark.parametrize(
    "module",
    [
        "scipy",
        "sklearn",
        "torch",
        "grader.judge",
        "grader.course",
        "grader.sandbox",
        "click",
        "sqlalchemy",
        "pip",
    ],
)
def test_a_worker_cannot_import_what_is_not_its_own(pool: Pool, module: str) -> None:
    said = run_once(pool, f"import {module}")
    assert said["error"]["type"] == "ModuleNotFoundError"


def test_a_worker_sees_no_file_of_the_grader_but_its_own_harness(pool: Pool) -> None:
    source = (
        "import os\nseen = []\n"
        "for top, folders, files in os.walk('/'):\n"
        "    seen += [os.path.join(top, f) for f in files]\n"
        "print([s for s in seen if '/grader/' in s and '/worker/' not in s or 'solutions' in s][:5])\n"
        f"for path in {[str(Path(__file__)), str(Path(visible.__file__)), '/etc/passwd', '/etc/shadow', '/root/.bashrc', '/proc/1/environ']!r}:\n"
        "    try: open(path).read(1); print('read', path)\n"
        "    except OSError: pass"
    )
    assert run_once(pool, source)["printed"] == "[]\n"


def test_the_environment_is_rebuilt(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "in the judge's environment")
    said = run_once(pool, "import os\nprint('CANARY' in os.environ, sorted(os.environ))")
    assert said["printed"].startswith("False")


def test_no_descriptor_is_inherited(pool: Pool) -> None:
    source = (
        "import os\nopen_now = []\n"
        "for fd in range(64):\n"
        "    try: os.fstat(fd); open_now.append(fd)\n"
        "    except OSError: pass\n"
        "print(open_now)"
    )
    assert run_once(pool, source)["printed"] == "[0, 1, 2, 3, 4]\n"


def test_landlock_does_not_follow_links_into_more(pools: object) -> None:
    from grader.sandbox import Level

    basic = pools(Level.BASIC)  # type: ignore[operator]
    source = "import os\nfor p in ('/usr/lib', '/usr', '/etc', '/usr/lib/python3'):\n  try: print(os.listdir(p))\n  except OSError: pass"
    assert run_once(basic, source)["printed"] == ""
