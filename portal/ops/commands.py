"""The command line: what `manage.py` and `./run` call."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from django.core.management import execute_from_command_line

from portal.ops.environment import data_dir, fill_in, set_common, uses_embedded_database
from portal.ops.errors import CannotRun
from portal.ops.postgres import Postgres
from portal.ops.preparation import forget_migrations, is_migrated, migrate

# Imported when called: they load what the other commands do not need.
OWN = {
    "up": "portal.ops.supervisor",
    "test": "portal.ops.testing",
    "doctor": "portal.ops.doctor",
}
WITHOUT_DATABASE = {
    "help",
    "version",
    "--version",
    "check",
    "build_static",
    "collectstatic",
    "diffsettings",
}
AS_OWNER = {"migrate", "flush", "scale"}  # scale: sequences and ANALYZE are the owner's
MIGRATING = {"migrate", "flush"}
ON_MIGRATED_DATABASE = {"demo", "token", "apply", "admin", "audit_verify", "scale", "bench"}


def main(argv: list[str]) -> int:
    """Run one command; what the operator can mend is one line on stderr and exit code 1."""
    try:
        name, arguments = _read(argv)
        if name in OWN:
            code: int = import_module(OWN[name]).main(arguments)
            return code
        return _django(name, arguments)
    except CannotRun as error:
        print(f"meshport: {error}", file=sys.stderr)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(
            "meshport: The disk is full: free some space or use --data-dir.",
            file=sys.stderr,
        )
    return 1


def _read(argv: list[str]) -> tuple[str, list[str]]:
    """Command and arguments; `--data-dir`, which every command takes, goes to the environment."""
    rest: list[str] = []
    words = iter(argv[1:])
    for word in words:
        if word == "--data-dir":
            os.environ["PORTAL_DATA_DIR"] = str(Path(next(words, ".portal")).absolute())
        elif word.startswith("--data-dir="):
            os.environ["PORTAL_DATA_DIR"] = str(Path(word.partition("=")[2]).absolute())
        else:
            rest.append(word)
    if not rest:
        return "help", []
    name, *arguments = rest
    return name if name.startswith("-") else name.replace("-", "_"), arguments


def _django(name: str, arguments: list[str]) -> int:
    data = data_dir(os.environ)
    data.create()
    set_common(os.environ, data)
    if name in AS_OWNER:
        os.environ["PORTAL_AS_OWNER"] = "1"
    if name in MIGRATING:
        forget_migrations(data)
    if name in WITHOUT_DATABASE or "--help" in arguments or not uses_embedded_database(os.environ):
        execute_from_command_line(["manage.py", name, *arguments])
        return 0
    with embedded_database():
        if name in ON_MIGRATED_DATABASE and not is_migrated(data):
            migrate(data, os.environ)
        execute_from_command_line(["manage.py", name, *arguments])
    return 0


@contextmanager
def embedded_database() -> Iterator[Postgres]:
    """The embedded database for the duration of the block, and its URLs in the environment."""
    data = data_dir(os.environ)
    postgres = Postgres(data)
    postgres.join()
    try:
        fill_in(os.environ, postgres.environment())
        record = data.root / "company"
        if record.exists() and record.read_text() != "empty":
            os.environ.setdefault("PORTAL_DEMO", "1")
        yield postgres
    finally:
        postgres.leave()
