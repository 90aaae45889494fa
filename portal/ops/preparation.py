"""Bringing database and static files to this version of the code, in processes of their own."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping

from portal.ops.environment import PROJECT, DataDir
from portal.ops.errors import CannotRun
from portal.ops.locks import FileLock
from portal.ops.processes import bound_log, last_line, spawn

MIGRATIONS = ("*/migrations/*.py", "*/*/migrations/*.py")


def prepare(data: DataDir, environ: Mapping[str, str], *, static: bool = False) -> None:
    """Migrate as the owner of the tables; collect static files when they changed.

    Raises:
        CannotRun: a step failed; the log has the rest.
    """
    lock = FileLock(data.root / "prepare.lock")
    lock.acquire()
    try:
        arguments = ["prepare", "--static"] if static else ["prepare"]
        manage(
            arguments,
            data,
            {**environ, "PORTAL_AS_OWNER": "1", "PORTAL_STATIC_BUILT": "1"},
        )
        (data.postgres / "migrated").write_text(fingerprint())
    finally:
        lock.release()


def is_prepared(data: DataDir) -> bool:
    """Whether the embedded database was migrated by the code as it is now."""
    stamp = data.postgres / "migrated"
    return stamp.exists() and stamp.read_text() == fingerprint()


def fingerprint() -> str:
    """Changes with every migration, ours or a dependency's."""
    digest = hashlib.sha256((PROJECT / "requirements" / "runtime.txt").read_bytes())
    for pattern in MIGRATIONS:
        for path in sorted(PROJECT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def manage(arguments: list[str], data: DataDir, environ: Mapping[str, str]) -> None:
    """Run one management command to its end; raises CannotRun with its last word."""
    log = data.log(arguments[0])
    bound_log(log)
    process = spawn(
        [sys.executable, "manage.py", *arguments],
        env=environ,
        log=log,
        cwd=str(PROJECT),
    )
    try:
        process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.returncode != 0:
        raise CannotRun(f"“{arguments[0]}” failed: {last_line(log)} (more in {log})")
