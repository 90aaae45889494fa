"""`migrate`, which leaves a database alone that no migration of today can bring forward."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

LAST_WITH_ALL = "612fbc9"  # the last commit that has each migration from which one was made


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate as Django does.

        Raises:
            CommandError: the database is in the middle of migrations that are one now.
        """
        if missing := missing_of_replaced(options["database"]):
            raise CommandError(
                f"The database has only a part of the migrations that were made one: {missing} is "
                f"missing. Migrate it with commit {LAST_WITH_ALL} first, then again with this one; "
                "nothing was changed."
            )
        super().handle(*args, **options)


def missing_of_replaced(alias: str) -> str:
    """A migration of a history that the database has begun and not ended; else empty."""
    applied = set(MigrationRecorder(connections[alias]).applied_migrations())
    for key, migration in MigrationLoader(None).replacements.items():
        history = set(migration.replaces)
        missing = sorted(history - applied)
        if missing and (key in applied or history & applied):
            return ".".join(missing[0])
    return ""
