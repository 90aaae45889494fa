"""`./run demo`: the demo company; loading it again changes nothing that is there."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from catalog.products.models import DataProduct, Revision
from portal.demo.loading import load_company


class Command(BaseCommand):
    requires_system_checks = ()  # they load all pages
    help = "Load the demo company: people, products, tables with rows, lineage, scores, requests."

    def handle(self, **_options: object) -> None:
        if not settings.DEMO_PASSWORD:
            raise CommandError("PORTAL_DEMO_PASSWORD is not set: ./run demo sets it by itself.")
        before = _size()
        load_company()
        products, revisions = _size()
        if (products, revisions) == before:
            self.stdout.write(f"Demo company: {products} data products, nothing changed.")
        else:
            self.stdout.write(f"Demo company: {products} data products.")


def _size() -> tuple[int, int]:
    return DataProduct.objects.count(), Revision.objects.count()
