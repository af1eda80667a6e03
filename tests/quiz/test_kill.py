"""A process killed at any moment loses no answer it had confirmed."""

import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

from grader.quiz.bank import Library
from grader.quiz.entry import Kind
from grader.quiz.memory import remember
from grader.quiz.plan import Mode
from grader.quiz.session import Session
from grader.quiz.store import ReviewLog
from grader.quiz.timekeeping import UNSEEN_S
from tests.quiz.conftest import NOON, Clock
from tests.quiz.sessions import exam

WORKER = textwrap.dedent(
    """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from grader.quiz.bank import load_banks
    from grader.quiz.memory import remember
    from grader.quiz.plan import Wish, make_plan
    from grader.quiz.session import Session
    from grader.quiz.store import ReviewLog

    now = lambda: datetime.now(UTC)
    library = load_banks([Path(sys.argv[1])])
    number = 0
    with ReviewLog(Path(sys.argv[2])) as log:
        while True:
            memory = remember(log)
            plan = make_plan(library, memory, Wish(seed=number), now=now(), seed=1)
            session = Session.begin(library, log, memory, plan, f"{sys.argv[3]}-{number}", now())
            for _ in session.slots:
                session.submit(None, now())
                print(session.name, session.current.item.id, flush=True)  # what the learner has been told
                session.advance(now())
            session.finish(now())
            number += 1
    """
)


def test_no_confirmed_answer_is_lost_at_fifty_points(course: Path, tmp_path: Path) -> None:
    """Two workers at once, each killed after a random number of answers and a random moment more, 25 times."""
    rng = random.Random(50)
    path = tmp_path / "home" / "quiz.db"
    told: set[tuple[str, str]] = set()
    for round_ in range(25):
        workers = [_worker(course, path, f"r{round_}w{number}") for number in range(2)]
        for worker in workers:
            assert worker.stdout is not None
            for _ in range(rng.randrange(1, 15)):
                told.add(tuple(worker.stdout.readline().split()))  # type: ignore[arg-type]
        for worker in workers:
            with ReviewLog(path) as log:  # an instant that differs each time, while another process reads
                sum(1 for _ in log.entries(kinds=[Kind.ANSWER]))
            worker.kill()
            rest, _ = worker.communicate()
            told |= {tuple(line.split()) for line in rest.splitlines(keepends=True) if line.endswith("\n")}  # type: ignore[misc]
        with ReviewLog(path) as log:
            kept = {(row.session, row.item) for row in log.entries(kinds=[Kind.ANSWER])}
        assert told <= kept, f"round {round_}: {sorted(told - kept)[:3]}"
    assert len(told) > 250
    with ReviewLog(path) as log:
        assert log._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = list(log.entries())
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        assert remember(log).known


def test_an_exam_goes_on_after_a_kill_with_the_time_already_used(
    course: Path, library: Library, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    env = os.environ | {"GRADER_HOME": str(home)}
    command = [
        sys.executable,
        "-m",
        "grader",
        "quiz",
        "--plain",
        "--exam",
        "--seed",
        "5",
        "--time-limit",
        "30",
    ]
    worker = subprocess.Popen(
        [*command, "--course", str(course)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    )
    assert worker.stdin is not None and worker.stdout is not None
    worker.stdin.write("a\n")
    worker.stdin.flush()
    for line in worker.stdout:
        if line.startswith("Question 2"):
            break
    worker.kill()
    worker.communicate()
    done = subprocess.run(
        [*command, "--course", str(course)],
        input=":finish\n",
        capture_output=True,
        text=True,
        env=env,
        cwd=tmp_path,
    )
    assert "Going on where you left: 1 of 11 answered" in done.stdout, done.stdout + done.stderr
    assert "Question 2 of 11. 29 min" in done.stdout
    assert "hand in that file" in done.stdout


def test_time_used_before_a_crash_counts_by_the_last_sign_of_life(
    library: Library, log: ReviewLog, clock: Clock
) -> None:
    from grader.quiz.heartbeat import Heartbeat

    exam(library, log, clock(), time_limit_s=3600)
    clock.now = NOON.replace(minute=20)
    with Heartbeat(log.path, "s", clock, every_s=0.01):
        while not list(log.entries(kinds=[Kind.TICK])):
            pass
    last = list(log.entries(session="s"))[-1]
    clock.now = NOON.replace(hour=23)
    resumed = Session.resume(library, log, remember(log), "s", clock.now)
    assert resumed.mode is Mode.EXAM
    assert resumed.used_s(clock.now) == (last.at - NOON).total_seconds() - 1 + UNSEEN_S


def _worker(course: Path, path: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, str(course / "quizzes"), str(path), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
