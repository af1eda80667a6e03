"""Asking questions: on the screen, in lines of text, in a browser, as an exam."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.clock import SteadyClock
from grader.cli.options import cache_home, course_option, data_home
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.quiz.ending import Ending
    from grader.quiz.plan import Wish
    from grader.quiz.session import Session
    from grader.quiz.store import ReviewLog

_now = SteadyClock()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("banks", metavar="[BANK ...]", nargs=-1)
@click.option("--plain", is_flag=True, help="Lines of text, for screen readers, pipes and scripts.")
@click.option("--due", is_flag=True, help="Only what is due.")
@click.option("--count", type=click.IntRange(min=1), help="How many questions.")
@click.option("--seed", type=int, help="The same questions, numbers and order every time.")
@click.option("--time-limit", type=float, metavar="MIN", help="Minutes until the session is handed in.")
@click.option("--exam", is_flag=True, help="No feedback until the end; the result goes into a signed file.")
@click.option("--name", "learner", help="Your name on the exam's result. Default: your user name.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the exam's result goes.")
@click.option("--new", is_flag=True, help="Start afresh, though a session was left open.")
@click.option("--web", is_flag=True, help="The same interface in a browser.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --web: the address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="With --web.")
@course_option
def ask(
    course_root: Path | None,
    plain: bool,
    new: bool,
    web: bool,
    host: str,
    port: int,
    learner: str | None,
    out: Path | None,
    **wishes: Any,
) -> None:
    """Ask questions."""
    paths = _paths(course_root, wishes["banks"])
    if web:
        return _serve(paths, host, port, plain)
    wish = _wish(**wishes)
    from grader.quiz.store import ReviewLog

    with ReviewLog(data_home() / "quiz.db") as log:
        if wish.mode == "exam" and not new and _hand_in_again(log, paths, wish, learner, out):
            return None
        session, note = _start(paths, log, wish, fresh=new)
        is_plain = plain or _is_plain()
        with _heartbeat(session):
            session = _run(session, note, is_plain)
        if wish.mode == "exam" and session.is_over:
            _hand_in(log, session, learner, out)
    return None


def _wish(
    banks: tuple[str, ...],
    exam: bool,
    due: bool,
    seed: int | None,
    count: int | None,
    time_limit: float | None,
) -> Wish:
    from grader.quiz.plan import Mode, Wish

    mode = Mode.EXAM if exam else Mode.PRACTICE
    limit_s = None if time_limit is None else 60 * time_limit
    return Wish(banks=banks, mode=mode, due=due, seed=seed, count=count, time_limit_s=limit_s)


def _paths(course_root: Path | None, banks: tuple[str, ...]) -> list[Path]:
    """The banks' files; where all of them are kept as checked, nothing is loaded that checks."""
    from grader.quiz.modelling import go_light
    from grader.quiz.shelf import are_kept, bank_paths

    if course_root is None:
        from grader.course.builtin import builtin_root

        course_root = builtin_root()
    paths = bank_paths(course_root / "quizzes", banks)
    if are_kept(paths, cache_home() / "quiz"):
        go_light()
    return paths


def _start(paths: list[Path], log: ReviewLog, wish: Wish, *, fresh: bool) -> tuple[Session, str]:
    """The session, and what to say first."""
    from grader.quiz.durations import clock_face
    from grader.quiz.start import start

    cache = cache_home() / "quiz"
    session, is_resumed = start(
        paths, log, wish, now=_now(), seed=_seed(), name=os.urandom(8).hex(), fresh=fresh, cache=cache
    )
    note = (
        f"Going on where you left: {session.answered} of {len(session.slots)} answered. --new starts afresh."
    )
    if session.mode == "exam" and session.breaks_s:
        note += f" The result lists your breaks, {clock_face(session.breaks_s)} in all."
    return session, note if is_resumed else ""


def _run(session: Session, note: str, is_plain: bool) -> Session:
    """Ask until the learner has had enough; the last session."""
    from grader.quiz.ending import Ending
    from grader.quiz.start import repeat

    show = _show_plain if is_plain else _show_screen
    while (ending := show(session, note)) is Ending.REPEAT:
        session, note = repeat(session, now=_now(), seed=_seed(), name=os.urandom(8).hex()), ""
    if ending is Ending.LEFT and not is_plain:
        click.echo(
            f"Left with {session.answered} of {len(session.slots)} answered; the same command goes on."
        )
    return session


