from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from grader.sandbox import Limits, Pool
from tests.sandbox.conftest import run_once


def _refused(pool: Pool, source: str) -> bool:
    said = run_once(pool, source)
    return said["status"] == "error" and said["error"]["type"] in (
        "PermissionError",
        "FileNotFoundError",
        "OSError",
    )


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.fork()",
        "import subprocess\nsubprocess.run(['/bin/true'])",
        "import os\nos.execv('/bin/true', ['true'])",
        "import multiprocessing as m\nm.get_context('fork').Process(target=print).start()",
        "import socket\nsocket.socket()",
        "import socket\nsocket.socket(socket.AF_UNIX)",
        "import socket\nsocket.socketpair()",
        "import os\nos.memfd_create('x')",
        "import os\nos.kill(os.getppid(), 9)",
        "import os\nos.kill(1, 9)",
        "import os\nos.kill(-1, 9)",
        "import os\nos.mkfifo('x')",
        "import os\nos.symlink('/', 'x')",
        "import os\nos.link('/dev/null', 'x')",
        "import os\nos.mknod('x')",
        "import os\nos.chmod('.', 0o777)",
        "import os\nos.chroot('/')",
        "import os\nos.setuid(0)",
        "import os\nos.nice(-1)",
        "import os\nos.sched_setaffinity(0, [0])",
        "import os\nos.setpriority(os.PRIO_PROCESS, 0, -5)",
        "import os\nos.pidfd_open(os.getppid() or 1)",
        "import resource as r\nr.prlimit(os.getppid() if (os := __import__('os')).getppid() else 2, r.RLIMIT_CPU, (1, 1))",
        "import mmap\nopen('/dev/shm/x', 'w')",
        "open('/etc/x', 'w')",
        "open('/site/numpy/x', 'w')",
        "open('/harness/grader/worker/serve.py', 'a')",
        "open('/dev/tty')",
        "open('/proc/self/mem')",
        "open('/sys/kernel/notes', 'rb')",
    ],
)
def test_refused(pool: Pool, source: str) -> None:
    assert _refused(pool, source), run_once(pool, source)


def test_limits_cannot_be_raised(pool: Pool) -> None:
    source = (
        "import resource as r\n"
        "for name in ('AS', 'CPU', 'NOFILE', 'FSIZE'):\n"
        "    what = getattr(r, 'RLIMIT_' + name)\n"
        "    hard = r.getrlimit(what)[1]\n"
        "    try: r.setrlimit(what, (hard, hard + 1)); print('raised', name)\n"
        "    except (ValueError, PermissionError): pass"
    )
    assert run_once(pool, source)["printed"] == ""


def test_threads_are_bounded(strong: Pool) -> None:
    source = (
        "import threading, time\nheld = []\n"
        "try:\n"
        "    for _ in range(99): held.append(threading.Thread(target=time.sleep, args=(5,), daemon=True)); held[-1].start()\n"
        "except RuntimeError: pass\n"
        "print(threading.active_count())"
    )
    assert int(run_once(strong, source, limits=Limits(processes=8))["printed"]) <= 8


def test_files_are_bounded_and_private(strong: Pool) -> None:
    fill = (
        "import os\nwritten = 0\n"
        "try:\n"
        "    for n in range(99):\n"
        "        with open(f'f{n}', 'wb') as f: f.write(b'x' * (1 << 20))\n"
        "        written += 1\n"
        "except OSError as e: print(e.errno)\n"
        "print(written)"
    )
    assert run_once(strong, fill, limits=Limits(file_mib=4))["printed"].split() == ["28", "4"]
    assert run_once(strong, "import os\nprint(os.listdir('.'))")["printed"] == "[]\n"


def test_nothing_written_can_be_run(strong: Pool) -> None:
    source = "import ctypes, shutil, glob\nshutil.copyfile(glob.glob('/lib*/x86_64*/libm.so.6')[0], 'x.so')\nctypes.CDLL('./x.so')"
    said = run_once(strong, source)
    assert said["error"]["type"] == "OSError"


def test_nothing_is_writable_without_namespaces(pools: object) -> None:
    from grader.sandbox import Level

    basic = pools(Level.BASIC)  # type: ignore[operator]
    for folder in (".", "/tmp", "/dev/shm", "/var/tmp"):
        assert _refused(basic, f"open('{folder}/x', 'w')")


def test_a_listening_port_is_out_of_reach(pool: Pool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        port = server.getsockname()[1]
        assert _refused(pool, f"import socket\nsocket.create_connection(('127.0.0.1', {port}))")
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_file_outside_stays_unread(pool: Pool, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("secret")
    tmp_path.chmod(0o755)
    assert _refused(pool, f"print(open({str(canary)!r}).read())")
    assert _refused(pool, f"open({str(canary)!r}, 'w').write('x')")
    assert canary.read_text() == "secret"


def test_a_root_judge_hands_its_workers_to_a_user_nobody_is(pool: Pool) -> None:
    uid = int(run_once(pool, "import os\nprint(os.getuid())")["printed"])
    assert uid != 0
    if os.geteuid() == 0:
        assert 60000 < uid < 61000


def test_the_judges_threads_are_out_of_reach(pool: Pool) -> None:
    source = (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"print(libc.syscall(234, {os.getpid()}, {threading.get_native_id()}, 0), ctypes.get_errno())"
    )
    assert run_once(pool, source)["printed"].split()[0] == "-1"
