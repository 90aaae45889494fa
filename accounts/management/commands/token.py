"""`./run token USER --scope read`: a new API token, alone on standard output."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import create_token
from accounts.states import Scope
from core import audit
from core.errors import Invalid


class Command(BaseCommand):
    help = "Make an API token for a user and print it once, alone on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="user name, or that of a service account")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="may be repeated"
        )
        parser.add_argument("--days", type=int, default=90, help="until it expires (default 90)")
        parser.add_argument("--name", default="made by ./run token")

    def handle(
        self, *, user: str, scope: list[str] | None, days: int, name: str, **_options: object
    ) -> None:
        found = User.objects.filter(username=user, is_active=True).first()
        if found is None:
            raise CommandError(f"There is no active user “{user}”.")
        try:
            _, text = create_token(
                user=found,
                name=name,
                scopes=scope or [Scope.READ],
                days=days,
                team=found.service_of,
                by=audit.SYSTEM,
            )
        except Invalid as error:
            raise CommandError(error.problems[0].message) from error
        self.stdout.write(text)
