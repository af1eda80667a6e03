import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.quiz.web import command_without_web, is_loopback


def test_the_served_command_is_the_called_one_without_the_server_s_options() -> None:
    argv = ["grader", "quiz", "pooling", "--web", "--port", "80", "--host=0.0.0.0", "--seed", "3"]
    assert command_without_web(argv) == [sys.executable, "-m", "grader", "quiz", "pooling", "--seed", "3"]


@pytest.mark.parametrize(
    ("host", "is_safe"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("10.0.0.2", False)],
)
def test_only_this_computer_is_safe(host: str, is_safe: bool) -> None:
    assert is_loopback(host) is is_safe


@pytest.fixture
def server(course: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A quiz that is served, and its port."""
    pytest.importorskip("textual_serve")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"GRADER_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "grader", "quiz", "--web", "--port", str(port), "--course", str(course)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"The quiz is at http://127.0.0.1:{port}/ (Ctrl-C ends it).\n"
        yield process, port
    finally:
        process.kill()
        process.communicate()


def test_the_page_needs_no_other_machine_and_is_for_itself_alone(
    server: tuple[subprocess.Popen[str], int], course: Path
) -> None:
    _, port = server
    status, page = _ask(port, "/")
    assert status == 200
    assert "<title>Quiz</title>" in page
    assert "http://" not in page and "https://" not in page
    for name in re.findall(r'"(/static/[^"]+)"', page):
        assert _ask(port, name)[0] == 200, name
    assert _ask(port, "/", {"Host": "localhost"})[0] == 200
    assert _ask(port, "/", {"Host": "quiz.example"})[0] == 403, "a name that somebody points at this computer"
    for origin in ("http://quiz.example", "null", "http://127.0.0.1:1"):
        assert _ask(port, "/ws", {"Origin": origin})[0] == 403, "another page in the same browser"

    command = [sys.executable, "-m", "grader", "quiz", "--web", "--port", str(port), "--course", str(course)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 3
    assert "name another with --port" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_interrupt_ends_the_server_and_the_quiz_it_runs(
    server: tuple[subprocess.Popen[str], int],
) -> None:
    process, port = server
    with socket.create_connection(("127.0.0.1", port), timeout=20) as browser:
        browser.sendall(_HELLO.format(port=port).encode())
        assert b"101 Switching Protocols" in browser.recv(1000)
        while not (children := _children(process.pid)):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    until = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < until, "the quiz outlives its server"
        time.sleep(0.05)


_HELLO = (
    "GET /ws?width=80&height=24 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def _ask(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
