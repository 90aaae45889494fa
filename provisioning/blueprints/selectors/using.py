"""Who uses what a blueprint made, as far as the catalogue knows."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Domain
from accounts.selectors import inhabitants
from catalog.products.models import DataProduct, InputPort
from catalog.products.states import ProductStatus
from provisioning.blueprints.formats.document import DOMAIN_KIND, PORT_KIND
from provisioning.jobs.models import Instance

NAMED = 5


def inhabitants_of_domain(instance: Instance) -> list[str]:
    """What is in the domain that this instance made."""
    if instance.kind != DOMAIN_KIND:
        return []
    domain = Domain.objects.filter(instance_id=instance.pk).first()
    found = inhabitants(domain) if domain else []
    return [f"It is not empty: it has {', '.join(found)}."] if found else []


def ports_of_product(instance: Instance) -> list[str]:
    """Output ports that services added to the product which this instance made."""
    product = DataProduct.objects.filter(instance_id=instance.pk).first()
    if product is None:
        return []
    added = product.output_ports.filter(location__has_key="instance")
    names = added.order_by("name").values_list("name", flat=True)[:NAMED]
    return [f"Its output port {name} was added by a service; retire that first." for name in names]


def readers_of_product(instance: Instance) -> list[str]:
    """Products that read a port which this instance made."""
    port = Q(source__product__instance_id=instance.pk)
    if instance.kind == PORT_KIND:
        port = Q(source__fqn=instance.name)
    readers = InputPort.objects.filter(port).exclude(product__status=ProductStatus.RETIRED)
    others = readers.exclude(product__instance_id=instance.pk)
    names = list(
        others.order_by("product__name").values_list("product__name", flat=True)[: NAMED + 1]
    )
    found = [f"{name} is made from it." for name in dict.fromkeys(names[:NAMED])]
    return [*found, "Further products are made from it."] if len(names) > NAMED else found
