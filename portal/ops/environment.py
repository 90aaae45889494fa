"""The environment variables that settings read, for whatever the operator did not set."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from portal.ops.errors import CannotRun

PROJECT = Path(__file__).resolve().parents[2]
MIN_FREE_BYTES = 200_000_000
SOCKET_PATH_MAX = 103  # bytes; sun_path holds 104 on BSD and macOS, with the final zero
DEMO_ACCOUNTS = ("consumer", "owner", "steward", "platform", "admin")

Environ = MutableMapping[str, str]


class DataDir:
    """The folder that holds everything one portal keeps on this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.logs = self.root / "logs"
        self.postgres = self.root / "postgres"
        self.broker = self.root / "broker"
        self.secrets = self.root / "secrets"

    def create(self) -> None:
        """Make the folders.

        Raises:
            CannotRun: the place cannot be written, or has less than MIN_FREE_BYTES free.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            # Others may pass through, not look: as root, the database runs as another user.
            self.root.chmod(0o711)
            self.postgres.mkdir(mode=0o711, exist_ok=True)
            for folder in (self.logs, self.broker, self.secrets):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise CannotRun(
                f"The data folder {self.root} cannot be written ({error.strerror}); "
                "give another one with --data-dir."
            ) from error
        free = shutil.disk_usage(self.root).free
        if free < MIN_FREE_BYTES:
            raise CannotRun(
                f"The disk of {self.root} is full: {free // 1_000_000} MB free, "
                f"{MIN_FREE_BYTES // 1_000_000} MB needed; free some or use --data-dir."
            )

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
        """A secret made once; of several processes that make it at once, one wins."""
        path = self.secrets / name
        with suppress(FileNotFoundError):
            return path.read_text().strip()
        draft = path.with_name(f".{name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(make() + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        return path.read_text().strip()

    @property
    def demo_password(self) -> str:
        return self.secret("demo_password", lambda: secrets.token_urlsafe(9))


def data_dir(environ: Environ) -> DataDir:
    """The data folder that the environment names, `.portal` in the project without one."""
    return DataDir(Path(environ.get("PORTAL_DATA_DIR") or PROJECT / ".portal"))


def set_common(environ: Environ, data: DataDir) -> None:
    """Fill in what needs no server: secrets made once for this data folder, and its place."""
    environ["PORTAL_DATA_DIR"] = str(data.root)
    values = {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "SECRET_KEY": data.secret("secret_key", lambda: secrets.token_urlsafe(50)),
        "FIELD_KEYS": data.secret("field_keys", make_field_key),
        "PORTAL_DEMO_PASSWORD": data.demo_password,
    }
    fill_in(environ, values)
    paths = environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(PROJECT) not in paths:
        environ["PYTHONPATH"] = os.pathsep.join([str(PROJECT), *filter(None, paths)])


def fill_in(environ: Environ, values: Mapping[str, str]) -> None:
    """Set what is not set, or set to nothing."""
    for name, value in values.items():
        if not environ.get(name):
            environ[name] = value


def make_field_key() -> str:
    return "k1:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def uses_embedded_database(environ: Environ) -> bool:
    return not environ.get("DATABASE_URL")


def uses_embedded_broker(environ: Environ) -> bool:
    return not environ.get("CELERY_BROKER_URL")


def socket_url(role: str, password: str, folder: str, port: int, database: str) -> str:
    """A libpq URL over a unix socket."""
    return (
        f"postgresql://{role}:{quote(password, safe='')}@{quote(folder, safe='')}:{port}/{database}"
    )
