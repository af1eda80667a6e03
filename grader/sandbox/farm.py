"""A folder of links for `basic`: the same view of packages that the jail mounts, where nothing can be mounted."""

from __future__ import annotations

import tempfile
from pathlib import Path

from grader.sandbox import visible


class Farm:
    """`site/` and `harness/` as links into the installed packages; removed on `close`."""

    def __init__(self, framework: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="grader-", ignore_cleanup_errors=True)
        root = Path(self._folder.name)
        root.chmod(0o755)
        self.site, self.harness, self.home = root / "site", root / "harness", root / "home"
        self._targets = dict(visible.packages(framework))
        for name, path in self._targets.items():
            link = self.site / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
        (self.harness / "grader").mkdir(parents=True)
        (self.harness / "grader" / "worker").symlink_to(visible.WORKER)
        self.home.mkdir(mode=0o555)

    def readable(self) -> tuple[str, ...]:
        """Every path a worker needs, for Landlock."""
        python = visible.python()
        system = ("/etc/ld.so.cache", "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
        trees = [str(part) for tree in python.trees for part in _without(tree, python.masks)]
        return (
            *trees,
            str(python.executable),
            *(str(path) for path in self._targets.values()),
            str(visible.WORKER),
            str(self._folder.name),
            *system,
        )

    def close(self) -> None:
        """Remove the links."""
        self._folder.cleanup()


def _without(tree: Path, masks: tuple[Path, ...]) -> list[Path]:
    """`tree` as the parts of it that contain no mask: Landlock can allow, but not take away again."""
    inside = [mask for mask in masks if mask.is_relative_to(tree)]
    if tree in inside or tree.is_symlink():
        return []
    if not inside:
        return [tree]
    return [part for child in sorted(tree.iterdir()) for part in _without(child, masks)]
