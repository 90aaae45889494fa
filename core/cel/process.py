"""The one helper process of this process: started when first asked, replaced when it dies."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HELPER = Path(__file__).with_name("helper.py")
ISOLATED = (sys.executable, "-I", "-S")
IDLE_S = 30.0  # then it ends by itself: a helper that nobody needs costs no memory
START_S = 10.0  # until it says that it is ready
ANSWER_S = 2.0  # the helper's own timer is far shorter; this one is for a helper that hangs
WAIT_S = 10.0  # for the turn of a caller


class Gone(Exception):
    """The helper ended or did not answer; `overran` when its timer ended it."""

    def __init__(self, *, overran: bool = False) -> None:
        super().__init__()
        self.overran = overran


class Helper:
    """A running helper; used by one thread at a time.

    Args:
        idle_s: after so long without a question it ends by itself.
        script: what it runs, with the folder of its library and `idle_s`.
        folder: where the library lies; CEL's when empty.
        answer_s: for a helper that hangs; its own timer is shorter.
    """

    def __init__(
        self,
        idle_s: float = IDLE_S,
        *,
        script: Path = HELPER,
        folder: str = "",
        answer_s: float = ANSWER_S,
    ) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._pending = b""
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own file, no shell
                [*ISOLATED, str(script), folder or _library_folder(), str(idle_s)],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={},
            )
        ours.settimeout(START_S)
        if self._read() is None:
            self.stop()
            raise Gone
        ours.settimeout(answer_s)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, question: bytes) -> dict[str, Any]:
        """The answer to one line.

        Raises:
            Gone: there was none; this helper is of no use any more.
        """
        try:
            self._socket.sendall(question)
            answer = self._read()
        except OSError:
            answer = None
        if answer is None:
            raise Gone(overran=self.stop() == -signal.SIGALRM)
        return answer

    def stop(self) -> int:
        """End it; returns how it ended."""
        self._socket.close()
        try:
            return self._process.wait(timeout=0.5)  # it ends when the socket does
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def forget(self) -> None:
        """Let go of a helper that belongs to the process from which this one was forked."""
        self._socket.close()
        self._process.returncode = 0  # not ours to wait for

    def _read(self) -> dict[str, Any] | None:
        try:
            while b"\n" not in self._pending:
                chunk = self._socket.recv(65_536)
                if not chunk:
                    return None
                self._pending += chunk
        except OSError:
            return None
        line, _, self._pending = self._pending.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found


class Turn:
    """The helper in the hands of one caller; it is replaced when it went away."""

    def ask(self, **question: Any) -> dict[str, Any]:
        """One answer.

        Raises:
            Gone: the helper died over this very question.
        """
        line = json.dumps(question).encode() + b"\n"
        global _helper
        if _helper is not None and _helper._process.poll() is not None:
            _drop()  # it ended by itself, for nobody asked
        if _helper is not None:
            try:
                return _helper.ask(line)
            except Gone as gone:
                _drop()
                if gone.overran:
                    raise  # any other end may be older than the question: a fresh one is asked
        _helper = Helper()
        try:
            return _helper.ask(line)
        except Gone:
            _drop()
            raise


_lock = threading.Lock()
_helper: Helper | None = None


@contextlib.contextmanager
def turn() -> Iterator[Turn]:
    """Wait for the helper, and have it alone.

    Raises:
        Gone: others kept it too long.
    """
    if not _lock.acquire(timeout=WAIT_S):
        raise Gone
    try:
        yield Turn()
    finally:
        _lock.release()


def helper_pid() -> int | None:
    """The helper's process id while there is one."""
    return None if _helper is None else _helper.pid


def _drop() -> None:
    global _helper
    helper, _helper = _helper, None
    if helper is not None:
        helper.stop()


def _after_fork() -> None:
    """A forked child starts its own: the parent's socket and lock are not the child's."""
    global _helper, _lock
    helper, _helper = _helper, None
    _lock = threading.Lock()
    if helper is not None:
        helper.forget()


def _library_folder() -> str:
    """Where the package lies; finding it does not import it."""
    spec = importlib.util.find_spec("cel")
    if spec is None or not spec.submodule_search_locations:
        raise Gone
    return str(spec.submodule_search_locations[0])


os.register_at_fork(after_in_child=_after_fork)
