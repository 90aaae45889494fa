from django.core.management import call_command
from django.core.management.base import BaseCommand

# Libraries ship them, no page uses them, and they are slow to compress.
UNUSED = ["redoc", "rest_framework", "*.js.map", "htmx-4*", "htmax*", "htmx-2.js", "ext"]


class Command(BaseCommand):
    requires_system_checks = ()  # they load the whole portal
    help = "Collect and compress the static files that pages use, in place of all older ones."

    def handle(self, **_options: object) -> None:
        call_command(
            "collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=UNUSED
        )
