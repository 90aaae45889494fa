"""Which targets blueprints name."""

from __future__ import annotations

from accounts.actors import Actor
from provisioning.blueprints.models import Blueprint
from provisioning.drivers.extensions import Use, Uses, read_uses


class NamingBlueprints:
    """`drivers.target_users`: blueprints that can be asked for and have a step in the target."""

    def uses(self, actor: Actor, slug: str, limit: int) -> Uses:
        """By title."""
        steps = {"steps": [{"spec": {"target": slug}}]}
        naming = Blueprint.objects.offered().filter(current__document__contains=steps)
        return read_uses(
            naming.select_related("owner"),
            Blueprint.objects.visible_to(actor),
            order=["title"],
            limit=limit,
            as_use=lambda row: Use(row.title, "blueprint", row.owner.name, row.get_absolute_url()),
        )
