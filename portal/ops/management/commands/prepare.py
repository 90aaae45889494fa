import hashlib
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand


# Shipped by libraries, used by no page, and slow to compress: the other API browsers, source maps.
UNUSED = ["redoc", "rest_framework", "*.js.map"]


class Command(BaseCommand):
    help = "Bring the database, and with --static the built static files, to this version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--static", action="store_true", help="collect static files if changed")

    def handle(self, *, static: bool, **_options: object) -> None:
        call_command("migrate", interactive=False, verbosity=1, stdout=self.stdout)
        if static:
            build_static()


def build_static() -> None:
    """Collect and compress, unless exactly these files were collected before."""
    root = Path(settings.STATIC_ROOT)
    stamp = root.with_name(f"{root.name}.stamp")
    wanted = static_fingerprint()
    if root.is_dir() and stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    call_command(
        "collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=UNUSED
    )
    stamp.write_text(wanted)


def static_fingerprint() -> str:
    digest = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in get_finders():
        for name, storage in finder.list(UNUSED):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
