"""What is there already, when something that a blueprint made is to be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import Domain, Team
from catalog.products.models import DataProduct, OutputPort
from catalog.products.states import LISTED
from provisioning.blueprints.formats.document import DOMAIN_KIND, PORT_KIND
from provisioning.blueprints.models import Resource
from provisioning.jobs.models import Instance

FROM_PRODUCT = (
    "name",
    "purpose",
    "archetype",
    "visibility",
    "classification",
)  # people edit these, too


@dataclass(frozen=True)
class Existing:
    """A resource with its present names: what it is called does not change with a form."""

    resource: Resource
    slug: str  # in addresses; a product may have been renamed
    place: str  # in targets
    domain: Domain
    team: Team
    is_published: bool
    parameters: Mapping[str, Any]  # as they are now

    @property
    def instance(self) -> Instance:
        return self.resource.instance


def existing(resource: Resource) -> Existing:
    """The resource as it is now. One statement."""
    instance = resource.instance
    if instance.kind == PORT_KIND:
        return _existing_port(resource)
    if instance.kind == DOMAIN_KIND:
        return _existing_domain(resource)
    product = _product(instance)
    if product is None:
        return Existing(
            resource=resource,
            slug=resource.place,
            place=resource.place,
            domain=instance.domain,
            team=instance.owner,
            is_published=False,
            parameters=resource.parameters,
        )
    edited = {
        name: getattr(product, name)
        for name in FROM_PRODUCT
        if name in resource.version.content.properties and getattr(product, name)
    }
    return Existing(
        resource=resource,
        slug=product.slug,
        place=resource.place,
        domain=product.domain,
        team=product.owner,
        is_published=product.status in LISTED,
        parameters={**resource.parameters, **edited},
    )


def _existing_port(resource: Resource) -> Existing:
    """A port that was added to a product, wherever that is by now."""
    instance = resource.instance
    ports = OutputPort.objects.select_related("product__domain", "product__owner")
    made = {"location__instance": str(instance.pk)}
    port = ports.filter(fqn=instance.name, **made).first() or ports.filter(**made).first()
    named = {"product": port.product.fqn, "port": port.name} if port else {}
    return Existing(
        resource=resource,
        slug=resource.place,
        place=resource.place,
        domain=port.product.domain if port else instance.domain,
        team=port.product.owner if port else instance.owner,
        is_published=port is not None and port.product.status in LISTED,
        parameters={**resource.parameters, **named},
    )


def _existing_domain(resource: Resource) -> Existing:
    """A domain that was founded; its owners describe it on its page, too."""
    instance = resource.instance
    made = Domain.objects.filter(instance_id=instance.pk).first()
    edited = {"purpose": made.purpose} if made and made.purpose else {}
    return Existing(
        resource=resource,
        slug=resource.place,
        place=resource.place,
        domain=instance.domain,
        team=instance.owner,
        is_published=False,
        parameters={**resource.parameters, **edited},
    )


def _product(instance: Instance) -> DataProduct | None:
    found = DataProduct.objects.filter(instance_id=instance.pk)
    return found.select_related("domain", "owner").first()
