"""What instances say of the targets they are made in."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q

from accounts.actors import Actor
from provisioning.drivers.extensions import Use
from provisioning.jobs.models import Instance, InstanceQuerySet, Operation

URL = "/resources/"


class PlacedInstances:
    """`drivers.target_users`: instances whose steps name the target."""

    def count(self, slug: str) -> int:
        """Those that are there, may be there, or are being made."""
        return _placed_in(slug).count()

    def shown(self, actor: Actor, slug: str, limit: int) -> Sequence[Use]:
        """Those that `actor` may see, the newest first."""
        rows = Instance.objects.visible_to(actor) & _placed_in(slug)
        return [
            Use(row.name, row.kind, row.owner.name, URL)
            for row in rows.select_related("owner").order_by("-created_at", "id")[:limit]
        ]


def _placed_in(slug: str) -> InstanceQuerySet:
    """An instance stays where it was made also while a later job moves or removes it."""
    steps = {"steps": [{"spec": {"target": slug}}]}
    named = Operation.objects.filter(instance=OuterRef("pk"), spec__contains=steps)
    there = ~Q(observed_state="absent") | Exists(named.active())
    return Instance.objects.filter(there, Q(desired_spec__contains=steps) | Exists(named))
