"""`./run demo`: the demo company; loading it again changes nothing that is there."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Team
from catalog.products.models import DataProduct
from core import outbox
from portal.demo import loader, warehouse
from provisioning.blueprints.services import register_builtin


class Command(BaseCommand):
    help = "Load the demo company: people, products, tables with rows, lineage, scores, requests."

    def handle(self, **_options: object) -> None:
        if not settings.DEMO_PASSWORD:
            raise CommandError("PORTAL_DEMO_PASSWORD is not set: ./run demo sets it by itself.")
        loader.load_people()
        register_builtin(
            actor=loader.owner_of("platform"), owner_team=Team.objects.get(slug="platform")
        )
        warehouse.ask()
        loader.load_products()
        warehouse.finish()
        outbox.drain(limit=1000)
        loader.load_lineage()
        loader.load_quality()
        warehouse.measure()
        warehouse.load_access()
        outbox.drain(limit=1000)
        self.stdout.write(f"Demo company: {DataProduct.objects.count()} data products.")
