"""A report for a person: one failure at a time, with the call, both sides, the reason and the next step.

Plain lines of text, indented; colour only where the terminal has it. Nothing is said by colour or position alone, so
it can be read aloud.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from grader.judge.report import CheckVerdict, Heat, Report, Result, Status

_WORDS = {
    Status.PASSED: ("passed", "green"),
    Status.SKIPPED: ("skipped", "dim"),
    Status.FAILED: ("failed", "red"),
    Status.NOT_IMPLEMENTED: ("not written yet", "yellow"),
    Status.ERROR: ("error", "red"),
    Status.FORBIDDEN: ("not allowed", "red"),
    Status.OUTPUT_LIMIT: ("too much output", "red"),
    Status.MEMORY_LIMIT: ("out of memory", "red"),
    Status.TIMEOUT: ("out of time", "red"),
    Status.CRASHED: ("crashed", "red"),
    Status.GRADER_ERROR: ("not judged", "magenta"),
}
_SANDBOX = {
    "basic": "Judged in the basic sandbox: a separate process with limits, but your code could read your files.",
    "none": "Nothing was run.",
}
_SHADES = " .:-=+*#%@"
_QUIET = (Status.NOT_IMPLEMENTED, Status.SKIPPED)


def render(
    report: Report, hints: dict[str, tuple[int, int]], *, colour: bool = False, width: int = 100
) -> str:
    """The report as text. `hints`: exercise -> (hints seen, hints there are)."""
    console = Console(
        file=io.StringIO(),
        force_terminal=colour,
        no_color=not colour,
        width=max(width, 40),
        highlight=False,
        soft_wrap=True,
    )
    quiet = [r for r in report.results if r.status is Status.NOT_IMPLEMENTED and len(report.results) > 1]
    for result in report.results:
        if result not in quiet:
            _result(console, result, hints.get(result.exercise, (0, 0)))
    if quiet:
        names = f"Not written yet: {', '.join(result.exercise for result in quiet)}"
        console.print(textwrap.fill(names, console.width, subsequent_indent="  ") + "\n")
    _summary(console, report)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _summary(console: Console, report: Report) -> None:
    passed = sum(result.status is Status.PASSED for result in report.results)
    line = f"{passed} of {len(report.results)} passed, {report.score:g} of {report.max_score:g} points."
    console.print(line if len(report.results) > 1 else f"{report.score:g} of {report.max_score:g} points.")
    if report.sandbox in _SANDBOX:
        console.print(_SANDBOX[report.sandbox])


def _result(console: Console, result: Result, hints: tuple[int, int]) -> None:
    word, style = _WORDS[result.status]
    head = Text(f"{result.exercise}", style="bold").append(f"  {word}", style=style)
    head.append(f"  {result.score:g} of {result.max_score:g} points")
    if result.device != "cpu":
        head.append(f"  on {result.device}")
    console.print(head)
    detailed = False
    for check in _once(result.checks):
        _check_line(console, check, alone=len(_once(result.checks)) == 1)
        if check.status is not Status.PASSED and check.status not in _QUIET and not detailed:
            _details(console, check)
            detailed = True
    _output(console, result.output)
    if result.status is not Status.PASSED and hints[0] < hints[1]:
        console.print(f"  Next: grader hint {result.exercise}   (hint {hints[0] + 1} of {hints[1]})")
    console.print()


def _once(checks: Sequence[CheckVerdict]) -> Sequence[CheckVerdict]:
    """The first check alone where all fell to one cause: a file that cannot be loaded fails every case, and none was run."""
    fallen = [check for check in checks if check.status is not Status.SKIPPED]
    statuses = {check.status for check in fallen}
    reasons = {(check.message, tuple(check.places)) for check in fallen if check.failing}
    together = len(statuses) == len(reasons) == 1 and not statuses & {Status.PASSED, Status.FAILED}
    return fallen[:1] if together else checks


def _check_line(console: Console, check: CheckVerdict, *, alone: bool) -> None:
    word, style = _WORDS[check.status]
    if alone and check.status is not Status.PASSED:
        return
    line = Text("  ").append(f"{word:<15}", style=style).append(f" {check.name:<22}")
    line.append(f" {check.points:.3g} of {check.max_points:.3g}")
    if check.failing:
        line.append(
            f"   {check.failing} of {check.cases} cases wrong" if check.cases > 1 else "   its case is wrong"
        )
    if check.status is Status.SKIPPED:
        line.append(f"   {check.message}", style="dim")
    console.print(line)


def _details(console: Console, check: CheckVerdict) -> None:
    if check.case is not None and check.case.call:
        console.print(Text(f"      {check.case.call}"))
    for line in check.message.splitlines():  # an exception's text may have lines that look like ours
        console.print(Text(f"      {line}"))
    for place in check.places[-3:]:
        function = _on_one_line(place.function)
        where = f" in {function}" if function and function != "<module>" else ""
        console.print(
            Text(f"      line {place.line}{where}: ").append(_on_one_line(place.text), style="cyan")
        )
    if check.expected is not None or check.actual is not None:
        _sides(console, check.expected or "", check.actual or "(nothing)")
    if check.heat is not None:
        _heat(console, check.heat)
    if check.diagnosis is not None:
        console.print(Text(f"      Why: {check.diagnosis.lesson}", style="bold"))


def _on_one_line(text: str) -> str:
    return " ".join(text.splitlines()).strip()


def _sides(console: Console, expected: str, actual: str) -> None:
    left, right = expected.splitlines() or [""], actual.splitlines() or [""]
    column = max(len("expected"), *(len(line) for line in left)) + 4
    if column + max(len(line) for line in right) + 6 > console.width:
        for title, lines in (("expected", left), ("yours", right)):
            console.print(Text(f"      {title}:"))
            _lines(console, lines)
        return
    console.print(Text(f"      {'expected':<{column}}yours"))
    for index in range(max(len(left), len(right))):
        one = left[index] if index < len(left) else ""
        other = right[index] if index < len(right) else ""
        console.print(Text(f"      {one:<{column}}").append_text(_marked(other)))


def _lines(console: Console, lines: Sequence[str]) -> None:
    for line in lines:
        console.print(Text("        ").append_text(_marked(line)))


def _marked(line: str) -> Text:
    """A row of numbers, those that end in `!` in red: the mark stays, for whoever sees no colour."""
    text = Text(line)
    text.highlight_regex(r"\S+!", "red")
    return text


def _heat(console: Console, heat: Heat) -> None:
    console.print(Text("      where it is wrong (over the last two axes; blank: right, @: all wrong):"))
    for row in heat.rows:
        cells = "".join(
            _SHADES[min(len(_SHADES) - 1, round(value * (len(_SHADES) - 1)))] * 2 for value in row
        )
        console.print(Text(f"        |{cells}|", style="red"))


def _output(console: Console, output: str) -> None:
    lines = output.rstrip().splitlines()
    if not lines:
        return
    console.print(Text("  Your code printed:"))
    room = max(console.width - 4, 36)
    for line in lines[:10]:
        console.print(Text(f"    {line if len(line) <= room else line[: room - 4] + ' ...'}"))
    if len(lines) > 10:
        console.print(f"    ... and {len(lines) - 10} more lines")
