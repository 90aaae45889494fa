import os
import signal
import subprocess
import sys

import psutil

from portal.ops.locks import FileLock
from portal.ops.processes import MAX_LOG_BYTES, bound_log, spawn, stop
from portal.ops.services import Service
from tests.portal.ops.helpers import PROJECT, eventually, is_gone, python

HOLDER = """
import sys, time
from pathlib import Path
from portal.ops.locks import FileLock

lock = FileLock(Path(sys.argv[1]))
print(lock.try_acquire(), flush=True)
time.sleep(600)
"""
PARENT = """
import os, sys, time
from pathlib import Path
from portal.ops.processes import spawn

child = spawn(["sleep", "600"], env=os.environ, log=Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_child_dies_with_a_killed_parent(tmp_path):
    parent = python(PARENT, tmp_path / "log")
    child = int(parent.stdout.readline())

    parent.kill()
    parent.communicate()

    eventually(lambda: is_gone(child))


def test_where_the_kernel_does_not_help_a_watcher_ends_the_child():
    watched = [sys.executable, "-m", "portal.ops.watched", "sleep", "601"]
    shell = subprocess.Popen(
        ["/bin/sh", "-c", '"$@" & echo $!; wait', "sh", *watched],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    watcher = int(shell.stdout.readline())
    eventually(lambda: _children(watcher))
    sleeper = _children(watcher)[0]

    shell.kill()
    shell.wait()

    eventually(lambda: is_gone(sleeper))
    eventually(lambda: is_gone(watcher))


def _children(pid):
    return [child.pid for child in psutil.Process(pid).children()]


def test_a_stubborn_child_is_killed_at_the_last_step(tmp_path):
    code = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('up', flush=True); signal.pause()"
    )
    log = tmp_path / "log"
    child = spawn([sys.executable, "-c", code], env=os.environ, log=log)
    eventually(lambda: "up" in log.read_text())

    stop(child, ((signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0)))

    assert child.returncode == -signal.SIGKILL


def test_a_service_that_ends_is_started_again_after_a_growing_pause(tmp_path):
    said = []
    service = Service("short", lambda: spawn(["true"], env={}, log=tmp_path / "log"))
    service.start()

    eventually(lambda: service.look_after(said.append) or service.starts == 2)
    eventually(lambda: service.look_after(said.append) or len(said) == 2)

    assert said == [
        "short ended (0); starting it again in 1 s",
        "short ended (0); starting it again in 2 s",
    ]
    service.stop()


def test_a_log_keeps_its_writer_and_loses_its_length(tmp_path):
    log = tmp_path / "log"
    with log.open("ab") as writer:
        writer.write(b"x" * (MAX_LOG_BYTES + 1))
        writer.flush()

        bound_log(log)

        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert log.with_name("log.1").stat().st_size == MAX_LOG_BYTES


def test_a_lock_is_free_again_when_its_holder_was_killed(tmp_path):
    path = tmp_path / "lock"
    holder = python(HOLDER, path)
    holder.stdout.readline()
    assert not FileLock(path).is_free()

    holder.kill()
    holder.communicate()

    assert FileLock(path).is_free()
