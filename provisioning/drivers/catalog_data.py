"""From the specs of catalogue steps to what the services of products take."""

from __future__ import annotations

from dataclasses import replace

from accounts.models import Domain, Team
from catalog.products import services as products
from catalog.products.models import DataProduct
from catalog.products.services import InputData, PortData, ProductData
from provisioning.drivers.protocol import Json, Step

SAID = (  # fields of a product that a step may change later
    *("name", "purpose", "description", "archetype", "visibility", "classification"),
    *("version", "tags", "inputs"),
)


def product_data(step: Step, domain: Domain, team: Team, known: DataProduct | None) -> ProductData:
    """The product that the step wants.

    Args:
        known: the product as it is; what the step does not say of it stays as people made it.
    """
    wanted = _wanted(step, domain, team)
    return wanted if known is None else _kept_elsewise(known, wanted, step.spec)


def _wanted(step: Step, domain: Domain, team: Team) -> ProductData:
    spec = step.spec
    return ProductData(
        document_id=spec["document_id"],
        name=spec["name"],
        slug=spec["slug"],
        domain=domain,
        owner=team,
        purpose=_text(spec, "purpose"),
        description=_text(spec, "description"),
        archetype=_text(spec, "archetype"),
        visibility=_text(spec, "visibility"),
        classification=_text(spec, "classification"),
        version=_text(spec, "version"),
        tags=tuple(spec.get("tags") or ()),
        ports=tuple(port_data(port) for port in spec["ports"]),
        inputs=tuple(
            InputData(each["name"], _text(each, "version"), _text(each, "contract_id"))
            for each in spec.get("inputs") or ()
        ),
        instance_id=step.instance_id,
    )


def _kept_elsewise(product: DataProduct, wanted: ProductData, spec: Json) -> ProductData:
    """What the step says; the rest stays, further ports included."""
    present = products.data_of(product)
    named = {name: getattr(wanted, name) for name in SAID if spec.get(name)}
    ours = {(port.name, port.major) for port in wanted.ports}
    others = tuple(each for each in present.ports if (each.name, each.major) not in ours)
    return replace(
        present,
        **named,
        domain=wanted.domain,
        owner=wanted.owner,
        slug=wanted.slug,
        ports=(*wanted.ports, *others),
        instance_id=wanted.instance_id,
    )


def port_data(port: Json) -> PortData:
    """The output port that a step wants."""
    datasets = port.get("datasets")
    return PortData(
        name=port["name"],
        major=port.get("major", 1),
        version=_text(port, "version"),
        title=_text(port, "title"),
        description=_text(port, "description"),
        technology=_text(port, "technology") or "postgresql",
        contract_id=_text(port, "contract_id"),
        contract_version=_text(port, "contract_version"),
        location=port.get("location"),
        datasets=None if datasets is None else tuple((each[0], each[1]) for each in datasets),
    )


def _text(spec: Json, name: str) -> str:
    value: str | None = spec.get(name)
    return value or ""
