"""`./run admin EMAIL`: the first administrator of an empty portal, with a one-time link."""

from argparse import ArgumentParser

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.services import create_administrator


class Command(BaseCommand):
    help = "Make an administrator and print a link, good once, to choose the password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *, email: str, **_options: object) -> None:
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"“{email}” is not an e-mail address.") from error
        user = create_administrator(email=email)
        path = reverse(
            "accounts:set-password",
            kwargs={
                "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
                "token": default_token_generator.make_token(user),
            },
        )
        self.stdout.write(settings.PORTAL_URL.rstrip("/") + path)
