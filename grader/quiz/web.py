"""The full-screen quiz in a browser, through `textual-serve`: every page that is opened runs the command anew."""

from __future__ import annotations

import ipaddress
import shlex
import sys
from collections.abc import Callable, Sequence

from grader.errors import MachineError


def serve(command: Sequence[str], host: str, port: int, said: Callable[[], None] = lambda: None) -> None:
    """Serve the interface that `command` shows, until interrupted; `said` is called once it listens.

    Raises: MachineError without the extra, or when the address cannot be listened at.
    """
    try:
        from grader.quiz.web_server import QuizServer
    except ImportError:
        raise MachineError("--web needs textual-serve", remedy="pip install 'cnn-grader[web]'") from None
    try:
        QuizServer(shlex.join(command), host, port, said).serve()
    except OSError as wrong:
        problem = f"cannot listen at {host} port {port}: {wrong.strerror or wrong}"
        raise MachineError(problem, remedy="name another with --port") from None


def command_without_web(argv: Sequence[str]) -> list[str]:
    """The command that was called, less the options of the server, run by this very Python."""
    kept: list[str] = []
    words = iter(argv[1:])
    for word in words:
        if word in {"--host", "--port"}:
            next(words, None)
        elif word != "--web" and not word.startswith(("--host=", "--port=")):
            kept.append(word)
    return [sys.executable, "-m", "grader", *kept]


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
