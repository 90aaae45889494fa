"""Looking at processes from outside, and waiting for what must happen."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parents[3]
PATIENCE_S = 30
HOST = "127.0.0.1"


def eventually(condition, timeout_s=PATIENCE_S):
    """Wait until `condition()` is true; an AssertionError says that it never was."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def python(code, *arguments, **options):
    """A Python process of its own that can import the portal."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def processes_naming(path):
    """Living processes with `path` in their command line."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if any(str(path) in word for word in process.info["cmdline"] or [])
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and process.pid != os.getpid()
    ]


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def refused(process):
    output, complaint = process.communicate(timeout=60)
    assert process.returncode == 1, complaint
    assert complaint.count("\n") == 1
    return output, complaint
