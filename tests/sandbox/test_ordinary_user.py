"""Where the tests run as root: the same walls for a judge who is not."""

from __future__ import annotations

import os
import site
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
USER = 65533

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become somebody else"),
]


def _interpreter() -> str:
    """A Python of this version that others may run: one in root's own folder is out of their reach."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        done = (
            subprocess.run(
                [candidate, "-c", "pass"], user=USER, group=USER, extra_groups=[], capture_output=True, env={}
            )
            if Path(candidate).exists() and _reachable(Path(candidate).resolve())
            else None
        )
        if done is not None and done.returncode == 0:
            return candidate
    pytest.skip("no interpreter of this version that another user may run")


def _reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)


@pytest.mark.parametrize(
    "part", ["tests/sandbox/test_walls.py", "tests/exploits", "tests/sandbox/test_pool.py"]
)
def test_the_walls_stand_for_an_ordinary_user(part: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    environment = {
        "HOME": str(tmp_path),
        "TMPDIR": "/tmp",
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *site.getsitepackages()]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [_interpreter(), "-m", "pytest", "-p", "no:cacheprovider", "-q", "-m", "slow or not slow", part]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        user=USER,
        group=USER,
        extra_groups=[],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
