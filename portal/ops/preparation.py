"""Bringing bytecode, database and static files to this version of the code."""

from __future__ import annotations

import compileall
import hashlib
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from portal.ops.environment import PROJECT, DataDir
from portal.ops.errors import CannotRun
from portal.ops.locks import FileLock
from portal.ops.processes import bound_log, last_line, spawn, stop

STOP_STEPS = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 3.0))
ROOMS = ("core", "accounts", "catalog", "provisioning", "portal")
MIGRATIONS = ("*/migrations/*.py", "*/*/migrations/*.py")


def compile_code() -> None:
    """Write the bytecode of our code; 2 s when none is there, a glance when all of it is.

    Each process that starts would compile all of it for itself, at the same time as the others, or
    for nothing where PYTHONDONTWRITEBYTECODE is set. Where it cannot be written they still do.
    """
    for room in ROOMS:
        compileall.compile_dir(PROJECT / room, quiet=2)


class Command:
    """A management command in a process of its own, already running."""

    def __init__(self, arguments: list[str], data: DataDir, environ: Mapping[str, str]) -> None:
        self.name = arguments[0]
        self.log = data.log(self.name)
        bound_log(self.log)
        self.process = spawn(
            [sys.executable, "manage.py", *arguments], env=environ, log=self.log, cwd=str(PROJECT)
        )

    def wait(self) -> None:
        """Return when it has ended well; raises CannotRun with its last word otherwise."""
        try:
            self.process.wait()
        finally:
            self.stop()
        if self.process.returncode != 0:
            raise CannotRun(f"“{self.name}” failed: {last_line(self.log)} (more in {self.log})")

    def stop(self) -> None:
        stop(self.process, STOP_STEPS)


def migrate(data: DataDir, environ: Mapping[str, str]) -> None:
    """Bring the tables to this version, as their owner."""
    lock = FileLock(data.root / "migrate.lock")
    lock.acquire()
    try:
        arguments = ["migrate", "--noinput", "--skip-checks"]  # these load the whole portal
        Command(arguments, data, {**environ, "PORTAL_AS_OWNER": "1"}).wait()
        (data.postgres / "migrated").write_text(migrations_fingerprint())
    finally:
        lock.release()


def is_migrated(data: DataDir) -> bool:
    """Whether the embedded database was migrated by the code as it is now."""
    return _is_stamped(data.postgres / "migrated", migrations_fingerprint())


def forget_migrations(data: DataDir) -> None:
    """Look again next time: somebody migrates by hand."""
    (data.postgres / "migrated").unlink(missing_ok=True)


def build_static(data: DataDir, environ: Mapping[str, str]) -> Command | None:
    """Begin to collect and compress the static files; None when exactly these are there."""
    root = Path(environ.get("PORTAL_STATIC_ROOT") or data.root / "static")
    if root.is_dir() and _is_stamped(data.root / "static.stamp", static_fingerprint(root)):
        return None
    return Command(["build_static"], data, {**environ, "PORTAL_STATIC_BUILT": "1"})


def static_is_built(data: DataDir, environ: Mapping[str, str]) -> None:
    root = Path(environ.get("PORTAL_STATIC_ROOT") or data.root / "static")
    (data.root / "static.stamp").write_text(static_fingerprint(root))


def migrations_fingerprint() -> str:
    """Changes with every migration, ours or a dependency's."""
    digest = _dependencies()
    for pattern in MIGRATIONS:
        for path in sorted(PROJECT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def static_fingerprint(root: Path) -> str:
    """Changes with the place, with any file of ours, and with the dependencies."""
    digest = _dependencies()
    digest.update(str(root).encode())
    for path in sorted((PROJECT / "static").rglob("*")):
        facts = path.stat()
        digest.update(f"{path}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _dependencies() -> hashlib._Hash:
    return hashlib.sha256((PROJECT / "requirements" / "runtime.txt").read_bytes())


def _is_stamped(stamp: Path, fingerprint: str) -> bool:
    return stamp.exists() and stamp.read_text() == fingerprint
