"""Write the descriptions of both interfaces, which are committed."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer2
from drf_spectacular.validation import validate_schema

from portal.graphql.schema import schema


class Command(BaseCommand):
    help = "Write schema.graphql and openapi.json. Prints what changed, one file a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail when a file is stale"
        )

    def handle(self, *, check: bool, **_options: object) -> None:
        stale = [path for path, text in described().items() if _text_of(path) != text]
        for path in stale:
            self.stdout.write(path.name)
        if check and stale:
            raise CommandError("stale; run “python manage.py schemas” and commit")
        if not check:
            for path, text in described().items():
                path.write_text(text, encoding="utf-8")


def described() -> dict[Path, str]:
    """`{file: what it should hold}`.

    Raises:
        CommandError: a view lacks what its description needs.
    """
    return {
        settings.BASE_DIR / "schema.graphql": f"{schema}\n",
        settings.BASE_DIR / "openapi.json": _openapi(),
    }


def _openapi() -> str:
    reset_generator_stats()
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    document = generator.get_schema(request=None, public=True)
    if GENERATOR_STATS:
        GENERATOR_STATS.emit_summary()
        raise CommandError("a REST view cannot be described; see above")
    validate_schema(document)  # type: ignore[no-untyped-call]
    return OpenApiJsonRenderer2().render(document, renderer_context={}).decode() + "\n"


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
