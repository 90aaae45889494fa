"""`./run audit-verify`: has anybody changed the audit log?"""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from core import sealing
from core.verifying import verify


class Command(BaseCommand):
    help = "Compare the audit log with its seals, and those with the heads told outside."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--heads", type=Path, default=sealing.anchors(), help="file with the heads told outside"
        )

    def handle(self, *, heads: Path, **_options: object) -> None:
        found = verify(heads)
        self.stdout.write(
            f"{found.sealed} sealed up to {found.head.hex()}, {found.waiting} waiting,"
            f" {found.anchors} heads told outside"
        )
        if found.faults:
            raise CommandError("\n".join(found.faults))