def _show_plain(session: Session, note: str) -> Ending:
    from grader.quiz.plain import Plain
    from grader.quiz.prose import folded

    for row in folded(note, _width()) if note else ():
        click.echo(row)
    return Plain(session, _read_line, click.echo, _now, _width()).run()


def _show_screen(session: Session, note: str) -> Ending:
    from grader.quiz.tui.app import run

    return run(session, _now, note)


def _heartbeat(session: Session) -> contextlib.AbstractContextManager[object]:
    if session.mode != "exam":
        return contextlib.nullcontext()
    from grader.quiz.heartbeat import Heartbeat

    return Heartbeat(session.log.path, session.name, _now)


def _hand_in(log: ReviewLog, session: Session, learner: str | None, out: Path | None) -> None:
    """Write the signed result; a copy stays in the quiz's home."""
    from grader.quiz import exam, seal

    name = learner or _user()
    content = exam.result(log, session.library, session.name, name)
    target = out or Path(f"exam-{_slug(name)}-{session.name[:8]}.json")
    copy = data_home() / "exams" / f"{session.name}.json"
    exam.write_result(content, seal.load_key(data_home() / "exam-key.pem"), [copy, target])
    click.echo(f"Your result is in {target}: hand in that file.")


def _hand_in_again(
    log: ReviewLog, paths: list[Path], wish: Wish, learner: str | None, out: Path | None
) -> bool:
    """Write the result of an exam that is over once more; False when this exam was not taken yet."""
    from grader.quiz import exam
    from grader.quiz.bank import load_banks
    from grader.quiz.memory import remember
    from grader.quiz.session import Session

    name = exam.handed_in(log, wish)
    if name is None:
        return False
    library = load_banks(paths, cache=cache_home() / "quiz")
    click.echo("You have taken this exam. --new takes it again, which the result will say.")
    _hand_in(log, Session.ended(library, log, remember(log, library.items), name), learner, out)
    return True


def _serve(paths: list[Path], host: str, port: int, plain: bool) -> None:
    """The same command in a browser, without --web. Wrong banks are told here: a page could not."""
    from grader.quiz.bank import load_banks
    from grader.quiz.web import command_without_web, is_loopback, serve

    if plain:
        raise UsageError("--web and --plain do not go together", remedy="leave one of them out")
    load_banks(paths, cache=cache_home() / "quiz")
    if not is_loopback(host):
        click.echo(f"Whoever reaches {host} answers in your name: there is no password.", err=True)
    address = f"[{host}]" if ":" in host else host
    serve(
        command_without_web(sys.argv),
        host,
        port,
        lambda: click.echo(f"The quiz is at http://{address}:{port}/ (Ctrl-C ends it)."),
    )


def _is_plain() -> bool:
    """Whether lines of text are the better choice: a pipe, a dumb terminal, no colour wanted."""
    if "TEXTUAL_DRIVER" in os.environ:  # shown in a browser, through a pipe
        return False
    is_tty = sys.stdin.isatty() and sys.stdout.isatty()
    return not is_tty or os.environ.get("TERM", "dumb") == "dumb" or bool(os.environ.get("NO_COLOR"))


def _read_line(prompt: str) -> str | None:
    """A line from standard input; None at its end. On a terminal the line can be edited."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        with contextlib.suppress(ImportError):  # not on Windows
            import readline  # noqa: F401 - editing and history for input()
        try:
            return input(prompt)
        except EOFError:
            return None
    click.echo(prompt, nl=False)
    line = sys.stdin.readline()
    click.echo(line.rstrip("\r\n"))  # a transcript reads as if it had been typed
    return line.rstrip("\r\n") if line else None


def _width() -> int:
    import shutil

    return min(100, shutil.get_terminal_size().columns)


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unnamed"


def _slug(name: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in name.lower()).strip("-") or "unnamed"


def _seed() -> int:
    return int.from_bytes(os.urandom(4), "big") >> 1
