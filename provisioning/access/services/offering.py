"""Whether others may ask to write into a port."""

from __future__ import annotations

from django.db import transaction

from accounts.actors import Actor
from catalog.products import policies as products
from catalog.products import services as catalog
from catalog.products.models import OutputPort
from core.errors import Invalid, NotFound
from core.problems import Problem
from provisioning.access.selectors import grant_target
from provisioning.drivers.protocol import Ability


def find_port(fqn: str, actor: Actor) -> OutputPort:
    """Raises: NotFound: there is no such port, or the actor may not see it."""
    ports = OutputPort.objects.visible_to(actor).select_related("product__owner")
    port = ports.filter(fqn=fqn).first()
    if port is None:
        raise NotFound("There is no such output port.")
    return port


@transaction.atomic
def offer_writes(*, port: OutputPort, offered: object, actor: Actor) -> OutputPort:
    """Let consumers ask to write into a port, or not any more; access that was given stays.

    Raises:
        NotAllowed: `actor` is not in the owning team.
        Invalid: the portal could not open it for writing, or `offered` is neither true nor false.
    """
    products.require_product_change(actor, port.product)
    if not isinstance(offered, bool):
        problem = Problem("/offered", "wrong-type", "Send true or false.")
        raise Invalid("Nothing was changed.", [problem])
    target = grant_target(port) if offered else None
    if offered and (target is None or not target.can(Ability.WRITE)):
        text = "The portal cannot open this port for writing; tables and areas of objects it can."
        raise Invalid("Writing was not offered.", [Problem("/offered", "not-writable", text)])
    return catalog.offer_writes(port=port, offered=offered, actor=actor)
