"""Workers that are there at once: forked from a process that has loaded the portal.

`python -m tests.chaos.forge [MODULE]` loads the module too, reads one order a line and answers with
one line. The other half, `Forge`, is what tests use.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from importlib import import_module
from types import TracebackType
from typing import Any

from tests.provisioning.jobs.processes import ROOT, surroundings


class Forge:
    """Starts workers and tells how they ended."""

    def __init__(self, *modules: str, **changes: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.forge", *modules],
            env=surroundings(changes),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Forge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def start(self, **order: Any) -> int:
        """The pid of a worker; `at`, `act`, `bug` and `version` as in `_work`."""
        return int(self._ask({"start": order}))

    def wait(self, pid: int) -> int:
        """The exit code; minus the signal's number when it ended, or stopped, by one."""
        return int(self._ask({"wait": pid}))

    def run(self, **order: Any) -> int:
        return self.wait(self.start(**order))

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def serve() -> None:
    import django

    django.setup()
    from tests.chaos import bugs, points  # noqa: F401 - loaded once, for all workers

    for module in sys.argv[1:]:
        import_module(module)
    for line in sys.stdin:
        order = json.loads(line)
        answer = _fork(order["start"]) if "start" in order else _ended(order["wait"])
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.dup2(2, 1)
        _work(order)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - nothing returns into the parent's code
        traceback.print_exc()
    os._exit(1)


def _work(order: dict[str, Any]) -> None:
    """Plant `bug`, act at the place `at`, and run what is due with this version of the shelf."""
    from provisioning.drivers import registry
    from provisioning.jobs.services import sweeping, work
    from tests.chaos import bugs, points
    from tests.chaos.shelf import TracedShelf

    TracedShelf.version = order.get("version", "1")
    registry.register(TracedShelf(os.environ["WAREHOUSE_URL"]))
    if order.get("bug"):
        bugs.WORKER[order["bug"]]()
    points.Points(order.get("at", ""), order.get("act", "die")).install()
    if order.get("sweep"):
        sweeping.sweep()
    work.run_due()


def _ended(pid: int) -> int:
    _, status = os.waitpid(pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return -os.WSTOPSIG(status)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    serve()
