"""Child processes that end with us: started in their own session, stopped step by step."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypedDict

PR_SET_PDEATHSIG = 1  # linux/prctl.h
MAX_LOG_BYTES = 5_000_000
ON_LINUX = sys.platform.startswith("linux")

Steps = Sequence[tuple[signal.Signals, float]]  # signal, seconds to wait for its effect


@dataclass(frozen=True)
class Account:
    """A system user that a child runs as."""

    name: str
    uid: int
    gid: int


class Process(Protocol):
    """What stopping needs of a child; Popen has it."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...


def dying_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A hook for the child, after which this process's death sends it `number` (on Linux)."""
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True)

    def arrange() -> None:
        if not ON_LINUX:
            return
        libc.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return arrange


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    cwd: str = "/",
) -> subprocess.Popen[bytes]:
    """Start a child in its own session; output is appended to `log`.

    It is told `death_signal` when this process dies: by the kernel on Linux, elsewhere by a
    small process of ours (`portal.ops.watched`) around it.
    """
    watched = [] if ON_LINUX or account else [sys.executable, "-m", "portal.ops.watched"]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*watched, *argv],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # The kernel forgets it when credentials change; subprocess calls this after that.
            preexec_fn=dying_with_parent(death_signal) if ON_LINUX else None,
            **as_account(account),
        )


class Credentials(TypedDict, total=False):
    """What subprocess needs to run a child as someone else."""

    user: int
    group: int
    extra_groups: list[int]


def as_account(account: Account | None) -> Credentials:
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def run_as(
    account: Account | None, argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end, from a folder that every user can be in."""
    return subprocess.run(
        argv, check=False, capture_output=True, text=True, env=env, cwd="/", **as_account(account)
    )


def stop(process: Process, steps: Steps) -> None:
    """Signal the child until it has ended, and reap it."""
    for number, wait_s in steps:
        if process.poll() is not None:
            return
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(wait_s)
    process.wait()


def end_session(process: Process) -> None:
    """Kill what an ended child left behind in its session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def bound_log(log: Path, max_bytes: int = MAX_LOG_BYTES) -> None:
    """Keep one older part beside a log that has grown too long; writers append, so they go on."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > max_bytes:
            log.with_name(log.name + ".1").write_bytes(log.read_bytes()[-max_bytes:])
            os.truncate(log, 0)


def last_line(log: Path) -> str:
    """The last line that says something, for a message on the console."""
    with suppress(FileNotFoundError):
        lines = log.read_text(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
    return ""
