"""`test`: pytest with a database and a broker of its own, for each of its processes."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from portal.ops.broker import Broker
from portal.ops.environment import (
    PROJECT,
    DataDir,
    Environ,
    fill_in,
    set_common,
    uses_embedded_broker,
    uses_embedded_database,
)
from portal.ops.errors import CannotRun
from portal.ops.locks import FileLock
from portal.ops.postgres import Postgres
from portal.ops.postgres_roles import OWNER
from portal.ops.preparation import compile_code

MAX_SIMULTANEOUS = 16
MOST_CORES = 4
PARALLEL = ("-p", "tests.workers", "--no-loadscope-reorder")


def main(arguments: list[str]) -> int:
    """Run pytest with `arguments` and return its exit code; the whole suite on several cores."""
    if importlib.util.find_spec("pytest") is None:
        raise CannotRun("pytest is not installed here: use ./run test.")
    compile_code()
    environ = dict(os.environ)
    is_ours = uses_embedded_broker(environ) and uses_embedded_database(environ)
    if is_ours and all(word.startswith("-") for word in arguments):
        # One process more than cores, for the tests that wait.
        processes = min(os.cpu_count() or 1, MOST_CORES) + 1
        return _pytest([*PARALLEL, "-n", str(processes), *arguments], environ)
    with servers(environ):
        return _pytest(arguments, environ)


@contextmanager
def servers(environ: Environ) -> Iterator[None]:
    """A data folder, a broker and a database for one process of tests, named in `environ`."""
    with ExitStack() as stack:
        data = _claim_data_dir(stack)
        set_common(environ, data)
        if uses_embedded_broker(environ):
            broker = Broker(data)
            stack.callback(broker.stop)
            broker.launch()
            broker.wait()
            environ["CELERY_BROKER_URL"] = broker.url
        if uses_embedded_database(environ):
            postgres = Postgres(data, throwaway=True)
            postgres.join()
            stack.callback(postgres.leave)
            # The owner may create databases, which is what a test run begins with.
            fill_in(environ, {**postgres.environment(), "DATABASE_URL": postgres.url(OWNER)})
        yield


def _claim_data_dir(stack: ExitStack) -> DataDir:
    """A folder for this run alone: runs at the same time get folders beside each other."""
    first = Path(os.environ.get("PORTAL_DATA_DIR") or PROJECT / ".portal" / "test")
    for number in range(1, MAX_SIMULTANEOUS + 1):
        data = DataDir(first if number == 1 else first.with_name(f"{first.name}-{number}"))
        data.create()
        lock = FileLock(data.root / "test.lock")
        if lock.try_acquire():
            stack.callback(lock.release)
            return data
    raise CannotRun(f"{MAX_SIMULTANEOUS} test runs are going on; wait for one to end.")


def _pytest(arguments: list[str], environ: dict[str, str]) -> int:
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments], env=environ, cwd=PROJECT
    )
    # Ctrl-C reaches pytest too, which ends in its own way; we only wait for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def hand_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGTERM, hand_on)
    return process.wait()
