"""`python -m benchmarks [TABLE ...]`: every figure the README claims, measured side by side here and now, as ratios."""

from __future__ import annotations

import argparse
import datetime
import importlib
import os
import platform
from collections.abc import Iterator
from pathlib import Path

#: table -> the module whose `rows(options)` yields (what, figures, target, holds)
TABLES = {
    "judging": "benchmarks.judging",
    "classes": "benchmarks.classes",
    "startup": "benchmarks.startup",
    "watch": "benchmarks.watch",
}


def main() -> None:
    """Print each table as it is measured, and keep a copy in benchmarks/results/."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("tables", nargs="*", default=list(TABLES), choices=[*TABLES, []])
    parser.add_argument(
        "--peers", type=Path, default=Path("benchmarks/.venvs"), help="where the peers' environments are"
    )
    parser.add_argument(
        "--install", action="store_true", help="make the environments of peers that are missing"
    )
    options = parser.parse_args()
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    with (results / f"{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}.md").open("w") as kept:
        for line in _report(options):
            print(line, flush=True)
            kept.write(line + "\n")


def _report(options: argparse.Namespace) -> Iterator[str]:
    yield f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, "
    yield f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    for table in options.tables:
        yield f"\n## {table}\n\n| what | measured | target | holds |\n|---|---|---|---|"
        for what, measured, target, holds in importlib.import_module(TABLES[table]).rows(options):
            yield f"| {what} | {measured} | {target} | {'-' if holds is None else 'yes' if holds else 'NO'} |"


main()
