"""`./run demo`: the demo company; loading it again changes nothing that is there."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Team
from catalog.products.models import DataProduct
from portal.demo import loader, people, quality, systems, talk, warehouse
from provisioning.blueprints.services import register_builtin


class Command(BaseCommand):
    help = "Load the demo company: people, products, tables with rows, lineage, scores, requests."

    def handle(self, **_options: object) -> None:
        if not settings.DEMO_PASSWORD:
            raise CommandError("PORTAL_DEMO_PASSWORD is not set: ./run demo sets it by itself.")
        people.load_people()
        register_builtin(
            actor=people.owner_of("platform"), owner_team=Team.objects.get(slug="platform")
        )
        warehouse.ask()
        people.load_terms()
        systems.load_systems()
        loader.load_products()
        warehouse.finish()
        loader.complete_products()
        systems.link_inputs()
        warehouse.settle()
        loader.load_lineage()
        quality.load_quality()
        talk.load_talk()
        talk.load_demands()
        warehouse.measure()
        warehouse.load_access()
        warehouse.settle()
        self.stdout.write(f"Demo company: {DataProduct.objects.count()} data products.")
