import os
import socket
import subprocess
import sys
import time
import urllib.request
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


def test_the_page_is_served_on_loopback(course: Path, tmp_path: Path) -> None:
    pytest.importorskip("textual_serve")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"GRADER_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "grader", "quiz", "--web", "--port", str(port), "--course", str(course)]
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert b"Quiz" in _page(f"http://127.0.0.1:{port}/")
    finally:
        server.terminate()
        server.wait(timeout=10)


def _page(address: str) -> bytes:
    for _ in range(150):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server never answered")
