"""What instances say of the targets they are made in."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from accounts.actors import Actor
from provisioning.drivers.extensions import Use, Uses, read_uses
from provisioning.jobs.models import Instance, InstanceQuerySet, Operation


class PlacedInstances:
    """`drivers.target_users`: instances whose steps name the target."""

    def uses(self, actor: Actor, slug: str, limit: int) -> Uses:
        """Those that are there, may be there, or are being made; the newest first."""
        return read_uses(
            _placed_in(slug).select_related("owner"),
            Instance.objects.visible_to(actor),
            order=["-created_at", "id"],
            limit=limit,
            as_use=lambda row: Use(row.name, row.kind, row.owner.name, row.get_absolute_url()),
        )


def _placed_in(slug: str) -> InstanceQuerySet:
    """An instance stays where it was made also while a later job moves or removes it."""
    steps = {"steps": [{"spec": {"target": slug}}]}
    named = Operation.objects.filter(instance=OuterRef("pk"), spec__contains=steps)
    there = ~Q(observed_state="absent") | Exists(named.active())
    return Instance.objects.filter(there, Q(desired_spec__contains=steps) | Exists(named))
