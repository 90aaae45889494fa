"""What the owner of a port offers besides reading it."""

from __future__ import annotations

from django.db import transaction

from accounts.actors import Actor
from catalog.products import policies
from catalog.products.models import OutputPort
from core import audit


@transaction.atomic
def offer_writes(*, port: OutputPort, offered: bool, actor: Actor) -> OutputPort:
    """Let consumers ask to write into a port, or not any more; access that was given stays.

    The flag is no part of the product's document: a descriptor that is applied leaves it as it is.

    Raises:
        NotAllowed: `actor` is not in the owning team.
    """
    policies.require_product_change(actor, port.product)
    changed = OutputPort.objects.filter(pk=port.pk).exclude(takes_writes=offered)
    if changed.update(takes_writes=offered):
        verb = "port.writes-offered" if offered else "port.writes-withdrawn"
        audit.record(actor=actor.name, verb=verb, kind="port", object_id=port.fqn)
    port.takes_writes = offered
    return port
